"""A new version of the key-encryption key: both open meanwhile, everything ends under the newest, old ones go only unused."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from service.crypto import FileKeystore, KekFile, SecretBytes, SecretName, load_or_create_kek
from service.crypto.errors import (
    KekFileError,
    KekInUseError,
    OpenToOthersError,
    RecordError,
    SecretMissingError,
    WrongKekError,
)
from service.crypto.rotation import retire_kek, rotate_kek, wraps

ROOT = Path(__file__).parents[3]
PARTNERSHIP = "0190b000-0000-7000-8000-0000000000aa"
ORG = "0190a000-0000-7000-8000-00000000000a"
NAMES = [SecretName("ik", ORG), SecretName("kref", ORG)] + [
    SecretName("service-secret", "service", PARTNERSHIP, epoch) for epoch in range(1, 9)
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kek" / "kek"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keystore"


@pytest.fixture
def store(folder: Path, path: Path) -> FileKeystore:
    """With a secret of every name in NAMES."""
    made = FileKeystore(folder, load_or_create_kek(path))
    for number, name in enumerate(NAMES):
        made.put_new(name, SecretBytes(bytes([number]) * 32))
    return made


def assert_all_open(store: FileKeystore) -> None:
    assert [store.get(name).reveal()[0] for name in NAMES] == list(range(len(NAMES)))


def test_rotation_wraps_everything_under_a_new_version(store: FileKeystore, path: Path) -> None:
    before = KekFile(path).kek_id
    done = rotate_kek(KekFile(path), store)
    assert (done.rewrapped, done.resumed) == (len(NAMES), False)
    assert KekFile(path).kek_ids == [before, done.kek_id]
    assert wraps(store) == {done.kek_id: len(NAMES)}
    assert_all_open(store)


def test_running_process_opens_what_a_rotation_wrapped_and_wraps_under_the_newest(
    store: FileKeystore, path: Path, folder: Path
) -> None:
    running = FileKeystore(folder, KekFile(path))
    done = rotate_kek(KekFile(path), store)
    assert_all_open(running)
    drawn = SecretName("x", ORG, PARTNERSHIP, 1)
    running.get_or_create(drawn)
    assert running.wrapped_by(drawn) == done.kek_id


def test_running_process_never_wraps_under_a_version_that_was_removed(
    store: FileKeystore, path: Path, folder: Path
) -> None:
    running = FileKeystore(folder, KekFile(path))
    done = rotate_kek(KekFile(path), store)
    retire_kek(KekFile(path), store)
    drawn = SecretName("x", ORG, PARTNERSHIP, 1)
    running.get_or_create(drawn)
    assert running.wrapped_by(drawn) == done.kek_id
    assert FileKeystore(folder, KekFile(path)).get(drawn).equals(running.get(drawn))


def test_unfinished_rotation_is_finished_without_another_version(store: FileKeystore, path: Path) -> None:
    newest = KekFile(path).add()
    store.wrap_again(NAMES[0])
    assert_all_open(store)
    done = rotate_kek(KekFile(path), store)
    assert (done.kek_id, done.rewrapped, done.resumed) == (newest, len(NAMES) - 1, True)
    assert wraps(store) == {newest: len(NAMES)}


KILLED = """
import os, signal, sys
from pathlib import Path
from service.crypto import FileKeystore, KekFile
from service.crypto import files, rotation

folder, path, after = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
replaced = Path.replace
def counted(self, target):
    global after
    after -= 1
    if after < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return replaced(self, target)
