"""Run a command beside a throw-away PostgreSQL of Debian's, whose address it finds in TEST_DATABASE_URL:

    python tests/support/debian_postgres.py pytest tests/migrations tests/domain

`apt-get install postgresql-15` brings the server. It listens on a free port of this machine, with a password, forgets nothing
sooner than a test needs it to, and is gone with its data when the command ends. As root it runs as `postgres`.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARIES = Path("/usr/lib/postgresql/15/bin")
FORGETFUL = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=100"


@contextmanager
def debian_server() -> Iterator[str]:
    """Start the server and give its superuser's address."""
    with tempfile.TemporaryDirectory(prefix="commonground-debian-") as made:
        folder, password, port = Path(made), secrets.token_hex(16), free_port()
        (folder / "password").write_text(password)
        if os.geteuid() == 0:
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        data = folder / "data"
        call(
            "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--auth=scram-sha-256",
            f"--pwfile={folder / 'password'}",
        )
        options = f"-h 127.0.0.1 -p {port} -k {folder} {FORGETFUL}"
        call("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


def call(program: str, *arguments: str | Path) -> None:
    """Run one of the server's programs; as root it must be another user's."""
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    # Output to nowhere: the server that pg_ctl starts would hold a pipe open for ever.
    subprocess.run(
        [*as_postgres, BINARIES / program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/"
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def main() -> int:
    if not BINARIES.is_dir():
        sys.exit(f"There is no PostgreSQL in {BINARIES}: apt-get install postgresql-15")
    with debian_server() as url:
        return subprocess.run(
            sys.argv[1:], env=os.environ | {"TEST_DATABASE_URL": url}, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
