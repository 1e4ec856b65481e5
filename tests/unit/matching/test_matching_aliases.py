"""Further domains and names of a company give keys as its own do."""

import polars as pl

from service.matching.aliases import MOST_ALIASES
from service.matching.guards import crowded_domains
from service.matching.keys import evidence, match_keys
from service.matching.kinds import KeyKind
from service.matching.normalise import normalise


def _normalised(**columns: list[str | None]) -> pl.DataFrame:
    return normalise(pl.DataFrame(columns, schema_overrides=dict.fromkeys(columns, pl.String)))


def test_aliases_give_domains_and_names_each_once() -> None:
    frame = _normalised(
        name=["Meta Platforms Inc", "Kärcher", "Ford Motor Company"],
        website=["https://meta.com", None, "ford.com"],
        alias_domains=["www.facebook.com/about; Meta.com | fb.oculusvr.org", "kaercher.com", None],
        alias_names=["Facebook, Inc.; Meta Platforms", "Кёрхер", None],
    )
    keys = match_keys(frame).columns
    assert keys[KeyKind.DOMAIN].sort("index", "key").rows() == [
        (0, "meta.com"), (0, "oculusvr.org"), (1, "kaercher.com"), (2, "ford.com"),
    ]  # fmt: skip
    assert (0, "metaplatforms") in keys[KeyKind.NAME].rows()
    assert keys[KeyKind.NAME].is_duplicated().sum() == 0
    assert {(0, "facebook"), (1, "керхер"), (1, "kerkher")} <= set(keys[KeyKind.NAME_WEAK].rows())
    assert evidence(frame)["domain"].to_list() == ["meta.com", None, "ford.com"]
    assert not {"facebook"} & set(keys[KeyKind.NAME_HEAD]["key"])


def test_no_more_aliases_count_than_are_meant() -> None:
    domains = ";".join(f"a{number}.example{number}.com" for number in range(MOST_ALIASES + 5))
    frame = _normalised(name=["Acme"], alias_domains=[domains])
    assert len(match_keys(frame).columns[KeyKind.DOMAIN]) == MOST_ALIASES


def test_a_domain_is_crowded_by_those_who_have_it_as_an_alias_too() -> None:
    names: list[str | None] = [f"Company number {number}" for number in range(20)]
    crowd = _normalised(name=names, website=["d.com"] * 12 + [None] * 8, alias_domains=[None] * 12 + ["d.com"] * 8)  # fmt: skip
    keys = match_keys(crowd)
    assert keys.crowded_domains.rows() == [("d.com", 20)]
    assert not len(keys.columns[KeyKind.DOMAIN])
    assert len(keys.withheld[KeyKind.DOMAIN]) == 20
    assert not len(crowded_domains(crowd.head(19)))
    # who has it both ways is one account
    twice = _normalised(name=names[:19], website=["d.com"] * 19, alias_domains=["d.com"] * 19)
    assert not len(match_keys(twice).crowded_domains)
