"""What is installed outside the checkout: the wheel has all that the program needs."""

import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
RUN = "from service.cli import main; main()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout as the image builds it."""
    folder = tmp_path_factory.mktemp("dist")
    build = [
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        str(folder),
        str(ROOT),
    ]
    subprocess.run([sys.executable, "-m", "pip", *build], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel unpacked, as pip would leave it."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def python(installed: Path, *arguments: str) -> str:
    """Run Python on the unpacked wheel, away from the checkout; the dependencies are those of this run.

    `-S` leaves out `.pth` files, and with them the checkout itself, which is installed in place here.
    """
    search = f"import sys; sys.path[:0] = [{str(installed)!r}, {sysconfig.get_path('purelib')!r}]\n"
    ran = subprocess.run(
        [sys.executable, "-S", "-c", search + arguments[0], *arguments[1:]],
        cwd=installed.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def test_wheel_has_every_file_of_the_package_and_the_migrations(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if not name.startswith("commonground-")}
    tracked = {str(path.relative_to(ROOT)) for path in (ROOT / "service").rglob("*") if is_source(path)}
    moved = {
        f"service/db/_{path.relative_to(ROOT)}"
        for path in (ROOT / "migrations").rglob("*")
        if is_source(path)
    }
    client = {
        str(path.relative_to(ROOT / "clients/python"))
        for path in (ROOT / "clients/python/commonground_client").rglob("*")
        if is_source(path)
    }
    assert inside == tracked | moved | client


def is_source(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def test_installed_program_says_its_version(installed: Path) -> None:
    assert python(installed, RUN, "version").strip() == VERSION


def test_installed_program_runs_from_the_wheel_and_not_from_the_checkout(installed: Path) -> None:
    where = python(installed, "import service; print(service.__file__)").strip()
    assert Path(where).is_relative_to(installed)


def test_installed_program_finds_its_migrations_inside_the_package(installed: Path) -> None:
    code = "from service.db.revisions import migrations_folder; print(migrations_folder())"
    folder = Path(python(installed, code).strip())
    assert folder == installed / "service" / "db" / "_migrations"
    assert [path.name for path in sorted(folder.glob("versions/*.py"))] == [
        path.name for path in sorted((ROOT / "migrations").glob("versions/*.py"))
    ]


def test_installed_demo_finds_the_client_in_the_wheel(installed: Path) -> None:
    code = "import service.cli.demo.side, commonground_client; print(commonground_client.__file__)"
    assert Path(python(installed, code).strip()).is_relative_to(installed)


def test_client_alone_is_a_wheel_that_needs_nothing_of_the_service(
    tmp_path: Path,
) -> None:
    source = tmp_path / "source"  # a build leaves traces beside what it builds
    shutil.copytree(ROOT / "clients/python", source, ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(tmp_path)]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, str(source)], check=True, capture_output=True
    )
    alone = tmp_path / "alone"
    with zipfile.ZipFile(next(tmp_path.glob("commonground_client-*.whl"))) as archive:
        archive.extractall(alone)
    code = (
        "import sys, commonground_client as c; assert 'service' not in sys.modules; "
        "print(c.__file__, hasattr(c.Client, 'list_overlaps'))"
    )
    where, has_operations = python(alone, code).split()
    assert Path(where).is_relative_to(alone)
    assert has_operations == "True"


def test_installed_migrate_tells_its_options(installed: Path) -> None:
    assert "--create-roles" in python(installed, RUN, "migrate", "--help")


def test_installed_match_finds_its_tables_and_the_sample_lists(installed: Path) -> None:
    samples = installed / "service" / "cli" / "samples"
    said = python(
        installed,
        RUN,
        "match",
        str(samples / "brightwater.csv"),
        str(samples / "keystone.csv"),
        "--show",
        "0",
    )
    assert "taken for the same company" in said
