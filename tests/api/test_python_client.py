"""The Python client against the API itself."""

import httpx
import pytest
from commonground_client import AsyncClient, ImportFailedError, InvalidError, UnauthorizedError
from commonground_client.models import OverlapStatus, RuleIn, SharingLevel

from tests.factories.world import Pair, company_list

LIST = company_list(("Siemens AG", "siemens.com"), ("Nokia Oyj", "nokia.com"), ("Orsted A/S", "orsted.com"))


@pytest.fixture
async def ground(client: httpx.AsyncClient, pair: Pair) -> AsyncClient:
    """The client of the left side; waiting lets the worker work."""

    async def work(_: float) -> None:
        await pair.world.work()

    return AsyncClient("http://test", pair.left.key, http=client, sleep=work)


async def test_client_goes_from_a_list_to_its_overlaps(ground: AsyncClient, pair: Pair) -> None:
    await pair.world.upload(pair.right, LIST)
    done = await ground.upload_list((LIST + "x\n").encode(), population="customers")
    await pair.world.work()
    assert done.counts is not None
    assert (done.counts.created, done.counts.rejected) == (3, 1)
    assert [error.row async for error in ground.iter_import_errors(done.id)] == [4]
    found = [one async for one in ground.iter_overlaps(partnership=pair.partnership.id, limit=2)]
    assert sorted(str(one.account.name) for one in found) == ["Nokia Oyj", "Orsted A/S", "Siemens AG"]
    assert {one.status for one in found} == {OverlapStatus.AUTO}
    assert (await ground.get_overlap(found[0].id, partnership=pair.partnership.id)).explanation
    assert (await ground.get_overlap_matrix(partnership=pair.partnership.id)).total.companies == 3


async def test_rule_is_changed_and_read_back(ground: AsyncClient, pair: Pair) -> None:
    await ground.put_sharing_rule(pair.partnership.id, "customers", RuleIn(level=SharingLevel.MATCHED))
    rules = await ground.list_sharing_rules(pair.partnership.id)
    assert {rule.population: rule.level for rule in rules.own}["customers"] is SharingLevel.MATCHED


async def test_file_that_is_none_is_an_error_with_its_code(ground: AsyncClient) -> None:
    with pytest.raises(ImportFailedError) as raised:
        await ground.upload_list(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    assert raised.value.code == "not_text"


async def test_refusals_of_the_service_come_as_exceptions(
    ground: AsyncClient, client: httpx.AsyncClient
) -> None:
    with pytest.raises(InvalidError) as raised:
        await ground.list_accounts(limit=0)
    assert raised.value.errors[0].where == "query.limit"
    assert raised.value.request_id
    with pytest.raises(UnauthorizedError):
        await AsyncClient("http://test", "nonsense", http=client).list_accounts()
