"""Owners of accounts over the API: each side says how far up it looks, and lists and reports are asked for a level."""

import httpx

from tests.factories.world import Pair

LEFT = "Account ID,Company,Website,Parent ID\n1,Orchid Energy,orchidenergy.com,2\n2,Malachit Holding,malachit.com,\n3,Kestrel,kestrel.com,\n"
RIGHT = "Company,Website,Parent Website\nHarbour Foods,harbour.com,malachit.com\nKestrel,kestrel.com,\n"
PROBLEM = "urn:commonground:problem:"


async def test_owners_are_looked_at_from_when_both_sides_say_so_until_one_no_longer_does(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    path, here = (
        f"/v1/partnerships/{pair.partnership.id}/hierarchy",
        {"partnership": str(pair.partnership.id)},
    )
    up = here | {"level": "same_parent"}
    for member, text in ((pair.left, LEFT), (pair.right, RIGHT)):
        await pair.world.upload(member, text)
    first = await client.get(path, headers=pair.left.headers)
    assert first.json() == {"own": "same_company", "partner": "same_company", "level": "same_company"}

    refused = await client.get("/v1/overlaps", params=up, headers=pair.left.headers)
    assert (refused.status_code, refused.json()["type"]) == (422, PROBLEM + "invalid-parameter")
    assert f"PUT {path}" in refused.json()["detail"]

    said = await client.put(
        path, json={"level": "same_parent"}, headers=pair.left.headers | {"If-Match": first.headers["ETag"]}
    )
    assert said.json() == {"own": "same_parent", "partner": "same_company", "level": "same_company"}
    stale = await client.put(
        path, json={"level": "same_company"}, headers=pair.left.headers | {"If-Match": first.headers["ETag"]}
    )
    assert stale.status_code == 412
    await client.put(path, json={"level": "same_ultimate_parent"}, headers=pair.right.headers)
    seen = (await client.get(path, headers=pair.left.headers)).json()
    assert seen == {"own": "same_parent", "partner": "same_ultimate_parent", "level": "same_parent"}
    await pair.world.work()

    plain = (await client.get("/v1/overlaps", params=here, headers=pair.left.headers)).json()["items"]
    assert [(o["account"]["name"], o["level"]) for o in plain] == [("Kestrel", "same_company")]
    found = (await client.get("/v1/overlaps", params=up, headers=pair.left.headers)).json()["items"]
    assert {(o["account"]["name"], o["partner_account"]["fields"]["name"], o["level"]) for o in found} == {
        ("Kestrel", "Kestrel", "same_company"), ("Orchid Energy", "Harbour Foods", "same_parent"),
        ("Malachit Holding", "Harbour Foods", "same_parent"),
    }  # fmt: skip
    related = next(o for o in found if o["level"] == "same_parent")
    assert related["rules"] == ["domain"]
    assert set(related["evidence"].values()) == {"unknown"}
    assert [term["sentence"] for term in related["explanation"]] == [
        "Before looking, two accounts rarely belong to one parent company.",
        "The parent company of one account, and the other account or its parent, have the same web domain.",
    ]
    one = f"/v1/overlaps/{related['id']}"
    assert (await client.get(one, params=here, headers=pair.left.headers)).json() == related
    assert (await client.get(one, params=here, headers=pair.right.headers)).json()["level"] == "same_parent"

    for what, body in (("decisions", {"decision": "reject"}), ("comments", {"text": "Theirs?"})):
        answer = await client.post(f"{one}/{what}", params=here, json=body, headers=pair.left.headers)
        assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "decision-refused")
        assert "of one owner (`same_parent`)" in answer.json()["detail"]

    totals = []
    for member in (pair.left, pair.right):
        report = (await client.get("/v1/reports/matrix", params=up, headers=member.headers)).json()
        assert (report["level"], report["pairs_by_level"]) == (
            "same_parent",
            {"same_company": 1, "same_parent": 2},
        )
        totals.append(report["total"])
    assert [t["companies"] for t in totals] == [2, 2]
    assert totals[0]["accounts"] == totals[1]["partner_accounts"] == 3
    assert "because 1 corporate family has 2 accounts in your list." in totals[0]["in_words"]

    for wrong in ({"status": "review"}, {"level": "same_ultimate_parent"}):
        answer = await client.get("/v1/overlaps", params=up | wrong, headers=pair.left.headers)
        assert (answer.status_code, answer.json()["type"]) == (422, PROBLEM + "invalid-parameter")

    await client.put(path, json={"level": "same_company"}, headers=pair.right.headers)
    assert (await client.get(one, params=here, headers=pair.left.headers)).status_code == 404
    assert (await client.get("/v1/overlaps", params=up, headers=pair.left.headers)).status_code == 422
    plain_again = (await client.get("/v1/overlaps", params=here, headers=pair.left.headers)).json()["items"]
    assert plain_again == plain
