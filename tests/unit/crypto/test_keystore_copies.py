"""Copies of the keystore: without the secrets of an epoch, wrapped as they were, and never over what is there."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.crypto import (
    Erased,
    FileKeystore,
    KekFile,
    SecretBytes,
    SecretName,
    Tombstone,
    load_or_create_kek,
)
from service.crypto.copies import bring_back_keystore, copy_keystore, is_copied
from service.crypto.errors import CopyError, RecordError, SecretMissingError, WrongKekError
from service.crypto.rotation import retire_kek, rotate_kek

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
ORG = "0190a000-0000-7000-8000-00000000000a"
OTHER = "0190a000-0000-7000-8000-00000000000b"
PARTNERSHIP = "0190b000-0000-7000-8000-0000000000aa"
LASTING = [
    SecretName("ik", ORG),
    SecretName("kref", ORG),
    SecretName("data-1", ORG),
    SecretName("ik", OTHER),
    SecretName("people", "service"),
]
OF_AN_EPOCH = [SecretName("x", ORG, PARTNERSHIP, 1), SecretName("service-secret", "service", PARTNERSHIP, 1)]
ERASED = Tombstone(Erased.ORGANIZATION, OTHER, NOW)


@pytest.fixture
def kek(tmp_path: Path) -> KekFile:
    return load_or_create_kek(tmp_path / "kek" / "kek")


@pytest.fixture
def store(tmp_path: Path, kek: KekFile) -> FileKeystore:
    made = FileKeystore(tmp_path / "keystore", kek)
    for name in LASTING + OF_AN_EPOCH:
        made.put_new(name, SecretBytes.draw())
    return made


@pytest.fixture
def empty(tmp_path: Path, kek: KekFile) -> FileKeystore:
    return FileKeystore(tmp_path / "another", kek)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_lasts_comes_back_and_what_is_of_an_epoch_is_in_no_copy(
    store: FileKeystore, empty: FileKeystore, tmp_path: Path
) -> None:
    done = copy_keystore(store, tmp_path / "copy", now=NOW)
    assert done.secrets == len(LASTING)
    content = b"".join(files(tmp_path / "copy").values())
    for name in OF_AN_EPOCH:
        assert store.path_of(name).read_bytes() not in content
        assert name.partnership not in " ".join(files(tmp_path / "copy"))
    assert bring_back_keystore(tmp_path / "copy", empty).secrets == len(LASTING)
    assert all(empty.get(name).equals(store.get(name)) for name in LASTING)
    for name in OF_AN_EPOCH:
        assert not is_copied(name)
        with pytest.raises(SecretMissingError):
            empty.get(name)


def test_copy_is_private_and_holds_no_secret_in_clear(store: FileKeystore, tmp_path: Path) -> None:
    copy_keystore(store, tmp_path / "copy", now=NOW)
    content = b"".join(files(tmp_path / "copy").values())
    for name in LASTING:
        assert store.get(name).reveal() not in content
    for path in (tmp_path / "copy").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def test_copy_is_never_written_over_another(store: FileKeystore, tmp_path: Path) -> None:
    copy_keystore(store, tmp_path / "copy", now=NOW)
    before = files(tmp_path / "copy")
    with pytest.raises(CopyError, match="never written over"):
        copy_keystore(store, tmp_path / "copy", now=NOW)
    assert files(tmp_path / "copy") == before


def test_what_is_there_is_not_overwritten(store: FileKeystore, tmp_path: Path) -> None:
    copy_keystore(store, tmp_path / "copy", now=NOW)
    store.delete(LASTING[0])
    store.put_new(LASTING[0], SecretBytes(bytes(32)))
    store.delete(LASTING[1])
    done = bring_back_keystore(tmp_path / "copy", store)
    assert (done.secrets, done.kept) == (1, len(LASTING) - 1)
    assert store.get(LASTING[0]).equals(SecretBytes(bytes(32)))


def test_secrets_of_who_was_erased_since_do_not_come_back(store: FileKeystore, tmp_path: Path) -> None:
    copy_keystore(store, tmp_path / "copy", now=NOW)
    store.bury(ERASED)
    store.delete_owner(OTHER)
    bring_back_keystore(tmp_path / "copy", store)
    assert store.names(OTHER) == []
    assert store.buried() == [ERASED]


def test_erasures_come_along_and_none_is_forgotten(
    store: FileKeystore, empty: FileKeystore, tmp_path: Path
) -> None:
    store.bury(ERASED)
    copy_keystore(store, tmp_path / "copy", now=NOW)
    later = Tombstone(Erased.ORGANIZATION, ORG, NOW)
    empty.bury(later)
    assert bring_back_keystore(tmp_path / "copy", empty).tombstones == 1
    assert set(empty.buried()) == {ERASED, later}
    assert empty.names(ORG) == empty.names(OTHER) == []


def test_copy_from_before_a_rotation_needs_the_older_key(
    store: FileKeystore, empty: FileKeystore, kek: KekFile, tmp_path: Path
) -> None:
    old_file = kek.path.read_bytes()
    copy_keystore(store, tmp_path / "copy", now=NOW)
    rotate_kek(kek, store)
    assert bring_back_keystore(tmp_path / "copy", empty).secrets == len(LASTING)
    assert {empty.wrapped_by(name) for name in LASTING} == {kek.kek_id}
    retire_kek(kek, store)
    third = FileKeystore(tmp_path / "third", KekFile(kek.path))
    with pytest.raises(WrongKekError):
        bring_back_keystore(tmp_path / "copy", third)
    assert third.names() == []
    kek.path.write_bytes(old_file + kek.path.read_bytes())
    assert bring_back_keystore(tmp_path / "copy", third).secrets == len(LASTING)


def test_damaged_secret_brings_nothing_back(store: FileKeystore, empty: FileKeystore, tmp_path: Path) -> None:
    copy_keystore(store, tmp_path / "copy", now=NOW)
    victim = tmp_path / "copy" / "secrets" / store.path_of(LASTING[3]).name
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    with pytest.raises(RecordError, match=f"ik of {OTHER}"):
        bring_back_keystore(tmp_path / "copy", empty)
    assert empty.names() == []


@pytest.mark.parametrize("spoilt", ["a file less", "no manifest", "another format"])
def test_copy_that_is_not_whole_is_refused(
    store: FileKeystore, empty: FileKeystore, tmp_path: Path, spoilt: str
) -> None:
    folder = tmp_path / "copy"
    copy_keystore(store, folder, now=NOW)
    manifest = folder / "keystore.json"
    if spoilt == "a file less":
        (folder / "secrets" / store.path_of(LASTING[3]).name).unlink()
    elif spoilt == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 2}))
    with pytest.raises(CopyError, match="no whole copy"):
        bring_back_keystore(folder, empty)
    assert empty.names() == []
