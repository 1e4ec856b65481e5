"""What others do moves no number of one's own, and a partner sees what was allowed and no column more."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import FastAPI

from service.partnerships.rules import PRESET_FIELDS
from tests.api.isolation.walking import TELLS_OF_ITSELF, Walk
from tests.factories.world import company_list
from tests.support.walk import described, said_by

VOLATILE = {"next_cursor", "last_used_at", "last_seen_at"}

OF_A_PARTNER: dict[str, set[str]] = {
    "PartnerOut": {"id", "name", "handle", "mode"},
    "PartnerAccount": {"fields", "populations"},
    "RuleOut": {
        "population", "population_name", "level", "preset", "fields", "version", "ends_at", "changed_at",
    },
}  # fmt: skip
"""Every schema that carries what is a partner's, and all that it may say. Add here what a partner is meant to see."""

SHOWN_FIELDS = {"name", "website", "country", "city", "industry", "owner", "employees", "revenue", "status"}


def settled(value: Any) -> Any:
    """A body without what differs between two answers to one question."""
    if isinstance(value, Mapping):
        return {name: settled(one) for name, one in value.items() if name not in VOLATILE}
    return [settled(one) for one in value] if isinstance(value, list) else value


async def numbers(walk: Walk) -> dict[str, list[Any]]:
    answers = await walk.own_answers()
    return {name: [settled(said_by(one)[2]) for one in given] for name, given in answers.items()}


async def test_a_thousand_accounts_of_others_change_no_number(walk: Walk) -> None:
    before = await numbers(walk)
    again = await numbers(walk)
    assert {name for name in before if before[name] != again[name]} <= TELLS_OF_ITSELF
    for index, member in enumerate((walk.theirs.pair.left, walk.theirs.pair.right)):
        rows = [(f"Foreign {index} {i}", f"foreign-{index}-{i}.com") for i in range(1000)]
        await walk.mine.pair.world.upload(member, company_list(*rows))
    await walk.mine.pair.world.work()
    after = await numbers(walk)
    assert {name for name in again if again[name] != after[name]} <= TELLS_OF_ITSELF


async def test_what_partners_may_see_is_written_down(app: FastAPI) -> None:
    components = app.openapi()["components"]["schemas"]
    found = {
        name: set(components[name]["properties"])
        for schema in components.values()
        for field, said in schema.get("properties", {}).items()
        if field == "partner" or field.startswith("partner_")
        for name in references(said)
        if "properties" in components[name]
    }
    assert found == OF_A_PARTNER
    assert {field for preset in PRESET_FIELDS.values() for field in preset} == SHOWN_FIELDS


def references(schema: Any) -> set[str]:
    """Names of the schemas that one points to."""
    if isinstance(schema, Mapping):
        own = {str(schema["$ref"]).rpartition("/")[2]} if "$ref" in schema else set()
        return own.union(*(references(one) for one in schema.values()))
    return set().union(*(references(one) for one in schema)) if isinstance(schema, list) else set()


async def test_a_new_column_is_shown_to_nobody_until_it_is_allowed(walk: Walk) -> None:
    for table in walk.tables:
        await walk.superuser.execute(
            f"ALTER TABLE {table.quoted} ADD COLUMN novel text DEFAULT 'Novel Column'"
        )
    await walk.superuser.execute(
        """UPDATE shared_record SET fields = fields || '{"novel": "Novel Field", "email": "novel@field.example"}'"""
    )
    for member in (walk.mine.pair.left, walk.mine.pair.right):
        scene = replace(walk.mine, pair=replace(walk.mine.pair, left=member))
        answers = await replace(walk, mine=scene).own_answers()
        told = "".join(answer.text for given in answers.values() for answer in given)
        assert "siemens.com" in told
        assert "Siemens" in told
        assert "novel" not in told.lower()
    assert not walk.broken


def test_every_list_is_walked(app: FastAPI) -> None:
    """A list that the walk takes for something else would be read without its filters and pages."""
    lists = {one.name for one in described(app) if one.is_list}
    assert {"list_accounts", "list_imports", "list_overlaps", "list_partnerships"} <= lists
    assert {one.name for one in described(app) if one.name.startswith("list_")} - lists <= {
        "list_sharing_rules"
    }
