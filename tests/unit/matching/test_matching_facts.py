import polars as pl
import pytest

from service.matching import tables
from service.matching.facts import cities, countries, linkedin_slugs, sectors, sizes
from service.matching.numbers import compared_numbers
from service.matching.registry import read_any, read_number, registry_numbers
from service.matching.text import plain_key


@pytest.mark.parametrize(
    ("spelling", "code"),
    [("Germany", "de"), ("DE", "de"), ("deu", "de"), ("Deutschland", "de"), ("Allemagne", "de"), ("U.S.A.", "us"), ("UK", "gb"), ("Côte d’Ivoire", "ci"),
     ("日本", "jp"), ("Türkiye", "tr"), ("Korea, Republic of", "kr"), ("भारत", "in"), ("Niger", "ne"), ("Nigeria", "ng"), ("Narnia", None), ("", None)],
)  # fmt: skip
def test_countries_are_read_in_many_spellings(spelling: str, code: str | None) -> None:
    assert countries(pl.Series([spelling])).to_list() == [code]


@pytest.mark.parametrize(
    ("spelling", "band"),
    [("7", "1-10"), ("51–200", "51-200"), ("1.2k", "1001-5000"), ("10,000+", "10001+"), ("10000", "5001-10000"), ("10", "1-10"), ("11", "11-50"), ("50", "11-50"), ("200", "51-200"), ("201", "201-500"), ("1000", "501-1000"), ("5001", "5001-10000"), ("10001", "10001+"), ("1.200", "1001-5000"),
     ("1 200 employees", "1001-5000"), ("5k-10k", "5001-10000"), ("> 500", "501-1000"), ("~300", "201-500"), ("0", None), ("-5", None), ("n/a", None)],
)  # fmt: skip
def test_employees_fall_into_named_bands(spelling: str, band: str | None) -> None:
    assert sizes(pl.Series([spelling])).to_list() == [band]


@pytest.mark.parametrize(
    ("industry", "code"),
    [
        ("Computer Software", "j62"),
        ("Food & Beverages", "c10"),
        ("Utilities: Gas and Electric", "d"),
        ("Maschinenbau", "c28"),
        ("Banking", "k64"),
        ("Alchemy", None),
    ],
)
def test_industries_fall_into_sectors(industry: str, code: str | None) -> None:
    assert sectors(pl.Series([industry])).to_list() == [code]


def test_cities_are_folded_to_one_spelling() -> None:
    spelled = [
        "  NEW \t York ",
        "MÜNCHEN",
        "Muenchen",
        "Munich, Bavaria",
        "Gießen",
        "Köln",
        "北京",
        "Málaga",
        "Germany",
        " ",
        None,
    ]
    assert cities(pl.Series(spelled)).to_list() == [
        "new york", "munich", "munich", "munich", "giessen", "cologne", "beijing", "malaga", None, None, None,
    ]  # fmt: skip


def test_a_city_has_one_name_among_all_spellings() -> None:
    spellings = tables.city_spellings()
    assert not spellings.keys() & set(spellings.values())
    assert all(key == key.strip().lower() for key in spellings)


@pytest.mark.parametrize(
    ("linkedin", "website", "slug"),
    [
        ("https://www.linkedin.com/company/Kestrel-Labs/about/", None, "kestrel-labs"),
        ("linkedin.com/school/kestrel?x=1", None, "kestrel"),
        ("kestrel-labs", None, "kestrel-labs"),
        ("https://linkedin.com/company/k%C3%A4strel", None, "kästrel"),
        (None, "http://de.linkedin.com/company/kestrel", "kestrel"),
        ("https://linkedin.com/in/jane", None, None),
    ],
)
def test_linkedin_gives_the_company_slug(linkedin: str | None, website: str | None, slug: str | None) -> None:
    found = linkedin_slugs(pl.Series([linkedin], dtype=pl.String), pl.Series([website], dtype=pl.String))
    assert found.to_list() == [slug]


def test_registry_numbers_are_checked_where_they_have_a_check_digit() -> None:
    assert read_number("lei", "5493 001K JTII GC8Y 1R12") == ["lei|5493001kjtiigc8y1r12"]
    assert read_number("lei", "5493001KJTIIGC8Y1R13") == []
    assert read_number("vat", "DE 136695976") == ["vat|de136695976"]
    assert read_number("vat", "DE136695977") == []
    assert read_number("vat", "136695976") == []
    assert read_number("duns", "15-048-3782") == ["duns|150483782"]
    assert read_number("duns", "1504837") == []
    assert read_number("crn", "00000000") == []
    assert read_any("KVK: 12345678; siren:303265045") == ["kvk|12345678", "siren|303265045"]
    assert read_any("no number here") == []


def test_french_vat_and_siret_numbers_give_the_siren_inside() -> None:
    assert read_number("vat", "FR40303265045") == ["vat|fr40303265045", "siren|303265045"]
    assert read_number("siret", "73282932000074") == ["siret|73282932000074", "siren|732829320"]


def test_the_lei_alone_stands_as_evidence() -> None:
    frame = pl.DataFrame(
        {
            "registry_id": ["kvk:12345678", None],
            "lei": ["5493001KJTIIGC8Y1R12", None],
            "vat": [None, None],
            "duns": [None, None],
            "siren": ["303265045", None],
        },
        schema_overrides={"vat": pl.String, "duns": pl.String},
    )
    numbers = registry_numbers(frame)
    assert numbers.to_list() == [["kvk|12345678", "lei|5493001kjtiigc8y1r12", "siren|303265045"], []]
    compared = compared_numbers(numbers)
    assert compared["registry_id"].to_list() == ["lei\x1f5493001kjtiigc8y1r12", None]
    assert compared["registry_id_siren"].to_list() == ["siren\x1f303265045", None]
    assert compared["registry_id_vat_country"].to_list() == [None, None]


def test_tables_are_as_large_and_as_clean_as_their_readers_expect() -> None:
    assert len(tables.frequent_words()) >= 1000
    assert len(tables.common_names()) >= 300
    assert len(set(tables.country_spellings().values())) == 250
    assert all(
        plain_key(spelling) == spelling
        for spelling in [*tables.country_spellings(), *tables.sector_spellings()]
    )
    assert all(host == host.strip().lower() for host in tables.generic_hosts())


def test_a_missing_table_is_named() -> None:
    with pytest.raises(tables.TableError, match=r"nowhere\.csv"):
        list(tables._rows("nowhere.csv"))
