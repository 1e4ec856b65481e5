"""Further domains and names of an account meet as its own do, as long as it has them."""

from typing import Any

import httpx
import polars as pl
import pytest

from service.linking.local import match_locally
from service.linking.prepare import prepare
from service.overlaps.models import OverlapStatus
from service.overlaps.reading import Page
from tests.domain.imports.support import fetch, imported
from tests.domain.imports.test_account_values import undone
from tests.factories.world import Pair, company_list

HEADER = "Account ID,Company,Website,Alias Domains,Former Names\n"
CROWD = 20


def listed(
    *, lacking: int = 0, domains: str = "brightmoss.de; gmail.com", names: str = "Kestrel Fasteners AG"
) -> str:
    """Two companies with aliases, and a crowd that has one domain as an alias but for the first `lacking`."""
    crowd = (
        f"c{n},Quarry {n} Holding,quarry{n}.com,{'' if n < lacking else 'quarry-group.com'},\n" for n in range(CROWD)
    )  # fmt: skip
    return (
        HEADER
        + f"1,Oakridge Logistics,oakridge.com,{domains},\n2,Vantor Tooling,,,{names}\n"
        + "".join(crowd)
    )


async def met(pair: Pair, *wanted: OverlapStatus) -> set[str]:
    """External ids of the left accounts in overlaps that the left is told of, once every job is done."""
    await pair.world.work()
    told = await pair.world.told(pair.left, pair.partnership, Page(status=wanted) if wanted else Page())
    rows = await fetch(pair.world, pair.left, "SELECT id, external_id FROM account")
    return {row["external_id"] for row in rows if row["id"] in {one["account_id"] for one in told}}


async def found(client: httpx.AsyncClient, pair: Pair, domain: str) -> list[Any]:
    answer = await client.get("/v1/lookup", params={"domain": domain}, headers=pair.left.headers)
    return [one["external_id"] for one in answer.json()["items"]]


async def test_accounts_meet_by_aliases_and_no_longer_than_they_have_them(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    theirs = company_list(
        ("Brightmoss", "www.brightmoss.de"), ("Kestrel Fasteners", "kestrel.com"), ("Quarry Group", "quarry-group.com")
    )  # fmt: skip
    await imported(pair.world, pair.right, theirs, population="customers")
    record = await imported(pair.world, pair.left, listed(), population="customers")
    assert record.report is not None
    assert "'gmail.com' is no domain of a company of its own" in record.report["warnings"][-1]
    stored = (
        "SELECT alias_domains, alias_names FROM account WHERE external_id IN ('1', '2') ORDER BY external_id"
    )
    assert [tuple(row.values()) for row in await fetch(pair.world, pair.left, stored)] == [
        (["brightmoss.de"], None), (None, ["Kestrel Fasteners AG"]),
    ]  # fmt: skip
    assert await met(pair) == {"1", "2"}
    assert await found(client, pair, "brightmoss.de") == ["1"]
    assert await found(client, pair, "oakridge.com") == ["1"]
    [shown] = (
        await client.get("/v1/accounts", params={"domain": "brightmoss.de"}, headers=pair.left.headers)
    ).json()["items"]
    assert (shown["alias_domains"], shown["alias_names"]) == (["brightmoss.de"], [])

    # Fifteen who are left are no crowd any more, though their names differ; and an alias that is gone meets nobody.
    change = await imported(pair.world, pair.left, listed(lacking=5, domains="", names=""), population="customers")  # fmt: skip
    assert change.updated == 7
    assert await met(pair, OverlapStatus.REVIEW) == {f"c{n}" for n in range(5, CROWD)}
    assert await met(pair) == set()
    assert await found(client, pair, "brightmoss.de") == []
    await undone(pair, change)
    assert await met(pair) == {"1", "2"}
    assert await found(client, pair, "brightmoss.de") == ["1"]
    # A list without such columns takes nothing away; one that has them takes the token of a name away.
    await imported(
        pair.world, pair.left, "Account ID,Company\n1,Oakridge Logistics\n", population="customers"
    )
    assert await found(client, pair, "brightmoss.de") == ["1"]
    newest = "SELECT tokens FROM token_change ORDER BY number DESC LIMIT 1"
    await pair.world.work()
    [before] = await fetch(pair.world, pair.left, newest)
    await imported(pair.world, pair.left, listed(names=""), population="customers")
    await pair.world.work()
    [after] = await fetch(pair.world, pair.left, newest)
    assert after["tokens"] == before["tokens"] - 1


@pytest.mark.parametrize("column", ["alias_domains", "alias_names"])
def test_two_lists_meet_by_aliases_on_the_spot(column: str) -> None:
    mine = pl.DataFrame({"name": ["Oakridge Logistics"], column: ["brightmoss.de; Brightmoss Fasteners"]})
    theirs = pl.DataFrame({"name": ["Brightmoss Fasteners GmbH"], "website": ["https://brightmoss.de"]})
    assert match_locally(prepare(mine), prepare(theirs)).pairs.height == 1
    assert not match_locally(prepare(mine.drop(column)), prepare(theirs)).pairs.height
