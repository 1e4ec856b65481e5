"""Contacts from a file: at their account, sealed everywhere, found again, undone, erased."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from service.accounts.contacts import Contacts, erase
from service.accounts.errors import UnknownContactError
from service.accounts.models import SEALED_CONTACT, SEALED_PAST
from service.crypto import DataKeys
from service.db.sealed import owner_of, reseal, sealed_versions
from service.imports.models import Import, ImportKind, ImportMode
from service.imports.operations import roll_back
from tests.domain.imports.support import FIRST, counts, fetch, one
from tests.factories.world import Pair

HEADER = "Contact ID,First Name,Last Name,Email,Phone,Mobile,LinkedIn,Title,Account ID,Account Name\n"
ANNA = "c1,Annegret,Quellmann,a.quellmann@siemens.com,+49 30 777123,+49 170 5556,linkedin.com/in/quellmann,CTO,1,Siemens AG\n"
BEN = ",Benedikt,Torfstein,b.torfstein@bosch.com,,,,Buyer,,\n"
SECRETS = ("Annegret", "Quellmann", "quellmann", "777123", "Benedikt", "Torfstein", "torfstein")


async def brought(pair: Pair, text: str, **how: Any) -> Import:
    how = {"kind": ImportKind.CONTACTS, "population": None, **how}
    import_id = await pair.world.upload(pair.left, text, **how)
    await pair.world.work()
    return await one(pair.world, pair.left, import_id)


async def people(pair: Pair) -> dict[str, dict[str, Any]]:
    async with pair.world.database.tenant_read(pair.left.id) as session:
        rows = await Contacts(session, pair.world.keystore).page({}, limit=100)
    return {row["last_name"]: row for row in rows}


async def stored(driver: asyncpg.Connection) -> str:
    """Everything that the database holds, as text; bytes as they would be read."""
    tables = await driver.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    texts = []
    for [table] in tables:
        for row in await driver.fetch(f'SELECT * FROM "{table}"'):
            texts += [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in row.values()]
    return "\n".join(texts)


async def test_people_are_at_their_accounts_and_nothing_of_them_is_readable(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    await brought(pair, FIRST, kind=ImportKind.ACCOUNTS)
    record = await brought(pair, HEADER + ANNA + BEN)
    assert counts(record) == (2, 0, 0, 0, 0)
    ids = {
        row["external_id"]: row["id"]
        for row in await fetch(pair.world, pair.left, "SELECT id, external_id FROM account")
    }
    found = await people(pair)
    assert (found["Quellmann"]["account_id"], found["Torfstein"]["account_id"]) == (ids["1"], ids["2"])
    assert found["Quellmann"]["email"] == "a.quellmann@siemens.com"
    assert (found["Quellmann"]["phone"], found["Quellmann"]["title"]) == ("+49 30 777123", "CTO")
    await brought(pair, HEADER + ANNA.replace("CTO", "CEO").replace("777123", "777999") + BEN + BEN + "x\n")
    await brought(pair, HEADER + ANNA, dry_run=True)
    text = await stored(superuser)
    assert "CEO" in text
    assert [secret for secret in (*SECRETS, "777999") if secret in text] == []


async def test_a_person_is_found_again_by_id_or_address_and_only_changes_are_written(pair: Pair) -> None:
    await brought(pair, HEADER + ANNA + BEN)
    changed = ANNA.replace("+49 30 777123", "+49 30 1") + BEN.replace("b.torfstein", "B.Torfstein")
    assert counts(await brought(pair, HEADER + changed)) == (0, 2, 0, 0, 0)
    assert counts(await brought(pair, HEADER + changed + "\n")) == (0, 0, 2, 0, 0)
    assert (await people(pair))["Quellmann"]["phone"] == "+49 30 1"
    assert counts(await brought(pair, "Contact ID,Email,Title\nc1,a.quellmann@siemens.com,CFO\n")) == (
        0,
        1,
        0,
        0,
        0,
    )
    anna = (await people(pair))["Quellmann"]
    assert (anna["title"], anna["first_name"], anna["phone"]) == ("CFO", "Annegret", "+49 30 1")


async def test_a_refused_row_of_a_person_says_where_and_why_and_not_what(pair: Pair) -> None:
    record = await brought(pair, HEADER + ANNA + ANNA + "too,few,Quellmann\n")
    assert counts(record) == (1, 0, 0, 0, 2)
    errors = await fetch(
        pair.world, pair.left, "SELECT line, reason, message, text FROM import_error ORDER BY line"
    )
    assert [(e["line"], e["reason"], e["text"]) for e in errors] == [
        (3, "duplicate_in_file", ""),
        (4, "too_few_fields", ""),
    ]
    assert await fetch(pair.world, pair.left, "SELECT id FROM import_reject") == []


async def test_an_undone_import_gives_people_back_as_they_were(pair: Pair) -> None:
    await brought(pair, HEADER + ANNA + BEN)
    before = await people(pair)
    record = await brought(pair, HEADER + ANNA.replace("Quellmann", "Brunnen"), mode=ImportMode.REPLACE)
    assert counts(record) == (0, 1, 0, 1, 0)
    async with pair.world.database.tenant(pair.left.id) as session:
        await roll_back(session, pair.world.clock, pair.world.ids, record.id)
    await pair.world.work()
    after = await people(pair)
    told = ("first_name", "email", "phone", "title")
    assert {n: [p[t] for t in told] for n, p in after.items()} == {
        n: [p[t] for t in told] for n, p in before.items()
    }


async def test_an_erased_person_is_gone_with_all_that_was_known_of_them(pair: Pair) -> None:
    await brought(pair, HEADER + ANNA + BEN)
    record = await brought(pair, HEADER + ANNA.replace("CTO", "CEO"), mode=ImportMode.REPLACE, confirmed=True)
    assert counts(record) == (0, 1, 0, 1, 0)
    past = {
        r["change"]: r["record_id"]
        for r in await fetch(pair.world, pair.left, "SELECT change, record_id FROM record_history")
    }
    for contact_id in past.values():  # one is there still, the other in the history alone
        async with pair.world.database.tenant(pair.left.id) as session:
            await erase(session, pair.world.clock, contact_id)
        with pytest.raises(UnknownContactError):
            async with pair.world.database.tenant(pair.left.id) as session:
                await erase(session, pair.world.clock, contact_id)
    assert await people(pair) == {}
    assert await fetch(pair.world, pair.left, "SELECT 1 FROM record_history") == []
    async with pair.world.database.tenant(pair.left.id) as session:
        await roll_back(session, pair.world.clock, pair.world.ids, record.id)
    await pair.world.work()
    assert await people(pair) == {}


async def test_a_new_data_key_seals_people_again_and_what_they_were(pair: Pair) -> None:
    await brought(pair, HEADER + ANNA + BEN)
    await brought(pair, HEADER + ANNA.replace("CTO", "CEO") + BEN)
    await brought(pair, HEADER + ANNA.replace("CTO", "COO") + BEN)
    before = await people(pair)
    newest = DataKeys(pair.world.keystore, str(pair.left.id)).rotate(datetime(2026, 11, 22, tzinfo=UTC))
    async with pair.world.database.tenant(pair.left.id) as session:
        keys = DataKeys(pair.world.keystore, owner_of(session))
        for column, rows in ((SEALED_CONTACT, 2), (SEALED_PAST, 2)):
            assert await reseal(session, column, keys) == rows
            assert await sealed_versions(session, column) == {newest}
    assert await people(pair) == before


@pytest.mark.parametrize(
    ("text", "code", "columns"),
    [(ANNA + BEN, "no_key_column", None), (ANNA + BEN, "unknown_header", {"email": "E-mail address"})],
)
async def test_a_list_of_people_without_a_header_leaves_nothing_of_its_first_row(
    pair: Pair, superuser: asyncpg.Connection, text: str, code: str, columns: dict[str, str] | None
) -> None:
    record = await brought(pair, text, columns=columns)
    assert record.problem is not None
    assert (record.problem["code"], "Its words aren't kept" in record.problem["message"]) == (code, True)
    said = await stored(superuser)
    assert [secret for secret in SECRETS if secret in said] == []


async def test_people_that_get_external_ids_later_are_the_same_people(pair: Pair) -> None:
    await brought(pair, HEADER + ANNA + BEN)
    before = await people(pair)
    named = "b7" + BEN
    record = await brought(pair, HEADER + ANNA + named, mode=ImportMode.REPLACE)
    assert counts(record) == (0, 1, 1, 0, 0)
    after = await people(pair)
    assert {name: row["id"] for name, row in after.items()} == {
        name: row["id"] for name, row in before.items()
    }
    assert after["Torfstein"]["external_id"] == "b7"
    twice = await brought(pair, HEADER + "c9" + BEN.replace("Torfstein", "Torf") + "c8" + BEN)
    assert counts(twice) == (2, 0, 0, 0, 0)
