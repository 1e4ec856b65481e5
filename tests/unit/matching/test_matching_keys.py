import polars as pl
from polars.testing import assert_frame_equal

from service.matching import NORMALISER_VERSION, Attribute, KeyKind
from service.matching.guards import crowded_domains
from service.matching.keys import evidence, match_keys
from service.matching.normalise import normalise


def _normalised(**columns: list[str | None]) -> pl.DataFrame:
    return normalise(pl.DataFrame(columns, schema_overrides=dict.fromkeys(columns, pl.String)))


def _keys(frame: pl.DataFrame, kind: KeyKind) -> list[tuple[int, str]]:
    return sorted(match_keys(frame).columns[kind].rows())


def _crowd(size: int) -> pl.DataFrame:
    return _normalised(
        name=[f"Agency Number{i}x" for i in range(size)], website=["www.crowd-of-names.com"] * size
    )


def test_the_version_names_rules_and_suffix_list() -> None:
    rules, suffixes = NORMALISER_VERSION.split(".")
    assert rules == "n2"
    assert suffixes.removeprefix("psl").isdigit()


def test_every_kind_of_key_has_its_column() -> None:
    frame = _normalised(
        name=["Zephyra Airways Ltd"],
        website=["zephyra.aero"],
        linkedin=["linkedin.com/company/zephyra"],
        lei=["5493001KJTIIGC8Y1R12"],
    )
    columns = match_keys(frame).columns
    assert {kind: frame["key"].to_list() for kind, frame in columns.items()} == {
        KeyKind.REGISTRY_ID: ["lei\x1f5493001kjtiigc8y1r12"],
        KeyKind.DOMAIN: ["zephyra.aero"],
        KeyKind.LINKEDIN: ["zephyra"],
        KeyKind.NAME: ["zephyraairways"],
        KeyKind.NAME_WEAK: [],
        KeyKind.NAME_HEAD: ["zephyra"],
    }
    assert all(frame.schema == {"index": pl.UInt32, "key": pl.String} for frame in columns.values())


def test_missing_and_foreign_columns_are_no_problem() -> None:
    frame = normalise(pl.DataFrame({"name": ["Zephyra"], "favourite_colour": ["blue"]}))
    assert frame["domain"].to_list() == [None]
    assert normalise(pl.DataFrame({"name": []}, schema={"name": pl.String})).is_empty()


def test_a_long_list_in_chunks_is_normalised_as_in_one_piece() -> None:
    frame = pl.DataFrame(
        {
            "name": ["Zephyra Inc", "Газпром", None, "Kestrel (member)"] * 9,
            "website": ["a.de", " B.fr/", None, "müller.de"] * 9,
        }
    )
    assert_frame_equal(normalise(frame, chunk_rows=5), normalise(frame))


def test_names_in_other_scripts_give_both_keys_each_judged_by_its_own_letters() -> None:
    frame = _normalised(name=["Северсталь", "Газпром", "安泰商業銀行"])
    assert [key for row, key in _keys(frame, KeyKind.NAME) if row == 0] == ["severstal", "северсталь"]
    assert (2, "安泰商業銀行") in _keys(frame, KeyKind.NAME)
    assert _keys(frame, KeyKind.NAME_WEAK) == [(1, "gazprom"), (1, "hazprom"), (1, "газпром")]


def test_a_short_name_of_two_words_meets_its_squashed_spelling() -> None:
    frame = _normalised(name=["Zep Rad", "ZepRad"])
    assert _keys(frame, KeyKind.NAME) == [(0, "zeprad")]
    assert _keys(frame, KeyKind.NAME_WEAK) == [(0, "zeprad"), (1, "zeprad")]


def test_a_domain_of_twenty_names_gives_no_key_and_is_reported() -> None:
    keys = match_keys(_crowd(20))
    assert keys.columns[KeyKind.DOMAIN].is_empty()
    assert keys.crowded_domains.rows() == [("crowd-of-names.com", 20)]
    assert len(match_keys(_crowd(19)).columns[KeyKind.DOMAIN]) == 19


def test_a_crowded_domain_stays_off_until_fifteen_names() -> None:
    for size, off_before, off in (
        (19, [], False),
        (19, ["d"], True),
        (16, ["d"], True),
        (15, ["d"], False),
        (20, [], True),
    ):
        frame = pl.DataFrame({"domain": ["d"] * size, "name": [f"n{i}" for i in range(size)]})
        assert crowded_domains(frame, off_before)["domain"].to_list() == (["d"] if off else []), (
            size,
            off_before,
        )


def test_many_accounts_of_one_name_do_not_crowd_a_domain() -> None:
    frame = _normalised(name=["Zephyra"] * 30, website=["zephyra.aero"] * 30)
    assert len(match_keys(frame).columns[KeyKind.DOMAIN]) == 30


def test_a_head_of_five_accounts_is_not_sent() -> None:
    names = [f"Zephyra {word}" for word in ("Airways", "Bank", "Foods", "Motors", "Steel")]
    assert _keys(_normalised(name=list(names[:4])), KeyKind.NAME_HEAD) == [(i, "zephyra") for i in range(4)]
    assert _keys(_normalised(name=list(names)), KeyKind.NAME_HEAD) == []


def test_evidence_has_one_column_an_attribute_in_the_order_of_the_accounts() -> None:
    frame = _normalised(
        name=["Zephyra Inc", None], website=["zephyra.aero", None], country=["USA", None], city=["New  York", None], industry=["Airlines", None],
        employees=["51-200", None], registry_id=["lei:5493001KJTIIGC8Y1R12", None],
    )  # fmt: skip
    expected = {
        Attribute.DOMAIN: "zephyra.aero", Attribute.SPACED_NAME: "zephyra", Attribute.REGISTRY_ID: "lei\x1f5493001kjtiigc8y1r12",
        Attribute.COUNTRY: "us", Attribute.CITY: "new york", Attribute.SECTOR: "h", Attribute.SIZE: "51-200",
    }  # fmt: skip
    assert_frame_equal(
        evidence(frame).select(list(Attribute)),
        pl.DataFrame({str(a): [v, None] for a, v in expected.items()}),
    )


def test_a_crowded_domain_is_still_evidence() -> None:
    assert evidence(_crowd(20))["domain"].null_count() == 0


def test_an_account_whose_head_is_the_same_in_latin_counts_once() -> None:
    frame = _normalised(name=[f"Zephyra {word}" for word in ("Москва", "Казань", "Сочи", "Уфа")])
    assert frame["head_latin"].to_list() == frame["name_head"].to_list() == ["zephyra"] * 4
    assert _keys(frame, KeyKind.NAME_HEAD) == [(index, "zephyra") for index in range(4)]


def test_what_a_guard_takes_out_is_named_beside_what_is_left() -> None:
    names = [f"Zephyra {word}" for word in ("Airways", "Bank", "Foods", "Motors", "Steel")]
    keys = match_keys(pl.concat([_crowd(20), _normalised(name=[*names])]))
    assert keys.columns[KeyKind.DOMAIN].height == 0
    assert {kind: frame["index"].to_list() for kind, frame in keys.withheld.items()} == {
        KeyKind.DOMAIN: [*range(20)],
        KeyKind.NAME_HEAD: [*range(20, 25)],
    }
