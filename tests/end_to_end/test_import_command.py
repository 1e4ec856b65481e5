"""`commonground import` against the real service and worker: tried first, sent, held, refused, mended."""

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import command, postmasters, run_command, wait_for_line

HEADER = "Account ID,Company,Website,Status\n"
LIST = HEADER + "".join(f"{i},Orchid Bakery {i},orchid{i}.com,Customer\n" for i in range(10))


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cg-imp-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made) / "data"
        for process in postmasters(Path(made) / "data"):
            process.kill()
            process.wait(10)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_a_list_is_tried_sent_held_confirmed_and_mended_by_command(data_dir: Path, tmp_path: Path) -> None:
    made, _ = run_command("org", "create", "acme", data_dir=data_dir)
    key = next(word for word in made.split() if word.startswith("cg_live_"))
    port = str(free_port())
    at = {"COMMONGROUND_URL": f"http://127.0.0.1:{port}", "COMMONGROUND_API_KEY": key}
    path = tmp_path / "list.csv"

    def sent(text: str, *options: str, code: int = 0) -> str:
        path.write_text(text)
        said, ended = run_command("import", str(path), *options, data_dir=data_dir, **at)
        assert ended == code, said
        assert "Traceback" not in said
        assert key not in said
        return said

    with command("serve", "--port", port, data_dir=data_dir) as service:
        wait_for_line(service, "Commonground is at")
        tried = sent(LIST + "x,few\n", "--dry-run")
        assert "tried, nothing was changed" in tried
        assert "11 rows: 10 new, 1 refused" in tried
        assert "10 can be matched by a domain" in tried
        assert "too_few_fields (lines 12)" in tried
        assert "Orchid Bakery 0" in tried
        rejected = tmp_path / "rejected.csv"
        done = sent(LIST + "x,few\n", "--rejected", str(rejected))
        assert "is live" in done
        assert "refused rows written to" in done
        mended = rejected.read_text().replace("x,few,,", "x,Few Bakery,few.com,Customer")
        assert "1 row: 1 new" in sent(mended)
        held = sent(HEADER + "1,Orchid Bakery 1,orchid1.com,Customer\n", "--mode", "replace", code=3)
        assert "is held until somebody confirms it" in held
        assert "10 of 11 records" in held
        gone = sent(HEADER + "1,Orchid Bakery 1,orchid1.com,Customer\n", "--mode", "replace", "--confirm")
        assert "10 removed" in gone
        deals = "Opportunity ID,Opportunity Name,Account ID,Stage,Amount\n7,Ovens,1,Proposal,EUR 1200\n"
        assert "1 row: 1 new" in sent(deals, "--records", "opportunities")
        assert "was refused, nothing was kept" in sent("\x89PNG\r\n\x1a\n", code=1)
        del at["COMMONGROUND_API_KEY"]
        assert "COMMONGROUND_API_KEY" in sent(LIST, code=2)
