"""Millions of values sealed under one key by several processes, forked and restarted, and no nonce twice."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from service.crypto import DataKeys, FileKeystore, load_or_create_kek
from tests.support.processes import ROOT

pytestmark = pytest.mark.slow

ORG = "0190a000-0000-7000-8000-00000000000a"
PROCESSES = 4
EACH = 625_000
SEALING = """
import os, sys
from pathlib import Path
from service.crypto import DataKeys, DataPlace, FileKeystore, load_or_create_kek
folder, count = Path(sys.argv[1]), int(sys.argv[3])
keys = DataKeys(FileKeystore(folder / "keystore", load_or_create_kek(folder / "kek")), sys.argv[2])
place = DataPlace("contact", "1", "email")
keys.seal(b"before the fork", place)
child = os.fork()
with open(folder / f"nonces-{os.getpid()}", "wb") as file:
    for _ in range(count):
        file.write(keys.seal(b"x", place)[9:33])
if child:
    os.waitpid(child, 0)
"""


def test_no_nonce_twice_in_five_million_records(tmp_path: Path) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", SEALING, str(tmp_path), ORG, str(EACH)], cwd=ROOT)
        for _ in range(PROCESSES)
    ]
    assert [process.wait() for process in running] == [0] * PROCESSES
    nonces = np.concatenate([np.fromfile(path, dtype="S24") for path in tmp_path.glob("nonces-*")])
    parts = nonces.view(">u8").reshape(-1, 3)
    assert len(parts) == 2 * PROCESSES * EACH
    # 64 of the 192 bits tell nearly all apart; rows that share them are compared whole
    order = np.argsort(parts[:, 0], kind="stable")
    alike = np.flatnonzero(parts[order[1:], 0] == parts[order[:-1], 0])
    assert not any((parts[order[row]] == parts[order[row + 1]]).all() for row in alike)
    store = FileKeystore(tmp_path / "keystore", load_or_create_kek(tmp_path / "kek"))
    assert DataKeys(store, ORG).versions() == [1]
