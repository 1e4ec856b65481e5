"""Whose word on where a request came from is taken, by a real service over real sockets."""

from pathlib import Path

import httpx

from tests.support.processes import command, wait_for_line
from tests.support.servers import OwnDatabase

PROXY, STRANGER = "127.0.0.2", "127.0.0.3"
READY = "Commonground is at"


def guesses(where: str, sender: str) -> list[int]:
    """Wrong passwords for one person, each said to come from another network."""
    statuses = []
    with httpx.Client(transport=httpx.HTTPTransport(local_address=sender), base_url=where) as client:
        for n in range(8):
            answer = client.post(
                "/v1/sessions",
                json={"email": f"ada-{sender}@example.com", "password": "wrong wrong wrong"},
                headers={"X-Forwarded-For": f"198.51.100.{n}"},
            )
            statuses.append(answer.status_code)
    return statuses


async def test_a_named_proxy_tells_where_people_are_and_nobody_else_does(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    settings = own_database.environment() | {"COMMONGROUND_TRUSTED_PROXIES": PROXY}
    with command("serve", "--port", "0", data_dir=tmp_path / "data", **settings) as process:
        where = wait_for_line(process, READY).split(READY)[1].split(",", maxsplit=1)[0].strip()
        assert guesses(where, PROXY) == [401] * 8
        assert guesses(where, STRANGER) == [401] * 6 + [429] * 2
        assert guesses(where, "127.0.0.1")[-1] == 429, "it is named no more"
