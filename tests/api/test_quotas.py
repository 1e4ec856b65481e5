"""What an organization may have at most, over HTTP."""

import httpx

from service.organizations.standing import Quota, set_quotas
from tests.factories.world import Pair


async def test_an_upload_over_the_quota_is_refused_and_says_how_much_there_may_be(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    async with pair.world.database.tenant(pair.left.id) as session:
        await set_quotas(session, pair.world.clock, {Quota.UPLOAD_BYTES: 20})
    fits = await client.post("/v1/imports", content=b"Company\nBrook\n", headers=pair.left.headers)
    assert fits.status_code == 202
    refused = await client.post("/v1/imports", content=b"Company\nHarbour\n", headers=pair.left.headers)
    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:commonground:problem:quota-exceeded"
    assert "20 bytes of uploads" in refused.json()["detail"]
    other = await client.post("/v1/imports", content=b"Company\nHarbour\n", headers=pair.right.headers)
    assert other.status_code == 202
