"""What is found wrong with a list, each in a list made for it."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from service.accounts.keys import keys_of
from service.accounts.quality.digest import Digest
from service.accounts.quality.findings import (
    GAINS,
    MOST_ACCOUNTS,
    MOST_EXAMPLES,
    Example,
    Finding,
    FindingCode,
    Fresh,
    Gain,
    Quality,
    judge,
)
from service.accounts.quality.report import COLUMNS
from service.accounts.quality.words import said

GOOD: Mapping[str, object] = {"name": "Orchid Bakery", "website": "orchidbakery.com"}
ALL_FRESH = Fresh(0, whole=True)


def listed(*rows: Mapping[str, object]) -> pl.DataFrame:
    """Accounts named by their place, in a population and written at second 1000 unless said."""
    full = [{"id": str(place), "populations": 1, "written_at": 1000, **row} for place, row in enumerate(rows)]
    return pl.DataFrame(full, schema=dict(COLUMNS))


def quality(*rows: Mapping[str, object], fresh: Fresh = ALL_FRESH) -> Quality:
    return judge(Digest.of(listed(*rows)), fresh)


def found(code: FindingCode, *rows: Mapping[str, object], fresh: Fresh = ALL_FRESH) -> Finding | None:
    return next((one for one in quality(*rows, fresh=fresh).findings if one.code is code), None)


def one(code: FindingCode, *rows: Mapping[str, object], fresh: Fresh = ALL_FRESH) -> Finding:
    finding = found(code, *rows, fresh=fresh)
    assert finding is not None
    return finding


def test_a_good_list_has_no_findings() -> None:
    good = quality(GOOD, {"name": "Walnut Press", "website": "walnutpress.com"})
    assert (good.accounts, good.matchable, good.findings) == (2, 2, [])
    assert good.keys == {"domain": 2, "name_only": 0, "free_mail": 0, "unusable_website": 0, "none": 0}


def test_an_empty_list_has_none_either() -> None:
    empty = quality()
    assert (empty.accounts, empty.matchable, empty.findings) == (0, 0, [])


def test_what_the_accounts_can_be_matched_by_is_what_a_preview_says_of_the_same_rows() -> None:
    rows = (
        GOOD, {"name": "Walnut Press"}, {"name": "Fir Works", "email": "fir@gmail.com"},
        {"name": "Elm Works", "website": "linkedin.com/company/elm-works"}, {"email": "x@gmail.com"}, {"email": "a@kestrel.de"},
        {"name": "Oak Works", "website": "not a site"}, {"vat": "DE136695976"},
    )  # fmt: skip
    keys = quality(*rows).keys
    assert keys == keys_of(listed(*rows))
    assert keys == {"domain": 2, "name_only": 2, "free_mail": 1, "unusable_website": 2, "none": 1}


def test_accounts_with_nothing_to_be_matched_by_are_told_first() -> None:
    found = quality({"name": "Walnut Press"}, {"name": "Fir Works"}, {"email": "x@gmail.com"}, GOOD)
    assert found.matchable == 3
    first = found.findings[0]
    assert (first.code, first.gain, first.accounts, first.gaining) == ("no_key", Gain.MATCHABLE, 1, 1)
    assert first.examples == [Example(None, 1, ["2"])]


def test_accounts_in_no_population_are_met_by_nobody() -> None:
    found = quality(GOOD, {"name": "Walnut Press", "website": "walnutpress.com", "populations": 0})
    assert found.matchable == 1
    assert [(one.code, one.accounts) for one in found.findings] == [("no_population", 1)]


def test_missing_websites_are_counted_by_what_the_email_makes_up_for() -> None:
    finding = one(
        FindingCode.NO_WEBSITE, GOOD, {"name": "Walnut Press", "email": "a@walnutpress.com"},
        {"name": "Fir Works", "email": "fir@gmail.com"}, {"name": "Elm Works"}, {"name": "Oak Works"},
    )  # fmt: skip
    assert (finding.accounts, finding.gaining) == (4, 3)
    assert finding.parts == {"company_email": 1, "unusable_email": 1, "no_email": 2}
    assert [example.ids for example in finding.examples] == [["2"], ["3"], ["4"]]
    assert said(finding).startswith("4 accounts have no website; 1 of them with an e-mail at a company's")


def test_websites_that_are_no_companys_are_counted_by_host_and_reason() -> None:
    finding = one(
        FindingCode.UNUSABLE_WEBSITE, GOOD, {"name": "Fir Works", "website": "https://www.linkedin.com/company/fir"},
        {"name": "Elm Works", "website": "linkedin.com/company/elm"}, {"name": "Oak", "website": "gmail.com"},
        {"name": "Ash Works", "website": "n/a"}, {"name": "Bay", "website": "example.com", "email": "a@bay-works.com"},
    )  # fmt: skip
    assert (finding.accounts, finding.gaining, finding.groups) == (5, 4, 4)
    assert finding.parts == {"shared_host": 3, "free_mail": 1, "invalid": 1}
    assert finding.examples[0] == Example("linkedin.com", 2, ["1", "2"])
    assert {example.value for example in finding.examples} == {
        "linkedin.com",
        "gmail.com",
        "n/a",
        "example.com",
    }


def test_a_company_that_bears_the_name_of_its_host_has_a_website() -> None:
    assert found(FindingCode.UNUSABLE_WEBSITE, {"name": "Yahoo Inc.", "website": "yahoo.com"}) is None


def test_the_same_name_under_one_domain_is_a_duplicate_and_another_name_is_not() -> None:
    rows = (
        {"name": "Siemens AG", "website": "siemens.com"}, {"name": "SIEMENS", "website": "www.siemens.com"},
        {"name": "Siemens Energy", "website": "siemens.com"}, GOOD, {"name": "Orchid Bakery", "website": "orchid.fr"},
    )  # fmt: skip
    duplicate = one(FindingCode.DUPLICATE_COMPANY, *rows)
    assert (duplicate.accounts, duplicate.groups) == (2, 1)
    assert duplicate.examples == [Example("siemens.com", 2, ["0", "1"])]
    differing = one(FindingCode.NAMES_DIFFER, *rows)
    assert differing.examples == [Example("siemens.com", 3, ["0", "1", "2"])]


def test_accounts_without_a_name_are_no_duplicates_of_each_other() -> None:
    rows = [{"website": "siemens.com"}, {"website": "siemens.com/de"}]
    assert quality(*rows).findings == []


def test_the_same_registry_number_in_any_spelling_is_a_duplicate() -> None:
    finding = one(
        FindingCode.DUPLICATE_NUMBER, {**GOOD, "vat": "DE 136 695 976"}, {**GOOD, "name": "Other", "vat": "DE136695976"},
        {"name": "Fir Works", "website": "fir.com", "duns": "123456789"},
    )  # fmt: skip
    assert finding.examples == [Example("vat|de136695976", 2, ["0", "1"])]


def test_a_domain_of_twenty_names_matches_nothing_and_one_of_nineteen_does() -> None:
    def franchise(names: int) -> list[Mapping[str, object]]:
        return [{"name": f"Shop of {chr(97 + n)}lbert", "website": "bigfranchise.com"} for n in range(names)]

    crowded = quality(*franchise(20))
    finding = crowded.findings[0]
    assert (finding.code, finding.gain, finding.accounts, finding.gaining) == (
        "crowded_domain", Gain.SURER, 20, 20,
    )  # fmt: skip
    assert (crowded.keys["domain"], crowded.keys["name_only"], crowded.matchable) == (0, 20, 20)
    assert len(finding.examples[0].ids) == MOST_ACCOUNTS
    assert [one.code for one in crowded.findings] == ["crowded_domain"]
    open_one = quality(*franchise(19))
    assert [one.code for one in open_one.findings] == ["names_differ"]
    assert open_one.keys["domain"] == 19


def test_stale_are_those_that_no_import_is_known_to_have_had() -> None:
    rows = (
        {**GOOD, "written_at": 10}, {"name": "Fir", "website": "fir.com", "populations": 2, "written_at": 10},
        {"name": "Elm", "website": "elm.com", "written_at": 100}, {"name": "Oak", "website": "oak.com", "written_at": 5},
    )  # fmt: skip
    old = one(FindingCode.STALE, *rows, fresh=Fresh(100))
    assert [example.ids for example in old.examples] == [["3"], ["0"], ["1"]]
    left = one(FindingCode.STALE, *rows, fresh=Fresh(100, bits=1))
    assert [example.ids for example in left.examples] == [["1"]]
    assert found(FindingCode.STALE, *rows, fresh=Fresh(100, whole=True)) is None


def test_findings_stand_by_what_mending_them_brings() -> None:
    rows = [{"name": f"Works {n}", "website": "works.com", "written_at": 1} for n in "abcdef"]
    rows += [{"name": "Fir"}, {"name": "Elm"}, {"name": "Oak", "website": "n/a"}, {"email": "x@gmail.com"}]
    ranks = list(Gain)
    gains = [(ranks.index(one.gain), -one.gaining) for one in quality(*rows, fresh=Fresh(100)).findings]
    assert gains == sorted(gains)
    assert {gain for gain, _ in gains} == {0, 1, 2}


def test_there_are_twenty_examples_at_most_and_everything_is_counted() -> None:
    many = [{"name": f"Works number {n}"} for n in range(50)]
    finding = one(FindingCode.NO_WEBSITE, *many)
    assert (finding.accounts, len(finding.examples)) == (50, MOST_EXAMPLES)
    hosts = [{"name": f"Works number {n}", "website": f"no site {n}"} for n in range(50)]
    finding = one(FindingCode.UNUSABLE_WEBSITE, *hosts)
    assert (finding.groups, len(finding.examples)) == (50, MOST_EXAMPLES)


def test_pages_say_together_what_the_whole_says() -> None:
    rows = listed(
        {"name": "Siemens AG", "website": "siemens.com"}, {"name": "Fir"}, {"name": "SIEMENS", "website": "siemens.com"},
        {**GOOD, "vat": "DE136695976"}, {"name": "Elm", "website": "n/a", "vat": "DE136695976"}, {"email": "x@gmail.com"},
    )  # fmt: skip
    pages = [Digest.of(rows.slice(start, 2)) for start in (0, 2, 4)]
    assert judge(Digest.together(pages), ALL_FRESH) == judge(Digest.of(rows), ALL_FRESH)


def test_every_finding_has_its_rank_and_its_words() -> None:
    assert set(GAINS) == set(FindingCode)
    sample = one(FindingCode.NO_WEBSITE, {"name": "Fir"})
    for code in FindingCode:
        for accounts in (1, 2000):
            sentence = said(replace(sample, code=code, accounts=accounts, groups=accounts))
            assert sentence.startswith("1 account " if accounts == 1 else "2,000 accounts ")
            assert sentence.endswith(".")
