"""`commonground kek …`, and a start without the right key, as an operator meets them."""

from pathlib import Path

import pytest

from service.crypto import FileKeystore, KekFile, SecretBytes, SecretName, load_or_create_kek
from tests.support.in_process import run_here
from tests.support.processes import run_command

ORG = "0190a000-0000-7000-8000-00000000000a"
NAMES = [SecretName("ik", ORG), SecretName("kref", ORG)]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """With a key and two secrets wrapped by it."""
    folder = tmp_path / "data"
    store = FileKeystore(folder / "keystore", load_or_create_kek(kek(folder)))
    for name in NAMES:
        store.put_new(name, SecretBytes.draw())
    return folder


def kek(data_dir: Path) -> Path:
    return data_dir / "secrets" / "kek"


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_key_is_rotated_and_its_old_version_retired(data_dir: Path) -> None:
    before = KekFile(kek(data_dir)).kek_id
    secrets = [FileKeystore(data_dir / "keystore", KekFile(kek(data_dir))).get(name) for name in NAMES]

    said, code = run_here("kek", "rotate", data_dir=data_dir)
    newest = KekFile(kek(data_dir)).kek_id
    assert code == 0, said
    assert f"Made {newest}; 2 secrets wrapped again." in said

    said, code = run_here("kek", "status", data_dir=data_dir)
    assert said.splitlines() == [f"{before}\topens\t0 secrets", f"{newest}\twraps\t2 secrets"]

    said, code = run_here("kek", "retire", data_dir=data_dir)
    assert (said, code) == (f"Removed {before}. {newest} wraps the keystore.\n", 0)
    said, code = run_here("kek", "retire", data_dir=data_dir)
    assert (said, code) == (f"There is one version, {newest}: nothing to remove.\n", 0)

    after = FileKeystore(data_dir / "keystore", KekFile(kek(data_dir)))
    assert all(after.get(name).equals(secret) for name, secret in zip(NAMES, secrets, strict=True))


def test_version_in_use_is_not_retired(data_dir: Path) -> None:
    KekFile(kek(data_dir)).add()
    before = everything(data_dir)
    said, code = run_here("kek", "retire", data_dir=data_dir)
    assert code == 1
    assert "still wraps 2 secrets: run `commonground kek rotate`" in said
    assert "Traceback" not in said
    assert everything(data_dir) == before


@pytest.mark.parametrize(
    "arguments", [("kek", "rotate"), ("kek", "status"), ("serve", "--port", "0"), ("worker",)]
)
def test_without_its_key_nothing_starts_and_none_is_made_up(
    data_dir: Path, arguments: tuple[str, ...]
) -> None:
    kek(data_dir).unlink()
    before = everything(data_dir / "keystore")
    run = run_command if arguments[0] == "serve" else run_here
    said, code = run(*arguments, data_dir=data_dir)
    assert code != 0
    assert str(kek(data_dir)) in said
    assert "restore" in said.lower()
    assert "Traceback" not in said
    assert not kek(data_dir).exists()
    assert everything(data_dir / "keystore") == before


@pytest.mark.parametrize("arguments", [("serve", "--port", "0"), ("worker",)])
def test_with_another_key_nothing_starts_and_nothing_is_written(
    data_dir: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    right = KekFile(kek(data_dir)).kek_id
    other = load_or_create_kek(tmp_path / "other")
    before = everything(data_dir / "keystore")
    said, code = run_here(*arguments, data_dir=data_dir, COMMONGROUND_KEK_FILE=str(tmp_path / "other"))
    assert code == 1
    assert f"wrapped by key-encryption key {right}, this process has {other.kek_id}" in said
    assert "Traceback" not in said
    assert everything(data_dir / "keystore") == before


def test_another_key_under_the_same_name_is_refused_too(data_dir: Path) -> None:
    head, _, _ = kek(data_dir).read_text().rpartition("|")
    kek(data_dir).write_text(f"{head}|{'ab' * 32}\n")
    said, code = run_here("serve", "--port", "0", data_dir=data_dir)
    assert code == 1
    assert "its id is the same" in said
    assert "Traceback" not in said


def test_key_that_others_can_read_is_refused(data_dir: Path) -> None:
    kek(data_dir).chmod(0o644)
    said, code = run_here("kek", "status", data_dir=data_dir)
    assert code == 1
    assert "chmod 600" in said


def test_new_key_is_made_once(tmp_path: Path) -> None:
    said, code = run_command("kek", "create", str(tmp_path / "new"), data_dir=tmp_path)
    assert code == 0
    assert KekFile(tmp_path / "new").kek_id in said
    said, code = run_command("kek", "create", str(tmp_path / "new"), data_dir=tmp_path)
    assert code == 1
    assert "never overwritten" in said