Path.replace = counted
rotation.rotate_kek(KekFile(path), FileKeystore(folder, KekFile(path)))
"""


@pytest.mark.parametrize("after", [0, 1, 2, 6, len(NAMES)])
def test_rotation_killed_anywhere_loses_nothing_and_is_finished_by_the_next(
    store: FileKeystore, path: Path, folder: Path, after: int
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), str(path), str(after)], cwd=ROOT, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert_all_open(FileKeystore(folder, KekFile(path)))
    rotate_kek(KekFile(path), store)
    newest = KekFile(path).kek_id
    assert wraps(store) == {newest: len(NAMES)}
    assert [file.name for file in folder.iterdir() if "~" in file.name] == []
    assert len(retire_kek(KekFile(path), store)) == 1
    assert_all_open(FileKeystore(folder, KekFile(path)))


def test_secret_deleted_while_it_is_wrapped_again_stays_deleted(store: FileKeystore, path: Path) -> None:
    KekFile(path).add()
    assert store.delete(NAMES[3])
    with pytest.raises(SecretMissingError):
        store.wrap_again(NAMES[3])
    with pytest.raises(SecretMissingError):
        store.get(NAMES[3])


def test_version_that_wraps_something_is_not_removed(store: FileKeystore, path: Path) -> None:
    before = path.read_bytes()
    old = KekFile(path).kek_id
    KekFile(path).add()
    for name in NAMES[1:]:
        store.wrap_again(name)
    with pytest.raises(KekInUseError, match=f"{old} still wraps 1 secret: run `commonground kek rotate`"):
        retire_kek(KekFile(path), store)
    assert path.read_bytes().startswith(before)
    assert_all_open(store)


def test_removed_version_opens_nothing_any_more(store: FileKeystore, path: Path, folder: Path) -> None:
    old_file, old_secret = path.read_bytes(), store.path_of(NAMES[0]).read_bytes()
    old = KekFile(path).kek_id
    rotate_kek(KekFile(path), store)
    assert retire_kek(KekFile(path), store) == [old]
    assert retire_kek(KekFile(path), store) == []
    assert old_file not in path.read_bytes()
    store.path_of(NAMES[0]).write_bytes(old_secret)
    with pytest.raises(WrongKekError, match=old):
        FileKeystore(folder, KekFile(path)).get(NAMES[0])


def test_damaged_secret_stops_rotation_and_removal_by_name(store: FileKeystore, path: Path) -> None:
    store.path_of(NAMES[2]).write_bytes(b"nothing")
    for step in (rotate_kek, retire_kek):
        with pytest.raises(RecordError, match=f"{NAMES[2].what} of {NAMES[2].owner}.*damaged"):
            step(KekFile(path), store)


def test_kek_file_stays_private_and_whole_through_a_rotation(store: FileKeystore, path: Path) -> None:
    rotate_kek(KekFile(path), store)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["kek"]
    path.chmod(0o640)
    with pytest.raises(OpenToOthersError):
        rotate_kek(KekFile(path), store)


def test_newest_version_is_never_removed(store: FileKeystore, path: Path) -> None:
    file = KekFile(path)
    with pytest.raises(KekFileError, match="newest"):
        file.remove({file.kek_id})


@pytest.mark.parametrize("spoilt", ["twice", "empty line", "words after"])
def test_file_with_anything_but_versions_is_refused(path: Path, spoilt: str) -> None:
    load_or_create_kek(path)
    line = path.read_bytes()
    path.write_bytes(
        {"twice": line * 2, "empty line": line + b"\n", "words after": line + b"see wiki"}[spoilt]
    )
    with pytest.raises(KekFileError, match="restore"):
        KekFile(path)


def test_without_its_file_a_process_opens_what_it_can_and_wraps_nothing(
    store: FileKeystore, path: Path, folder: Path
) -> None:
    path.unlink()
    assert_all_open(store)
    before = sorted(folder.iterdir())
    with pytest.raises(KekFileError, match="restore the file"):
        store.get_or_create(SecretName("x", ORG, PARTNERSHIP, 1))
    assert sorted(folder.iterdir()) == before
    with pytest.raises(KekFileError):
        KekFile(path)
    assert not path.exists()


def test_secrets_are_listed_by_owner_and_go_with_it(store: FileKeystore) -> None:
    store.put_new(SecretName("x", ORG, PARTNERSHIP, 1), SecretBytes.draw())
    assert set(store.names()) == {*NAMES, SecretName("x", ORG, PARTNERSHIP, 1)}
    assert {name.what for name in store.names(ORG)} == {"ik", "kref", "x"}
    assert store.delete_owner(ORG) == 3
    assert store.names(ORG) == []
    assert set(store.names()) == set(NAMES[2:])


def test_listing_is_fresh_though_it_is_kept_while_the_folder_rests(
    store: FileKeystore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.crypto.file_keystore._TICK_NS", -1)  # as if the folder had rested
    assert len(store.names(ORG)) == 2
    assert store.names(ORG) is not store.names(ORG)
    other = FileKeystore(folder, store.wrapper)
    other.delete(NAMES[0])
    assert [name.what for name in store.names(ORG)] == ["kref"]
