# ruff: noqa: RUF001 - look-alike letters are what is tested
from pathlib import Path

import polars as pl
import pytest

from service.matching.domains import _load, account_domains, company_domain, load_suffix_list
from service.matching.errors import SuffixListError


def _domain(
    website: str | None = None, email: str | None = None, name: str = "kestrel"
) -> tuple[str | None, str | None]:
    found = account_domains(
        pl.Series([website], dtype=pl.String),
        pl.Series([email], dtype=pl.String),
        pl.Series([name], dtype=pl.String),
    )
    return found.domain[0], found.reason[0]


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.Kestrel.co.uk/about?x=1#y", "kestrel.co.uk"),
        ("  kestrel.de. ", "kestrel.de"),
        ("http//kestrel.com", "kestrel.com"),
        ("https://https://kestrel.com", "kestrel.com"),
        ("http:\\\\kestrel.com\\x", "kestrel.com"),
        ("kestrel.com:8443", "kestrel.com"),
        ("user:secret@shop.kestrel.com", "kestrel.com"),
        ("<kestrel.com>, other.com", "kestrel.com"),
        ("http://straße.de", "xn--strae-oqa.de"),
        ("xn--strae-oqa.de", "xn--strae-oqa.de"),
        ("ｋｅｓｔｒｅｌ.com", "kestrel.com"),
        ("kestrel.github.io", "kestrel.github.io"),
        ("www.kestrel.bank.in", "kestrel.bank.in"),
    ],
)
def test_websites_give_their_registrable_domain(website: str, domain: str) -> None:
    assert _domain(website) == (domain, None)


@pytest.mark.parametrize(
    "website",
    ["n/a", "localhost", "127.0.0.1", "http://[::1]/", "kestrel", "co.uk", "kestrel..com", "-", "a_b.com"],
)
def test_what_is_no_domain_is_invalid(website: str) -> None:
    assert _domain(website) == (None, "invalid")


@pytest.mark.parametrize(
    "website",
    ["https://www.linkedin.com/company/kestrel", "facebook.com/kestrel", "https://sites.google.com/view/kestrel", "jobs.lever.co/kestrel",
     "https://github.com/kestrel", "kestrel.myworkdayjobs.com", "service.nsw.gov.au", "bit.ly/3x"],
)  # fmt: skip
def test_shared_hosts_give_no_domain(website: str) -> None:
    assert _domain(website) == (None, "shared_host")


def test_an_email_stands_in_for_a_missing_website_unless_it_is_free_mail() -> None:
    assert _domain(None, "jo@mail.kestrel.fr") == ("kestrel.fr", None)
    assert _domain("facebook.com/kestrel", "jo@kestrel.fr") == ("kestrel.fr", None)
    assert _domain(None, "kestrel@gmail.com") == (None, "free_mail")
    assert _domain(None, None) == (None, None)


def test_the_owner_of_a_shared_host_keeps_it() -> None:
    assert _domain("https://www.yahoo.com", name="yahoo") == ("yahoo.com", None)
    assert _domain("yahoo.com", name="kestrel") == (None, "free_mail")
    assert _domain("https://www.workday.com/", name="wd") == ("workday.com", None)


def test_the_pinned_suffix_list_is_loaded_once() -> None:
    assert load_suffix_list() == load_suffix_list() >= "2026"


def test_a_broken_or_missing_suffix_list_is_refused_and_named(tmp_path: Path) -> None:
    broken = tmp_path / "list.dat"
    broken.write_text("com\n")
    for path in (broken, tmp_path / "missing.dat"):
        with pytest.raises(SuffixListError, match=path.name):
            _load(path)
    assert _domain("kestrel.co.uk") == ("kestrel.co.uk", None)


def test_a_host_too_long_for_the_dns_is_invalid() -> None:
    assert _domain("https://" + "k" * 64 + ".com") == (None, "invalid")
    assert _domain("https://" + "k" * 63 + ".com") == ("k" * 63 + ".com", None)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://www.Kestrel.co.uk/about?x=1", ("kestrel.co.uk", None)),
        ("Ina <ina@mail.kestrel.de>", ("kestrel.de", None)),
        ("kestrel.com/@ina", ("kestrel.com", None)),
        ("medium.com/@ina", (None, "shared_host")),
        ("ina@github.com", (None, "shared_host")),
        ("http://www.GitHub.com/", ("github.com", "shared_host")),
        ("www.gmail.com", ("gmail.com", "free_mail")),
        ("mail.gmail.com", (None, "free_mail")),
        ("ina@gmail.com", (None, "free_mail")),
        ("co.uk", (None, "invalid")),
        ("kestrel", (None, "invalid")),
        ("", (None, None)),
    ],
)
def test_one_address_names_its_company(address: str, expected: tuple[str | None, str | None]) -> None:
    assert company_domain(address) == expected
