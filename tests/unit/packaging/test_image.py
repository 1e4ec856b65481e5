"""The Dockerfile: its steps run here as they stand there, since the tests need no container engine."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.processes import end, postmasters, wait_for_line

ROOT = Path(__file__).parents[3]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
DOCKERFILE = re.sub(
    r"\\\n\s*", " ", re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
)
BUILD, FINAL = (part.splitlines() for part in DOCKERFILE.split("FROM ")[1:])
VENV = "/opt/commonground"


def instructions(stage: list[str], *names: str) -> list[tuple[str, str]]:
    """(name, rest) of a stage's instructions of these names, in order."""
    pairs = [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in stage]
    return [(name, rest) for name, rest in pairs if name in names]


def only(stage: list[str], name: str) -> str:
    found = instructions(stage, name)
    assert len(found) == 1, f"{name} stands {len(found)} times"
    return found[0][1]


def test_both_stages_are_of_one_image_so_that_the_environment_can_move() -> None:
    assert BUILD[0].removesuffix(" AS build") == FINAL[0]
    assert only(FINAL, "COPY") == f"--from=build {VENV} {VENV}"


def test_final_stage_runs_without_rights_and_installs_nothing() -> None:
    assert only(FINAL, "USER") == "commonground"
    assert not re.search(r"\b(pip|apt-get|gcc|curl)\b", only(FINAL, "RUN"))
    position = [name for name, _ in instructions(FINAL, "RUN", "USER", "ENTRYPOINT", "CMD")]
    assert position == ["RUN", "USER", "ENTRYPOINT", "CMD"]


def test_image_serves_on_every_address_and_asks_for_production() -> None:
    assert f"{only(FINAL, 'ENTRYPOINT')} {only(FINAL, 'CMD')}" == '["commonground"] ["serve"]'
    assert "COMMONGROUND_HOST=0.0.0.0" in only(FINAL, "ENV"), "where the doctor sees it too"
    assert only(FINAL, "EXPOSE") == "8000"
    assert "COMMONGROUND_ENVIRONMENT=production" in only(FINAL, "ENV")


def steps_of_the_guide() -> list[list[str]]:
    """The commands of Docker's, each as its words, in the order in which the guide has them."""
    guide = (ROOT / "docs/guide/operate.md").read_text(encoding="utf-8")
    return [shlex.split(line[2:]) for line in guide.splitlines() if line.startswith("$ docker ")]


def after(words: list[str], option: str) -> list[str]:
    return [value for name, value in pairwise(words) if name == option]


def test_steps_of_the_guide_make_a_key_then_migrate_then_serve_in_the_background() -> None:
    build, make, migrate, serve = steps_of_the_guide()
    assert build[1] == "build"
    assert make[make.index("commonground") :] == ["commonground", "kek", "create", "/keys/kek/kek"]
    assert migrate[-2:] == ["commonground", "migrate"]
    assert (serve[-1], "-d" in serve) == ("commonground", True)
    for once in (make, migrate):
        assert {"--rm", "--no-healthcheck"} <= set(once)


def test_volumes_of_the_guide_are_folders_that_the_image_gives_to_its_user() -> None:
    (made,) = re.findall(
        r"install --directory --owner commonground --group commonground --mode 0700 (.*)", only(FINAL, "RUN")
    )
    mounted = {place.split(":")[1] for step in steps_of_the_guide() for place in after(step, "-v")}
    assert mounted == {"/var/lib/commonground", "/keys/kek", "/keys/store"}
    assert mounted <= set(made.split())
    guide = (ROOT / "docs/guide/operate.md").read_text(encoding="utf-8")
    for named in ("COMMONGROUND_KEYSTORE_DIR=/keys/store`", "COMMONGROUND_KEK_FILE=/keys/kek/kek`"):
        assert named in guide


def test_dependencies_are_the_locked_ones_of_the_server_as_wheels() -> None:
    steps = " && ".join(rest for _, rest in instructions(BUILD, "RUN"))
    installs = [part for part in steps.split("&&") if "pip install" in part and "--no-index" not in part]
    assert len(installs) == 2
    assert all("--require-hashes --only-binary :all:" in part for part in installs)
    assert "-r requirements/server.lock" in installs[0]


def test_what_the_build_copies_is_let_through_and_little_else() -> None:
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = {source for _, rest in instructions(BUILD, "COPY") for source in rest.split()[:-1]}
    assert copied == let_through
    assert "\n*\n" in (ROOT / ".dockerignore").read_text()


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """The environment that the stage `build` makes, in a folder that everybody may enter, as in the image."""
    with tempfile.TemporaryDirectory(prefix="cg-build-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        work, venv = folder / only(BUILD, "WORKDIR").strip("/"), folder / VENV.strip("/")
        work.mkdir()
        for name, rest in instructions(BUILD, "COPY", "RUN"):
            if name == "COPY":
                copy(work, *rest.split())
            else:
                run(rest.replace(VENV, str(venv)), work)
        yield venv


def copy(work: Path, *words: str) -> None:
    *sources, target = words
    for source in sources:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, work / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, work / target)


def run(command: str, work: Path) -> None:
    base = getattr(sys, "_base_executable", sys.executable)
    # The image's own Python is called `python`; here it is the one that this environment was made of.
    command = re.sub(r"(^|&& )python ", rf"\g<1>{base} ", command)
    ran = subprocess.run(["sh", "-ec", command], cwd=work, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cg-image-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made) / "data"
        for process in postmasters(Path(made) / "data"):
            process.kill()
            process.wait(10)


def commonground(image: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [image / "bin" / "commonground", *arguments],
        cwd=image,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_built_environment_has_the_program_and_no_installer(image: Path) -> None:
    assert commonground(image, "version").stdout.strip() == VERSION
    assert "--create-roles" in commonground(image, "migrate", "--help").stdout
    assert not list(image.glob("bin/pip*"))
    where = "from service.db.revisions import migrations_folder as m; print(m())"
    found = subprocess.run(
        [image / "bin/python", "-c", where], cwd=image, capture_output=True, text=True, check=True
    )
    assert Path(found.stdout.strip()).is_relative_to(image)


@pytest.mark.slow
def test_built_environment_refuses_production_without_its_settings(image: Path) -> None:
    refused = commonground(image, "serve", COMMONGROUND_ENVIRONMENT="production")
    assert refused.returncode == 2
    for name in ("DATABASE_URL", "COMMONGROUND_KEK_FILE", "COMMONGROUND_KEYSTORE_DIR"):
        assert name in refused.stderr


@pytest.mark.slow
def test_health_check_tells_a_service_that_answers_from_one_that_does_not(
    image: Path, data_dir: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    environment = {
        "PATH": f"{image}/bin:{os.environ['PATH']}",
        "COMMONGROUND_HOST": "0.0.0.0",  # noqa: S104 - as the image does
        "COMMONGROUND_PORT": port,
        "COMMONGROUND_DATA_DIR": str(data_dir),
    }
    check = only(FINAL, "HEALTHCHECK").partition(" CMD ")[2]
    words = [word.removeprefix('"').removesuffix('"') for word in check.strip("[]").split('", "')]

    def healthy() -> bool:
        return subprocess.run(words, env=environment, capture_output=True, check=False).returncode == 0

    assert not healthy()
    service = subprocess.Popen(
        [image / "bin" / "commonground", "serve"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for_line(service, "Commonground is at")
        assert healthy()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json") as answer:
            assert answer.status == 200
        assert end(service, signal.SIGTERM) == 0
    finally:
        service.kill()
        service.communicate()
    assert not healthy()
