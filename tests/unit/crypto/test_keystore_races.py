"""Real processes at one keystore."""

import subprocess
import sys
from pathlib import Path

import pytest

from service.crypto import FileKeystore, SecretBytes, SecretName, load_or_create_kek
from service.crypto.errors import SecretExistsError, SecretMissingError

ROOT = Path(__file__).parents[3]
NAME = SecretName("service-secret", "service", "0190b000-0000-7000-8000-0000000000aa", 1)
PREPARED = """
import os, sys
from pathlib import Path
from service.crypto import FileKeystore, SecretBytes, SecretName, load_or_create_kek
from service.crypto.errors import SecretExistsError, SecretMissingError

folder = Path(sys.argv[1])
name = SecretName("service-secret", "service", "0190b000-0000-7000-8000-0000000000aa", 1)
print("ready", flush=True)
sys.stdin.readline()
"""
DRAW = """
store = FileKeystore(folder / "keystore", load_or_create_kek(folder / "kek"))
print(store.get_or_create(name).reveal().hex())
"""
PUT = """
store = FileKeystore(folder / "keystore", load_or_create_kek(folder / "kek"))
mine = SecretBytes.draw()
try:
    store.put_new(name, mine)
except SecretExistsError:
    print("refused")
else:
    print(mine.reveal().hex())
"""
DRAW_AND_DELETE = """
store = FileKeystore(folder / "keystore", load_or_create_kek(folder / "kek"))
for _ in range(30):
    try:
        store.get_or_create(name)
    except SecretMissingError:
        pass
    store.delete(name)
print("done")
"""
KILLED_AFTER_LINK = """
store = FileKeystore(folder / "keystore", load_or_create_kek(folder / "kek"))
link = os.link
def killed(draft, path):
    link(draft, path)
    os._exit(9)
os.link = killed
store.put_new(name, SecretBytes(bytes(32)))
"""
KILLED_BEFORE_LINK = """
store = FileKeystore(folder / "keystore", load_or_create_kek(folder / "kek"))
os.link = lambda draft, path: os._exit(9)
store.put_new(name, SecretBytes(bytes(32)))
"""


def _at_once(script: str, folder: Path, count: int) -> list[str]:
    """What `count` processes print that run the script from one moment on."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARED + script, str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate()[0].strip() for process in processes]


def _store(folder: Path) -> FileKeystore:
    return FileKeystore(folder / "keystore", load_or_create_kek(folder / "kek"))


def test_processes_that_draw_at_once_end_with_one_secret(tmp_path: Path) -> None:
    drawn = _at_once(DRAW, tmp_path, 6)
    assert len(drawn) == 6
    assert set(drawn) == {_store(tmp_path).get(NAME).reveal().hex()}
    assert len(list((tmp_path / "keystore").iterdir())) == 1


def test_of_processes_that_put_at_once_one_wins_and_knows_it(tmp_path: Path) -> None:
    put = _at_once(PUT, tmp_path, 6)
    winners = [text for text in put if text != "refused"]
    assert winners == [_store(tmp_path).get(NAME).reveal().hex()]
    assert put.count("refused") == 5


def test_processes_that_draw_and_delete_leave_nothing_behind(tmp_path: Path) -> None:
    assert _at_once(DRAW_AND_DELETE, tmp_path, 4) == ["done"] * 4
    assert list((tmp_path / "keystore").iterdir()) == []


@pytest.mark.parametrize("script", [KILLED_BEFORE_LINK, KILLED_AFTER_LINK])
def test_deletion_is_final_after_a_process_was_killed_while_writing(tmp_path: Path, script: str) -> None:
    _at_once(script, tmp_path, 1)
    assert any("~" in left.name for left in (tmp_path / "keystore").iterdir())
    store = _store(tmp_path)
    if script is KILLED_AFTER_LINK:
        assert store.get(NAME).equals(SecretBytes(bytes(32)))
        with pytest.raises(SecretExistsError):
            store.put_new(NAME, SecretBytes.draw())
    assert store.delete_epoch("0190b000-0000-7000-8000-0000000000aa", 1) == 1
    assert list((tmp_path / "keystore").iterdir()) == []
    with pytest.raises(SecretMissingError):
        store.get(NAME)
