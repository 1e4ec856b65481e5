from collections.abc import Callable
from pathlib import Path

import pytest

from service.crypto import FileKeystore, KeyEncryptionKey, Keystore, MemoryKeystore, SecretBytes, SecretName
from service.crypto.errors import (
    OpenToOthersError,
    RecordError,
    SecretExistsError,
    SecretMissingError,
    WrongKekError,
)

P1 = "0190b000-0000-7000-8000-0000000000aa"
P2 = "0190b000-0000-7000-8000-0000000000ab"
LO = "0190a000-0000-7000-8000-00000000000a"
HI = "0190a000-0000-7000-8000-00000000000b"
KEK = KeyEncryptionKey("kek-1", SecretBytes(b"\x05" * 32))
NAME = SecretName("service-secret", "service", P1, 1)
SECRET = SecretBytes(bytes(range(32)))

ALL = [
    SecretName("ik", LO),
    SecretName("kref", LO),
    NAME,
    SecretName("x", LO, P1, 1),
    SecretName("x", HI, P1, 1),
    SecretName("x", LO, P1, 11),
    SecretName("x", LO, P1),
    SecretName("service-secret", "service", P2, 1),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keystore"


@pytest.fixture(params=["memory", "files"])
def store(request: pytest.FixtureRequest, folder: Path) -> Keystore:
    return MemoryKeystore() if request.param == "memory" else FileKeystore(folder, KEK)


def _filled(store: Keystore) -> Keystore:
    for name in ALL:
        store.put_new(name, SecretBytes.draw())
    return store


def _left(store: Keystore) -> list[SecretName]:
    return [name for name in ALL if _has(store, name)]


def _has(store: Keystore, name: SecretName) -> bool:
    try:
        store.get(name)
    except SecretMissingError:
        return False
    return True


def test_a_secret_is_kept_under_its_name(store: Keystore) -> None:
    store.put_new(NAME, SECRET)
    assert store.get(NAME).equals(SECRET)


def test_a_missing_secret_is_named(store: Keystore) -> None:
    with pytest.raises(SecretMissingError, match=f"service-secret of service .partnership {P1}, epoch 1"):
        store.get(NAME)


def test_a_secret_is_never_overwritten(store: Keystore) -> None:
    store.put_new(NAME, SECRET)
    with pytest.raises(SecretExistsError, match="delete it first"):
        store.put_new(NAME, SecretBytes.draw())
    assert store.get(NAME).equals(SECRET)


def test_a_secret_is_drawn_once(store: Keystore) -> None:
    first = store.get_or_create(NAME)
    assert store.get_or_create(NAME, lambda: SECRET).equals(first)
    assert not first.equals(SECRET)


def test_whoever_draws_second_gets_the_secret_that_won(store: Keystore) -> None:
    def slower() -> SecretBytes:
        store.put_new(NAME, SECRET)
        return SecretBytes.draw()

    assert store.get_or_create(NAME, slower).equals(SECRET)


def test_a_deleted_secret_is_gone_and_its_name_is_free(store: Keystore) -> None:
    store.put_new(NAME, SECRET)
    assert store.delete(NAME)
    assert not store.delete(NAME)
    with pytest.raises(SecretMissingError):
        store.get(NAME)
    assert not store.get_or_create(NAME).equals(SECRET)


@pytest.mark.parametrize(
    ("delete", "gone"),
    [
        (lambda store: store.delete_epoch(P1, 1), {2, 3, 4}),
        (lambda store: store.delete_epoch(P1, 11), {5}),
        (lambda store: store.delete_epoch(P2, 2), set()),
        (lambda store: store.delete_partnership(P1), {2, 3, 4, 5, 6}),
        (lambda store: store.delete_partnership(P2), {7}),
    ],
)
def test_an_epoch_and_a_partnership_are_deleted_whole_and_alone(
    store: Keystore, delete: Callable[[Keystore], int], gone: set[int]
) -> None:
    _filled(store)
    assert delete(store) == len(gone)
    assert _left(store) == [name for row, name in enumerate(ALL) if row not in gone]


def test_secrets_rest_wrapped_in_private_files(folder: Path) -> None:
    FileKeystore(folder, KEK).put_new(NAME, SECRET)
    (file,) = folder.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    content = file.read_bytes()
    assert SECRET.reveal() not in content
    assert SECRET.reveal().hex().encode() not in content
    assert content.startswith(b"commonground/1|wrapped|kek-1\n")


def test_a_second_process_reads_what_the_first_wrote(folder: Path) -> None:
    FileKeystore(folder, KEK).put_new(NAME, SECRET)
    assert FileKeystore(folder, KEK).get(NAME).equals(SECRET)


def test_a_file_moved_to_another_name_does_not_open(folder: Path) -> None:
    store = FileKeystore(folder, KEK)
    store.put_new(NAME, SECRET)
    moved = SecretName("service-secret", "service", P1, 2)
    (file,) = folder.iterdir()
    file.rename(file.with_name(file.name.replace(f"{P1}.1.", f"{P1}.2.")))
    with pytest.raises(RecordError, match="moved"):
        store.get(moved)


def test_the_wrong_kek_is_named(folder: Path) -> None:
    FileKeystore(folder, KEK).put_new(NAME, SECRET)
    with pytest.raises(WrongKekError, match="start it with kek-1"):
        FileKeystore(folder, KeyEncryptionKey.draw("kek-2")).get(NAME)


def test_a_wrong_kek_never_leads_to_a_new_secret(folder: Path) -> None:
    FileKeystore(folder, KEK).put_new(NAME, SECRET)
    with pytest.raises(WrongKekError):
        FileKeystore(folder, KeyEncryptionKey.draw("kek-2")).get_or_create(NAME)
    assert FileKeystore(folder, KEK).get(NAME).equals(SECRET)


def test_a_changed_file_does_not_open(folder: Path) -> None:
    store = FileKeystore(folder, KEK)
    store.put_new(NAME, SECRET)
    (file,) = folder.iterdir()
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(RecordError, match="changed"):
        store.get(NAME)
    file.write_bytes(content[:10])
    with pytest.raises(RecordError, match="damaged"):
        store.get(NAME)


def test_a_folder_or_file_that_others_can_reach_is_refused(folder: Path) -> None:
    store = FileKeystore(folder, KEK)
    store.put_new(NAME, SECRET)
    (file,) = folder.iterdir()
    file.chmod(0o640)
    with pytest.raises(OpenToOthersError, match="chmod 600"):
        store.get(NAME)
    folder.chmod(0o755)
    with pytest.raises(OpenToOthersError, match="chmod 700"):
        FileKeystore(folder, KEK)


def test_names_that_resemble_each_other_are_kept_apart(store: Keystore) -> None:
    names = [SecretName("a", "b-c"), SecretName("a-b", "c"), SecretName("a", "b_c"), SecretName("b-c", "a")]
    for number, name in enumerate(names):
        store.put_new(name, SecretBytes(bytes([number]) * 32))
    assert [store.get(name).reveal()[0] for name in names] == [0, 1, 2, 3]
