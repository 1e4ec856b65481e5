"""What was erased is written down once, in order, and survives a half-written line."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.crypto import (
    Erased,
    FileKeystore,
    Keystore,
    MemoryKeystore,
    SecretBytes,
    SecretName,
    Tombstone,
    load_or_create_kek,
)
from service.crypto.errors import EncodingError, OpenToOthersError, TombstonesError

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def organization(number: int) -> Tombstone:
    return Tombstone(
        Erased.ORGANIZATION, f"0190a000-0000-7000-8000-{number:012x}", NOW + timedelta(minutes=number)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keystore"


@pytest.fixture(params=["memory", "files"])
def store(request: pytest.FixtureRequest, folder: Path, tmp_path: Path) -> Keystore:
    if request.param == "memory":
        return MemoryKeystore()
    return FileKeystore(folder, load_or_create_kek(tmp_path / "kek"))


def test_erasures_are_kept_once_and_in_order(store: Keystore) -> None:
    assert store.buried() == []
    ended = Tombstone(Erased.PARTNERSHIP, organization(1).id, NOW)
    for tombstone in (organization(2), organization(1), ended, organization(2)):
        store.bury(tombstone)
    assert store.buried() == [organization(2), organization(1), ended]


def test_tombstones_are_no_secrets_and_outlive_them(store: Keystore) -> None:
    name = SecretName("ik", organization(1).id)
    store.put_new(name, SecretBytes.draw())
    store.bury(organization(1))
    assert store.names() == [name]
    assert store.delete_owner(organization(1).id) == 1
    assert store.buried() == [organization(1)]


def test_half_written_line_never_counted_and_harms_no_later_one(folder: Path, tmp_path: Path) -> None:
    store = FileKeystore(folder, load_or_create_kek(tmp_path / "kek"))
    store.bury(organization(1))
    file = folder / ".tombstones"
    whole = file.read_bytes()
    file.write_bytes(whole + organization(2).line()[:-9])
    assert store.buried() == [organization(1)]
    store.bury(organization(3))
    assert store.buried() == [organization(1), organization(3)]


@pytest.mark.parametrize(
    "line", [b"{}\n", b"\n", b"x\n", b'{"what": "house", "id": "1", "at": "2026-11-22"}\n']
)
def test_unreadable_line_is_refused_since_what_it_named_could_come_back(
    folder: Path, tmp_path: Path, line: bytes
) -> None:
    store = FileKeystore(folder, load_or_create_kek(tmp_path / "kek"))
    store.bury(organization(1))
    file = folder / ".tombstones"
    file.write_bytes(line + file.read_bytes())
    with pytest.raises(TombstonesError, match="newest copy of the keystore"):
        store.buried()
    with pytest.raises(TombstonesError):
        store.bury(organization(2))


def test_file_is_private(folder: Path, tmp_path: Path) -> None:
    store = FileKeystore(folder, load_or_create_kek(tmp_path / "kek"))
    store.bury(organization(1))
    assert (folder / ".tombstones").stat().st_mode & 0o777 == 0o600
    (folder / ".tombstones").chmod(0o644)
    with pytest.raises(OpenToOthersError):
        store.buried()


def test_tombstone_names_an_id_and_a_moment_with_its_zone() -> None:
    with pytest.raises(EncodingError):
        Tombstone(Erased.ORGANIZATION, "acme", NOW)
    with pytest.raises(TombstonesError, match="time zone"):
        Tombstone(Erased.ORGANIZATION, organization(1).id, NOW.replace(tzinfo=None))


MANY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from service.crypto import Erased, FileKeystore, Tombstone, load_or_create_kek
folder, first = Path(sys.argv[1]), int(sys.argv[2])
store = FileKeystore(folder / "keystore", load_or_create_kek(folder / "kek"))
print("ready", flush=True)
sys.stdin.readline()
for number in range(first, first + 60):
    store.bury(Tombstone(Erased.ORGANIZATION, f"0190a000-0000-7000-8000-{number:012x}", datetime.now(UTC)))
"""


def test_processes_that_write_at_once_lose_no_line(folder: Path, tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, str(tmp_path), str(first)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in (0, 30, 100, 200)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    store = FileKeystore(folder, load_or_create_kek(tmp_path / "kek"))
    buried = [tombstone.id for tombstone in store.buried()]
    assert len(buried) == len(set(buried)) == 90 + 60 + 60
