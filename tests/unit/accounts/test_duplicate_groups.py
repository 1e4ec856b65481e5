"""Pairs of one list → groups: sure ones hold together, doubtful ones stay two."""

import json

import polars as pl
import pytest

from service.accounts.duplicates import finding
from service.accounts.duplicates.finding import Listing, groups_of
from service.matching.kinds import Attribute
from service.matching.score import evidence_column

NONE_DISMISSED = pl.DataFrame(schema={"left": pl.String, "right": pl.String})


def pairs(*rows: tuple[str, str, float]) -> pl.DataFrame:
    """Sure from 0.9 on, surest first."""
    frame = pl.DataFrame(rows, schema=["left", "right", "confidence"], orient="row")
    return frame.with_columns(
        pl.lit(1.0).alias("weight"), pl.lit("domain+name").alias("rules"),
        *(pl.lit(0, pl.Int8).alias(evidence_column(a)) for a in Attribute),
        status=pl.when(pl.col("confidence") >= 0.9).then(pl.lit("auto")).otherwise(pl.lit("review")),
    ).sort("confidence", descending=True)  # fmt: skip


def shown(groups: pl.DataFrame) -> list[tuple[str, str, float]]:
    return sorted(groups.select("accounts", "status", "confidence").rows())


def test_sure_pairs_make_one_group_and_doubtful_ones_groups_of_two() -> None:
    found = groups_of(
        pairs(("a", "b", 0.99), ("b", "c", 0.95), ("d", "e", 0.97), ("c", "d", 0.7), ("a", "e", 0.8), ("f", "g", 0.6), ("g", "h", 0.6), ("x", "y", 0.4)),
        NONE_DISMISSED,
    )  # fmt: skip
    assert shown(found) == [
        ("{a,b,c}", "auto", 0.95), ("{a,e}", "review", 0.8), ("{d,e}", "auto", 0.97), ("{f,g}", "review", 0.6),
        ("{g,h}", "review", 0.6),
    ]  # fmt: skip
    assert found["confidence"].to_list() == sorted(found["confidence"], reverse=True)
    assert found["members"].n_unique() == 5
    [sure] = found.filter(pl.col("accounts") == "{a,b,c}")["pairs"].to_list()
    assert [(p["left"], p["right"], p["rules"]) for p in json.loads(sure)["pairs"]] == [
        ("a", "b", "domain+name"), ("b", "c", "domain+name"),
    ]  # fmt: skip


def test_dismissed_pairs_hold_nothing_together() -> None:
    dismissed = pl.DataFrame({"left": ["a", "f"], "right": ["b", "g"]})
    found = groups_of(pairs(("a", "b", 0.99), ("b", "c", 0.95), ("f", "g", 0.6)), dismissed)
    assert shown(found) == [("{b,c}", "auto", 0.95)]
    assert groups_of(pairs(("a", "b", 0.99)), pl.DataFrame({"left": ["a"], "right": ["b"]})).is_empty()
    assert groups_of(pairs(("a", "b", 0.99)).clear(), NONE_DISMISSED).is_empty()


def test_large_group_shows_what_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "LARGEST", 3)
    found = groups_of(pairs(*(("a", other, 0.99) for other in "bcdef")), NONE_DISMISSED)
    assert shown(found) == [("{a,b,c}", "auto", 0.99)]
    assert len(json.loads(found["pairs"][0])["pairs"]) == 2
    monkeypatch.setattr(finding, "MOST", 1)
    assert groups_of(pairs(("a", "b", 0.99), ("c", "d", 0.98)), NONE_DISMISSED).height == 1


def test_engine_finds_the_two_spellings_of_a_company_in_one_list_and_no_account_with_itself() -> None:
    names = ["Brook Bakery Ltd", "BROOK BAKERY", "Walnut Works", None, "Orchid", "Orchid"]
    sites = [
        "brook-bakery.com",
        "https://www.brook-bakery.com/en",
        "walnut-works.com",
        None,
        "orchid.fr",
        "orchid.de",
    ]
    fields = ("country", "city", "industry", "employees", "email", "linkedin", "registry_id", "lei", "vat", "duns", "siren",
              "alias_domains", "alias_names", "parent_external_id", "parent_name", "parent_domain", "external_id")  # fmt: skip
    accounts = pl.DataFrame(
        {"id": [f"{n:032x}" for n in range(6)], "name": names, "website": sites}
    ).with_columns(pl.lit(None, pl.String).alias(field) for field in fields)
    listing = Listing([], [])
    for part in accounts.iter_slices(4):
        listing.take(part)
    candidates = listing.candidates()
    found = candidates.pairs(accounts.filter(pl.col("id").is_in(candidates.concerned)))
    said = {(int(p["left"], 16), int(p["right"], 16)): p["status"] for p in found.to_dicts()}
    assert said == {(0, 1): "auto", (4, 5): "review"}
    gone = accounts.filter(pl.col("id") == f"{0:032x}")
    assert candidates.pairs(gone).is_empty(), "its other was removed since"
