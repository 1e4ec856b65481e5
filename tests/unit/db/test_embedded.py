"""The embedded server: what it leaves on disk, among processes and in the modes of folders."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from service.db import folders
from service.db.embedded import EmbeddedServer
from service.db.errors import EmbeddedServerError
from service.db.folders import (
    closed_to_others,
    copy_binaries,
    drop_stale_pid_file,
    make_folders,
    prune_users,
    set_aside_unfinished,
)
from tests.support.processes import modes_above, postmasters


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that everybody may enter: pytest's own is closed to others and too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="cg-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_start_and_stop_leave_no_server_and_no_changed_mode(folder: Path) -> None:
    above = modes_above(folder / "data")
    with EmbeddedServer(folder / "data") as server:
        assert len(postmasters(server.folder)) == 1
        assert (server.data.stat().st_mode & 0o777) == 0o700
    assert postmasters(folder / "data") == []
    assert modes_above(folder / "data") == above


def test_socket_lies_among_the_data_where_nobody_else_may_enter(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        assert server._server is not None
        assert server._server.get_postmaster_info().socket_dir == server.data


def test_dead_and_reused_process_numbers_are_pruned(tmp_path: Path) -> None:
    handles = tmp_path / "handles.json"
    dead = max(psutil.pids()) + 10_000
    handles.write_text(json.dumps([dead, os.getpid()]))
    prune_users(handles)
    assert json.loads(handles.read_text()) == [os.getpid()]
    os.utime(handles, (0, 0))  # written before this process began, by another of the same number
    prune_users(handles)
    assert json.loads(handles.read_text()) == []


def test_dead_process_that_its_parent_has_not_looked_after_is_pruned(tmp_path: Path) -> None:
    handles = tmp_path / "handles.json"
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        handles.write_text(json.dumps([process.pid]))
        prune_users(handles)
    assert json.loads(handles.read_text()) == []


def test_list_of_users_cut_off_in_writing_is_empty(tmp_path: Path) -> None:
    handles = tmp_path / "handles.json"
    handles.write_text("[123")
    prune_users(handles)
    assert json.loads(handles.read_text()) == []


def test_missing_list_of_users_is_left_missing(tmp_path: Path) -> None:
    prune_users(tmp_path / "handles.json")
    assert not (tmp_path / "handles.json").exists()


@pytest.mark.parametrize(
    "content", [f"{os.getpid()}\n/data\n", "", "no number\n"], ids=["another program", "nothing", "no number"]
)
def test_pid_file_that_names_no_postgres_of_these_data_is_removed(tmp_path: Path, content: str) -> None:
    (tmp_path / "postmaster.pid").write_text(content)
    drop_stale_pid_file(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()


def test_pid_file_of_the_running_server_stays(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        drop_stale_pid_file(server.data)
        assert (server.data / "postmaster.pid").exists()


def test_path_too_long_for_a_socket_is_refused(folder: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="too long"):
        make_folders(folder / ("x" * 120))


def test_folder_closed_to_others_is_refused_as_root_and_stays_closed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "is_root", lambda: True)
    folder.chmod(0o700)
    with pytest.raises(EmbeddedServerError, match="COMMONGROUND_DATA_DIR"):
        make_folders(folder / "data")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_folder_closed_to_others_serves_anybody_but_root(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "is_root", lambda: False)
    folder.chmod(0o700)
    make_folders(folder / "data")
    assert (folder / "data" / "run").stat().st_mode & 0o777 == 0o700


def test_data_of_a_killed_first_start_are_set_aside_and_a_server_starts(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("")
    with EmbeddedServer(folder) as server:
        assert len(postmasters(server.folder)) == 1
    assert (folder / "postgres.unfinished" / "PG_VERSION").exists()


def test_whole_data_are_never_set_aside(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        set_aside_unfinished(server.data)
        assert server.data.exists()
    set_aside_unfinished(folder / "postgres")
    assert (folder / "postgres" / "PG_VERSION").exists()


def test_first_closed_folder_is_named(folder: Path) -> None:
    inner = folder / "open" / "data"
    inner.mkdir(parents=True)
    assert closed_to_others(inner) is None
    (folder / "open").chmod(0o750)
    assert closed_to_others(inner) == folder / "open"


def test_binaries_are_copied_once_and_whole(tmp_path: Path) -> None:
    installation = tmp_path / "site" / "pgserver" / "install18"
    (installation / "bin").mkdir(parents=True)
    (installation / "bin" / "postgres").write_text("first")
    (tmp_path / "site" / "pgserver.libs").mkdir()
    (tmp_path / "site" / "pgserver.libs" / "libpq.so").write_text("library")
    target = tmp_path / "server-18"
    (tmp_path / "server-18.part").mkdir()  # of a copy that was interrupted
    copied = copy_binaries(installation, target)
    assert copied == target / "pgserver" / "install18"
    assert (copied / "../../pgserver.libs/libpq.so").read_text() == "library"
    (installation / "bin" / "postgres").write_text("second")
    copy_binaries(installation, target)
    assert (copied / "bin" / "postgres").read_text() == "first"
    assert not (tmp_path / "server-18.part").exists()


def test_environment_is_left_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with EmbeddedServer(folder):
        assert "XDG_RUNTIME_DIR" not in os.environ


def test_address_before_the_start_is_refused(folder: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="isn't started"):
        EmbeddedServer(folder).urls()
