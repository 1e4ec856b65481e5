"""Instructive pairs: `same` must at least be suggested, `auto` must be taken, `different` must never be taken by itself."""

import polars as pl
import pytest

from service.matching.normalise import normalise
from service.matching.plain import meet_plain
from service.matching.score import score

CASES = [
    (
        "same",
        "Larkspur & Co. Inc.",
        "larkspur.com",
        "Larkspur Whitby Rowe",
        "larkspur.com",
        "initials of partners",
    ),
    (
        "auto",
        "Tamarind Companies, Inc., The",
        "tamarind-example.com",
        "Tamarind",
        "tamarind-example.com",
        "catalogue order",
    ),
    (
        "auto",
        "Umut Marketler Ticaret A.S.",
        "umutmarket.com.tr",
        "Umut Marketler Ticaret A.Ş.",
        "umutmarket.com.tr",
        "Turkish letters",
    ),
    (
        "auto",
        "PJMarlow Chase & Co.",
        "pjmarlow.com",
        "PJ Marlow Chase",
        "pjmarlow.com",
        "spacing and '& Co.'",
    ),
    (
        "auto",
        "Vireo Tire & Rubber Company",
        "vireo.com",
        "Vireo Tire and Rubber Company",
        "vireo.com",
        "& and 'and'",
    ),
    ("auto", "BellCentral, Inc. Class A", "bellcentral.com", "BellCentral", "bellcentral.com", "share class"),
    ("auto", "Quillzed (member)", "quillzed.com", "Quillzed", "quillzed.com", "list tag"),
    (
        "auto",
        "Public Joint Stock Company Nevaneft Oil Company",
        "nevaneft.com",
        "Nevaneft",
        "nevaneft.com",
        "form in front",
    ),
    ("auto", "Panorama+", "panoramaplus.tv", "Panorama Plus", "panoramaplus.tv", "plus sign"),
    ("auto", "Chirp", "chirp.to", "Chirp.to", "chirp.to", "ending in the name"),
    ("auto", "Marlowe's", "marlowes.com", "Marlowes", "marlowes.com", "apostrophe"),
    ("auto", "ZWE Aktiengesellschaft", "group.zwe.de", "ZWE", "zwe.de", "German form"),
    ("auto", "FELLA GmbH & Co. KGaA", "fella.com", "Fella", "fella.com", "compound form"),
    ("auto", "Officina Depot", "officinadepot.com", "OFD", "officinadepot.com", "renamed, same domain"),
    ("same", "Mercures International SCA", None, "Mercurès", "mercures.fr", "accent and form"),
    ("same", "AXOLIS TECHS  DL-,001", None, "Axolis Technologies", "axolis.com", "ticker tape"),
    ("same", "Zephyra Airways Ltd.", None, "Zephyra", "zephyra.aero", "legal and brand name"),
    ("same", "Северсталь", None, "Severstal", None, "script"),
    ("same", "Letterman", "letterman.com", "Letterman", "getletterman.com", "get- domain"),
    ("same", "Coffer, Inc.", "crate.com", "Coffer", "coffer.com", "wrong website on one side"),
    (
        "different",
        "Castar Group Co., Ltd.",
        "castar.org.cn",
        "CaStar Group",
        "castargroup.com",
        "same key, two domains",
    ),
    ("different", "OKRA", "okra-elpe.com", "Okra", "okra.com", "short name, two domains"),
    (
        "different",
        "ActRed Co., Ltd.",
        "act-red.com",
        "ActRed",
        "actred.com",
        "domains that differ by a hyphen",
    ),
    (
        "different",
        "Transport for NSW",
        "transport.nsw.gov.au",
        "Service NSW",
        "service.nsw.gov.au",
        "departments under one domain",
    ),
    ("different", "Pine Health", "facebook.com/pine", "Oak Foods", "facebook.com/oak", "social pages"),
    (
        "different",
        "Pine Health",
        "https://sites.google.com/pine",
        "Oak Foods",
        "sites.google.com/oak",
        "site builder",
    ),
    ("different", "Relay", None, "Relay", None, "a bare short name"),
    ("different", "First National Bank", None, "First National Bank", None, "a common name"),
    (
        "different",
        "Kestrel Bank (Portugal)",
        None,
        "Kestrel Bank (Poland)",
        None,
        "subsidiaries told apart by country",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[-1])
def test_hard_case(case: tuple[str, str, str | None, str, str | None, str]) -> None:
    verdict, mine, my_site, theirs, their_site, why = case
    statuses = _statuses(_one(mine, my_site, None), _one(theirs, their_site, None))
    allowed = {"same": [["auto"], ["review"]], "auto": [["auto"]], "different": [[], ["review"]]}[verdict]
    assert statuses in allowed, why


def test_a_long_name_in_one_country_is_taken_and_in_two_countries_is_not() -> None:
    mine = _one("Northwind Traders GmbH", None, "Germany")
    assert _statuses(mine, _one("Northwind Traders", "northwind.de", "Deutschland")) == ["auto"]
    assert _statuses(mine, _one("Northwind Traders", "northwind.fr", "France")) == ["review"]


def test_two_domains_outweigh_a_country_that_agrees() -> None:
    mine = _one("Northwind Traders", "northwind.de", "DE")
    assert _statuses(mine, _one("Northwind Traders", "northwind-traders.com", "DE")) == ["review"]


def _one(name: str, website: str | None, country: str | None) -> pl.DataFrame:
    row = {"name": [name], "website": [website], "country": [country]}
    return normalise(pl.DataFrame(row, schema=dict.fromkeys(row, pl.String)))


def _statuses(left: pl.DataFrame, right: pl.DataFrame) -> list[str]:
    return score(meet_plain(left, right))["status"].to_list()
