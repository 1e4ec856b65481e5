"""Real processes on the embedded server: they start, share it, end, and are killed."""

import json
import signal
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import psutil
import pytest

from tests.support.processes import command, end, modes_above, postmasters, run_command, wait_for_line

READY = "Commonground is at"
WORKING = "takes jobs"
LIST = b"Company,Domain\nExample AG,example.com\n"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A short path that everybody may enter, whose server is gone at the end whatever the test did."""
    with tempfile.TemporaryDirectory(prefix="cg-life-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made) / "data"
        for process in postmasters(Path(made) / "data"):
            process.kill()
            process.wait(10)


def serve(data_dir: Path) -> AbstractContextManager[subprocess.Popen[str]]:
    return command("serve", "--port", "0", data_dir=data_dir)


def address(line: str) -> str:
    return line.split(READY)[1].split(",", maxsplit=1)[0].strip()


def is_alive(where: str) -> bool:
    with urllib.request.urlopen(f"{where}/livez") as answer:  # noqa: S310 - our own address
        return answer.status == 200


def test_signal_ends_the_service_leaves_no_server_and_no_changed_mode_and_the_next_start_keeps_the_data(
    data_dir: Path,
) -> None:
    above = modes_above(data_dir)
    identifiers = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with serve(data_dir) as process:
            where = address(wait_for_line(process, READY))
            assert is_alive(where)
            assert len(postmasters(data_dir)) == 1
            control = subprocess.run(
                ["cat", data_dir / "postgres" / "global" / "pg_control"], capture_output=True, check=True
            )
            identifiers.append(control.stdout[:8])  # the database system's own number, drawn when it is made
            assert end(process, number) == 0
        assert postmasters(data_dir) == []
        assert modes_above(data_dir) == above
    assert identifiers[0] == identifiers[1]


def begin_upload(where: str, key: str) -> socket.socket:
    """An upload of which the service has begun to read the body."""
    host, port = where.removeprefix("http://").split(":")
    sent = socket.create_connection((host, int(port)), timeout=30)
    head = f"POST /v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    sent.sendall(f"{head}Content-Length: {len(LIST)}\r\nExpect: 100-continue\r\n\r\n".encode())
    assert b"100 Continue" in sent.recv(1000)
    sent.sendall(LIST[:12])
    return sent


def wait_until_closed(where: str) -> None:
    """Until the service takes no connection any more."""
    with suppress(OSError):
        while is_alive(where):
            pass


def rest_of(sent: socket.socket) -> str:
    with sent.makefile("rb") as answer:
        return answer.read().decode()


def test_stopped_service_lets_an_upload_end_and_says_so_to_one_that_does_not(data_dir: Path) -> None:
    with command("serve", "--port", "0", data_dir=data_dir, COMMONGROUND_GRACE_SECONDS="4") as process:
        where = address(wait_for_line(process, READY))
        said, _ = run_command("org", "create", "acme", data_dir=data_dir)
        key = said[said.index("cg_live_") :].split()[0]
        with begin_upload(where, key) as ending, begin_upload(where, key) as lasting:
            process.send_signal(signal.SIGTERM)
            wait_until_closed(where)
            ending.sendall(LIST[12:])
            assert rest_of(ending).startswith("HTTP/1.1 202 ")
            refused = rest_of(lasting)
        assert process.wait(30) == 0
    assert refused.startswith("HTTP/1.1 503 ")
    assert "retry-after: 10" in refused
    assert "urn:commonground:problem:unavailable" in refused
    assert "Traceback" not in refused


@pytest.mark.slow
def test_after_a_kill_the_next_start_works_and_its_end_leaves_no_server(data_dir: Path) -> None:
    with serve(data_dir) as killed:
        wait_for_line(killed, READY)
        end(killed, signal.SIGKILL)
    assert len(postmasters(data_dir)) == 1
    with serve(data_dir) as process:
        wait_for_line(process, READY)
        assert end(process, signal.SIGINT) == 0
    assert postmasters(data_dir) == []


@pytest.mark.slow
def test_after_a_kill_of_everything_the_next_start_recovers(data_dir: Path) -> None:
    with serve(data_dir) as killed:
        wait_for_line(killed, READY)
        server = postmasters(data_dir)[0]
        end(killed, signal.SIGKILL)
    children = server.children(recursive=True)
    server.kill()
    psutil.wait_procs([server, *children], timeout=30)
    with serve(data_dir) as process:
        wait_for_line(process, READY)
        assert end(process, signal.SIGTERM) == 0
    assert postmasters(data_dir) == []


def test_worker_shares_the_server_and_the_last_to_end_stops_it(data_dir: Path) -> None:
    with serve(data_dir) as service, command("worker", data_dir=data_dir) as worker:
        wait_for_line(service, READY)
        wait_for_line(worker, WORKING)
        assert len(postmasters(data_dir)) == 1
        assert end(service, signal.SIGINT) == 0
        assert len(postmasters(data_dir)) == 1
        assert end(worker, signal.SIGTERM) == 0
    assert postmasters(data_dir) == []


@pytest.mark.parametrize("made", ["PG_VERSION", "log"])
@pytest.mark.slow
def test_signal_while_the_database_is_made_or_starts_leaves_no_server(data_dir: Path, made: str) -> None:
    with serve(data_dir) as process:
        while not (data_dir / "postgres" / made).exists():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert postmasters(data_dir) == []


def test_taken_port_is_one_message_and_starts_no_database(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said, code = run_command("serve", "--port", port, data_dir=data_dir)
    assert code == 1
    assert said.startswith("commonground: Can't listen on 127.0.0.1:")
    assert "Traceback" not in said
    assert not data_dir.exists()


def test_unreachable_database_is_one_message(data_dir: Path) -> None:
    nowhere = "postgresql://commonground_app:hidden@127.0.0.1:1/none"
    said, code = run_command(
        "serve", "--port", "0", data_dir=data_dir, DATABASE_URL=nowhere, MATCHER_DATABASE_URL=nowhere
    )
    assert code == 1
    assert said.count("\n") == 1
    assert "hidden" not in said


def test_migrate_brings_the_embedded_database_up_logs_an_object_a_line_and_leaves_no_server(
    data_dir: Path,
) -> None:
    said, code = run_command("migrate", data_dir=data_dir, COMMONGROUND_LOG_LEVEL="DEBUG")
    assert code == 0, said
    assert "at this version" in said
    assert postmasters(data_dir) == []
    lines = [line for line in said.splitlines() if line.startswith("{")]
    assert lines
    assert all({"event", "level", "timestamp"} <= set(json.loads(line)) for line in lines)
