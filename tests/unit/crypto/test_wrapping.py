import os
from pathlib import Path

import pytest

from service.crypto import KeyEncryptionKey, SecretBytes, SecretName, load_or_create_kek
from service.crypto.errors import (
    EncodingError,
    KekFileError,
    OpenToOthersError,
    RecordError,
    SecretExistsError,
    SecretMissingError,
    WrongKekError,
)
from service.crypto.files import write_new

PARTNERSHIP = "0190b000-0000-7000-8000-0000000000aa"
ORG = "0190a000-0000-7000-8000-00000000000a"
NAME = SecretName("x", ORG, PARTNERSHIP, 1)
SECRET = SecretBytes(bytes(range(32)))
KEK = KeyEncryptionKey("kek-1", SecretBytes(b"\x05" * 32))

OTHER_NAMES = [
    SecretName("ik", ORG, PARTNERSHIP, 1),
    SecretName("x", "service", PARTNERSHIP, 1),
    SecretName("x", ORG, PARTNERSHIP[:-1] + "b", 1),
    SecretName("x", ORG, PARTNERSHIP, 2),
    SecretName("x", ORG, PARTNERSHIP),
    SecretName("x", ORG),
]


@pytest.mark.parametrize("other", OTHER_NAMES, ids=str)
def test_a_wrapped_secret_opens_only_under_its_name(other: SecretName) -> None:
    wrapped = KEK.wrap(SECRET, NAME)
    assert len(wrapped) == 61
    assert KEK.unwrap(wrapped, NAME).equals(SECRET)
    with pytest.raises(RecordError):
        KEK.unwrap(wrapped, other)
    with pytest.raises(RecordError, match="changed or moved"):
        KEK.unpack(KEK.pack(SECRET, NAME), other)


def test_another_kek_is_named() -> None:
    other = KeyEncryptionKey("kek-2", SecretBytes(b"\x05" * 32))
    with pytest.raises(WrongKekError, match="kek-1, this process has kek-2: start it with kek-1"):
        other.unpack(KEK.pack(SECRET, NAME), NAME)
    with pytest.raises(RecordError):
        other.unwrap(KEK.wrap(SECRET, NAME), NAME)


def test_another_key_of_the_same_id_does_not_open() -> None:
    other = KeyEncryptionKey.draw("kek-1")
    with pytest.raises(RecordError, match="its id is the same"):
        other.unpack(KEK.pack(SECRET, NAME), NAME)


@pytest.mark.parametrize(
    "packed", [b"", b"\n", b"commonground/1|wrapped|KEK\nx", b"\x01" * 61, b"commonground/1|wrapped|"]
)
def test_a_damaged_file_is_told_from_another_kek(packed: bytes) -> None:
    with pytest.raises(RecordError, match="damaged"):
        KEK.unpack(packed, NAME)


@pytest.mark.parametrize("word", ["", "X", "a.b", "a|b", "../x", "a~b", "-", "a-", "ключ", "a\n"])
def test_a_name_that_could_leave_its_folder_or_its_part_is_refused(word: str) -> None:
    with pytest.raises(EncodingError, match="lowercase letters"):
        SecretName(word, ORG)
    with pytest.raises(EncodingError, match="lowercase letters"):
        SecretName("x", word)
    with pytest.raises(EncodingError, match="lowercase letters"):
        KeyEncryptionKey(word, SECRET)


def test_a_name_holds_a_partnership_and_epoch_in_their_forms() -> None:
    with pytest.raises(EncodingError):
        SecretName("x", ORG, "p", 1)
    with pytest.raises(EncodingError):
        SecretName("x", ORG, PARTNERSHIP, 0)


def test_a_kek_is_drawn_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "kek"
    first = load_or_create_kek(path)
    again = load_or_create_kek(path)
    assert first.kek_id == again.kek_id
    assert again.unpack(first.pack(SECRET, NAME), NAME).equals(SECRET)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["kek"]


def test_two_kek_files_hold_two_keys(tmp_path: Path) -> None:
    assert load_or_create_kek(tmp_path / "one").kek_id != load_or_create_kek(tmp_path / "two").kek_id


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644])
def test_a_kek_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "kek"
    load_or_create_kek(path)
    path.chmod(mode)
    with pytest.raises(OpenToOthersError, match="chmod 600"):
        load_or_create_kek(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff" * 90, b"commonground/1|kek|k|00\n", b"commonground/1|kek|K|" + b"00" * 32 + b"\n"],
)
def test_a_file_that_holds_no_kek_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kek"
    write_new(path, content)
    with pytest.raises(KekFileError, match="restore"):
        load_or_create_kek(path)
    assert path.read_bytes() == content


def test_a_file_is_written_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_new(path, b"first")
    with pytest.raises(SecretExistsError, match="never overwritten"):
        write_new(path, b"second")
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["secret"]  # noqa: PTH208 - names only


def test_a_file_whose_folder_went_away_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(SecretMissingError, match="deleted meanwhile"):
        write_new(tmp_path / "gone" / "secret", b"first")


def test_a_kek_file_comes_out_private_under_a_lax_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_or_create_kek(tmp_path / "keys" / "kek")
    finally:
        os.umask(before)
    assert (tmp_path / "keys" / "kek").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
