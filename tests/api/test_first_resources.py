"""The resources of the first overlap, over HTTP."""

import gzip

import httpx

from tests.factories.world import Pair, company_list

LEFT = company_list(
    ("Siemens AG", "https://www.siemens.com", "Germany"), ("Orchid Bakery", "orchidbakery.com", "France")
)
RIGHT = company_list(("Siemens", "siemens.com/de", "DE"), ("Walnut Press", "walnutpress.com", "Spain"))


async def upload(
    client: httpx.AsyncClient, headers: dict[str, str], content: bytes, **query: str
) -> httpx.Response:
    return await client.post("/v1/imports", params=query, content=content, headers=headers)


async def both(client: httpx.AsyncClient, pair: Pair) -> None:
    for member, text in ((pair.left, LEFT), (pair.right, RIGHT)):
        answer = await upload(
            client, member.headers, text.encode(), population="customers", filename="list.csv"
        )
        assert answer.status_code == 202
    await pair.world.work()


async def test_an_upload_is_accepted_read_and_counted(client: httpx.AsyncClient, pair: Pair) -> None:
    accepted = await upload(client, pair.left.headers, gzip.compress(LEFT.encode()), population="customers")
    assert (accepted.status_code, accepted.json()["status"]) == (202, "received")
    await pair.world.work()
    found = (await client.get(f"/v1/imports/{accepted.json()['id']}", headers=pair.left.headers)).json()
    assert found["status"] == "completed"
    assert found["counts"] == {
        "rows_read": 2,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "removed": 0,
        "rejected": 0,
        "skipped": 0,
    }
    assert (found["report"]["encoding"], found["report"]["compression"]) == ("utf-8", "gzip")
    assert found["report"]["mapping"] == {"name": "Company", "website": "Website", "country": "Country"}


async def test_refused_rows_are_counted_and_listed_with_line_and_mend(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    text = LEFT + "only one field\n" + "Siemens AG,https://www.siemens.com,Germany\n"
    accepted = await upload(client, pair.left.headers, text.encode(), population="customers")
    await pair.world.work()
    path = f"/v1/imports/{accepted.json()['id']}"
    counts = (await client.get(path, headers=pair.left.headers)).json()["counts"]
    assert (counts["rows_read"], counts["created"], counts["rejected"]) == (4, 2, 2)
    errors = (await client.get(path + "/errors", headers=pair.left.headers)).json()["items"]
    assert [(e["row"], e["line"], e["reason"]) for e in errors] == [
        (3, 4, "too_few_fields"),
        (4, 5, "duplicate_in_file"),
    ]
    assert "external id" in errors[1]["message"]


async def test_errors_are_paged_by_row(client: httpx.AsyncClient, pair: Pair) -> None:
    accepted = await upload(client, pair.left.headers, (LEFT + "x\n" * 5).encode())
    await pair.world.work()
    path, rows, cursor = f"/v1/imports/{accepted.json()['id']}/errors", [], None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(path, params=query, headers=pair.left.headers)).json()
        rows += [e["row"] for e in page["items"]]
        if not page["has_more"]:
            break
        cursor = page["next_cursor"]
    assert rows == [3, 4, 5, 6, 7]


