import polars as pl

from service.linking.prepare import key_count, prepare
from service.matching.kinds import KeyKind

ACCOUNTS = pl.DataFrame(
    {
        "name": ["Siemens AG", "Harbour Analytics Ltd", "Walnut Press", "Orchid Bakery"],
        "website": ["siemens.com", "harbour-analytics.com", None, "orchidbakery.com"],
        "country": ["DE", "UK", "US", None],
    }
)


def test_a_subset_has_the_keys_and_the_evidence_of_its_accounts_in_the_order_asked_for() -> None:
    whole, positions = prepare(ACCOUNTS), pl.Series([3, 0], dtype=pl.UInt32)
    part = whole.subset(positions)
    assert part.accounts == 2
    assert part.evidence["domain"].to_list() == ["orchidbakery.com", "siemens.com"]
    assert part.normalised["country"].to_list() == [None, "de"]
    assert dict(part.keys.columns[KeyKind.DOMAIN].rows()) == {0: "orchidbakery.com", 1: "siemens.com"}
    assert all(frame.schema["index"] == pl.UInt32 for frame in part.keys.columns.values())


def test_a_subset_keeps_the_guards_found_over_the_whole_list() -> None:
    shared = pl.DataFrame(
        {"name": [f"Walnut {n} Press" for n in "ABCDEFGHIJKLMNOPQRSTU"], "website": ["walnut.com"] * 21}
    )
    whole = prepare(shared)
    assert whole.keys.crowded_domains["domain"].to_list() == ["walnut.com"]
    part = whole.subset(pl.Series([1], dtype=pl.UInt32))
    assert key_count(part)[KeyKind.DOMAIN] == 0
    assert part.evidence["domain"].to_list() == ["walnut.com"]


def test_keys_are_counted_by_kind() -> None:
    counted = key_count(prepare(ACCOUNTS))
    assert (counted[KeyKind.DOMAIN], counted[KeyKind.REGISTRY_ID]) == (3, 0)
    assert counted[KeyKind.NAME] + counted[KeyKind.NAME_WEAK] >= 4
