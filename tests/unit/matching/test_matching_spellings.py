"""Further spellings of a name: each gives a key, so that the account meets whoever spells it so."""

import polars as pl
import pytest

from service.matching.keys import match_keys
from service.matching.kinds import KeyKind
from service.matching.normalise import normalise
from service.matching.plain import meet_plain
from service.matching.romanise import MOST_ROMANISED, romanisations
from service.matching.spellings import LONGEST, MOST_SPELLINGS, other_spellings


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("Larkspur (formerly Quillzed)", ["Larkspur", "Quillzed"]),
        ("Larkspur (fka Quillzed, Vireo)", ["Larkspur", "Quillzed", "Vireo"]),
        ("Larkspur prev Quillzed", ["Larkspur", "Quillzed"]),
        ("Tamarind Holding d/b/a Vireo Foods", ["Tamarind Holding", "Vireo Foods"]),
        ("Tamarind (ehemals Vireo)", ["Tamarind", "Vireo"]),
        ("Tamarind, vormals Vireo GmbH", ["Tamarind", "Vireo GmbH"]),
        ("Tamarind (now Vireo)", ["Tamarind", "Vireo"]),
        ("Ex Libris", []),
        ("Formerly", []),
        ("Aka Bank", []),
        ("Orchid Bakery", []),
        ("恒生銀行 Hang Seng Bank", ["Hang Seng Bank", "恒生銀行"]),
        ("Oman Post / بريد عمان", ["Oman Post", "بريد عمان"]),
        ("SBI新生銀行", []),
        ("7天 酒店", []),
        ("Евроопт Prime", []),
        ("Müller & Söhne", ["Mueller & Soehne"]),
        ("Ørsted", ["Oersted"]),
        ("Crème", []),
    ],
)
def test_a_name_has_these_other_spellings(name: str, others: list[str]) -> None:
    assert other_spellings(name) == others


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("Виваком", "vivacom"), ("Бурлекс", "burlex"), ("Золотой", "zolotoy"), ("Золотой", "zolotoi"), ("Скарбниця", "skarbnytsia"),
        ("Евросеть", "euroset"), ("Мосхозторг", "moshoztorg"), ("Красный Яр", "krasnyyar"), ("Металац", "metalac"),
        ("Κωτσόβολος", "kotsovolos"), ("Μπάρμπα", "barba"), ("ლუკოილი", "lukoil"), ("ფრესკო", "fresco"),
        ("キョーエイ", "kyoei"), ("びっくりドンキー", "bikkuridonki"), ("ウィルコム", "wirukomu"), ("はなまるうどん", "hanamarudon"), ("しんばし", "shimbashi"),
        ("롯데", "lotte"), ("신한", "shinhan"), ("삼성", "samsung"),
    ],
)  # fmt: skip
def test_a_name_in_another_script_meets_its_latin_spelling(name: str, latin: str) -> None:
    mine, theirs = (normalise(pl.DataFrame({"name": [text]})) for text in (name, latin))
    met = meet_plain(mine, theirs).filter(pl.any_horizontal("name", "name_weak"))
    assert len(met) == 1, romanisations(mine["spaced_name"][0])


def test_a_name_has_few_romanisations_each_once() -> None:
    found = romanisations("автолюкс евроопт яндекс щи")
    assert 1 < len(found) <= MOST_ROMANISED
    assert len(set(found)) == len(found)
    assert all(one.isascii() and one.isalnum() for one in found)


def test_former_names_and_umlauts_meet_as_names_of_their_own_strength() -> None:
    mine = normalise(pl.DataFrame({"name": ["Quo (formerly Brightmoss Analytics)", "Bäckerei Hößlin GmbH"]}))
    theirs = normalise(pl.DataFrame({"name": ["Brightmoss Analytics Inc.", "BAECKEREI HOESSLIN", "Quo"]}))
    met = meet_plain(mine, theirs).sort("left", "right")
    assert met.select("left", "right", "name", "name_weak").rows() == [
        (0, 0, True, False), (0, 2, False, True), (1, 1, True, False),
    ]  # fmt: skip


def test_an_alias_has_other_spellings_too() -> None:
    frame = normalise(pl.DataFrame({"name": ["Quo"], "alias_names": ["Виваком; Müller"]}))
    keys = set(match_keys(frame).columns[KeyKind.NAME_WEAK]["key"])
    assert {"quo", "виваком", "vivacom", "muller", "mueller"} <= keys


def test_plain_names_have_no_other_key() -> None:
    frame = normalise(pl.DataFrame({"name": ["Orchid Bakery", "Kestrel Labs Ltd", None]}))
    assert frame.select(pl.col("alias_names", "alias_weak").null_count()).row(0) == (3, 3)


@pytest.mark.parametrize(
    "name", ["x(ex" + "," * 280, "a fka " + " " * 280, "\ufdfa" * 290, "x (formerly " + "y " * 140]
)
def test_hostile_names_have_few_short_spellings(name: str) -> None:
    found = other_spellings(name)
    assert len(found) <= MOST_SPELLINGS
    assert all(len(one) <= 2 * LONGEST for one in found)