async def test_a_file_that_cannot_be_read_fails_whole_and_says_how_to_mend_it(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    accepted = await upload(client, pair.left.headers, b'Company,Website\nA,"never closed\nB,b.com\n')
    await pair.world.work()
    found = (await client.get(f"/v1/imports/{accepted.json()['id']}", headers=pair.left.headers)).json()
    assert found["status"] == "failed"
    assert found["problem"]["code"] == "unclosed_quote"
    assert "line 2" in found["problem"]["message"]
    assert (await client.get("/v1/accounts", headers=pair.left.headers)).json()["items"] == []


async def test_an_empty_body_is_a_problem(client: httpx.AsyncClient, pair: Pair) -> None:
    answer = await upload(client, pair.left.headers, b"")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:commonground:problem:empty-upload"


async def test_a_body_over_the_limit_is_refused_and_leaves_nothing(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    answer = await upload(client, pair.left.headers, b"x" * (pair.world.spool.limit + 1))
    assert answer.status_code == 413
    assert not pair.world.spool.folder.exists() or list(pair.world.spool.folder.iterdir()) == []


async def test_the_mapping_may_be_settled_by_the_uploader(client: httpx.AsyncClient, pair: Pair) -> None:
    text = b"Alpha,Beta\nSiemens AG,siemens.com\n"
    accepted = await upload(client, pair.left.headers, text, columns='{"name": "Alpha", "website": "Beta"}')
    await pair.world.work()
    items = (await client.get("/v1/accounts", headers=pair.left.headers)).json()["items"]
    assert accepted.status_code == 202
    assert [(a["name"], a["domain"]) for a in items] == [("Siemens AG", "siemens.com")]


async def test_an_unknown_field_in_the_mapping_is_named(client: httpx.AsyncClient, pair: Pair) -> None:
    answer = await upload(client, pair.left.headers, LEFT.encode(), columns='{"nmae": "Company"}')
    assert answer.status_code == 422
    assert "nmae" in answer.json()["detail"]


async def test_accounts_are_paged_and_each_is_seen_once(client: httpx.AsyncClient, pair: Pair) -> None:
    rows = [(f"Company {i:03}", f"company{i:03}.com") for i in range(25)]
    await upload(client, pair.left.headers, company_list(*rows).encode(), population="prospects")
    await pair.world.work()
    seen, cursor = [], None
    while True:
        query = {"limit": "10"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/accounts", params=query, headers=pair.left.headers)).json()
        seen += [a["name"] for a in page["items"]]
        if not page["has_more"]:
            break
        cursor = page["next_cursor"]
    assert seen == [name for name, _ in rows]


async def test_populations_count_their_accounts(client: httpx.AsyncClient, pair: Pair) -> None:
    text = company_list(("A", "a-one.com"), ("B", "b-two.com"), status="Open Opportunity")
    await upload(client, pair.left.headers, text.encode())
    await pair.world.work()
    items = (await client.get("/v1/populations", headers=pair.left.headers)).json()["items"]
    assert [(p["slug"], p["accounts"]) for p in items] == [
        ("customers", 0),
        ("open_opportunities", 2),
        ("prospects", 0),
    ]


async def test_an_overlap_is_listed_explained_and_fetched(client: httpx.AsyncClient, pair: Pair) -> None:
    await both(client, pair)
    query = {"partnership": str(pair.partnership.id)}
    [overlap] = (await client.get("/v1/overlaps", params=query, headers=pair.left.headers)).json()["items"]
    assert overlap["account"]["name"] == "Siemens AG"
    assert overlap["partner_account"]["fields"]["name"] == "Siemens"
    assert overlap["partner_account"]["populations"] == ["customers"]
    assert "domain" in overlap["rules"]
    bits = sum(term["bits"] for term in overlap["explanation"])
    assert abs(overlap["confidence"] - 1 / (1 + 2**-bits)) < 1e-4
    one = await client.get(f"/v1/overlaps/{overlap['id']}", params=query, headers=pair.left.headers)
    assert one.json() == overlap


async def test_overlaps_filter_by_both_sides_populations(client: httpx.AsyncClient, pair: Pair) -> None:
    await both(client, pair)
    query = {"partnership": str(pair.partnership.id)}
    for name, expected in (("customers", 1), ("prospects", 0)):
        for side in ("population", "partner_population"):
            answer = await client.get("/v1/overlaps", params=query | {side: name}, headers=pair.left.headers)
            assert len(answer.json()["items"]) == expected


async def test_the_matrix_has_a_cell_for_each_pair_of_populations(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await both(client, pair)
    query = {"partnership": str(pair.partnership.id)}
    found = (await client.get("/v1/reports/matrix", params=query, headers=pair.left.headers)).json()
    assert len(found["cells"]) == 9
    assert found["total"] == {
        "pairs": 1, "accounts": 1, "partner_accounts": 1, "companies": 1,
        "in_words": "Your 1 account meets 1 of theirs in 1 pair: 1 distinct company, each with one account on either side.",
    }  # fmt: skip
    assert found["cells"][0]["counts"] == found["total"]


async def test_a_rule_is_set_read_by_both_and_holds_at_once(client: httpx.AsyncClient, pair: Pair) -> None:
    await both(client, pair)
    path = f"/v1/partnerships/{pair.partnership.id}/sharing-rules"
    answer = await client.put(path + "/customers", json={"level": "matched"}, headers=pair.right.headers)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    seen = (await client.get(path, headers=pair.left.headers)).json()
    assert {r["population"]: r["level"] for r in seen["partner"]}["customers"] == "matched"
    query = {"partnership": str(pair.partnership.id)}
    assert (await client.get("/v1/overlaps", params=query, headers=pair.left.headers)).json()["items"] == []


async def test_counts_only_is_refused_until_it_can_be_kept(client: httpx.AsyncClient, pair: Pair) -> None:
    path = f"/v1/partnerships/{pair.partnership.id}/sharing-rules/customers"
    answer = await client.put(path, json={"level": "counts_only"}, headers=pair.left.headers)
    assert answer.json()["type"] == "urn:commonground:problem:level-not-offered"


async def test_both_sides_read_the_same_safety_number(client: httpx.AsyncClient, pair: Pair) -> None:
    path = f"/v1/partnerships/{pair.partnership.id}"
    numbers = {
        (await client.get(path, headers=m.headers)).json()["safety_number"] for m in (pair.left, pair.right)
    }
    assert len(numbers) == 1
    assert len(numbers.pop().split()) == 12


async def test_health_needs_no_key(client: httpx.AsyncClient) -> None:
    for path in ("/livez", "/readyz"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_request_id_goes_in_and_out(client: httpx.AsyncClient) -> None:
    given = await client.get("/livez", headers={"X-Request-Id": "abcdefgh-1"})
    made = await client.get("/livez", headers={"X-Request-Id": "<script>"})
    assert given.headers["x-request-id"] == "abcdefgh-1"
    assert len(made.headers["x-request-id"]) == 36
