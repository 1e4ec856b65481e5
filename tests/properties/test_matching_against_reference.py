# ruff: noqa: RUF001 - look-alike letters are what is tested
"""The columns against the plain reference, and the laws that normalising and meeting obey."""

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.matching import KeyKind, reference
from service.matching.keys import match_keys
from service.matching.names import name_keys
from service.matching.normalise import normalise
from service.matching.plain import meet_plain

PIECES = [
    "Acme", "acme", "ÄCME", "Müller", "Muller", "Şok", "ILGIN", "ılgın", "İş", "straße", "Ørsted", "Æther", "Łódź", "L'Oréal", "L’Oréal",
    "The", "the", "GmbH", "G.m.b.H.", "& Co. KG", "Inc.", ", Inc", "Ltd", "S.p.A.", "S.A.", "A/S", "N.V.", "Pty Ltd", "(Pty) Ltd", "PT", "ООО",
    "«Ромашка»", "Газпром", "株式会社", "(株)", "㈱", "トヨタ自動車", "有限公司", "安泰商業銀行", "주식회사", "삼성전자", "ΑΕ", "Ελλάς", "شركة", "بنك", "ไทย",
    "Class A", "ADR", "Sponsored ADR", "EO 1,50", "Kestrel SE EO 1,50", "DL-,001", "Ord Shs", ".com", "foo.com", "foo.co.uk", "x.io", "a8.net", "U.S.", "J.P.", "U.S.A",
    "&", "+", "and", "&amp;", "&#38;", "&amp;amp;", "Disney+", "C++", "a+b", "(member)", "(publ)", "(China)", "[SE]", "(", ")", "[", "((x))", "(the)",
    "()", "Bank", "of", "First", "National", "Group", "Holding", "3", "42", "a", "B", "-", "/", ".", ",", "'", "\u00a0", "\u200b", "\u0301", "\t", "\x00",
    "日本", "ﬁn", "ｆｕｌｌ", "½", "D", "Dcom", "com", "Joint Stock Company", "Public", "Company", "Companies", "of Companies", "公司", "e.K.", "e.V.",
]  # fmt: skip
ALPHABET = st.one_of(
    st.characters(max_codepoint=0x17F, exclude_categories=("Cs",)),
    st.sampled_from("абвгжЙЁΑΣςάあカ漢字銀行가나مبאבกขकि()[].&+'’-/, "),
)
NAMES = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map(" ".join),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(ALPHABET, max_size=6)), max_size=5).map(" ".join),
)
HOSTS = st.sampled_from(
    ["foo.com", "www.foo.co.uk", "FOO.com.", "müller.de", "xn--mller-kva.de", "a.b.github.io", "github.com", "www.yahoo.com", "sites.google.com",
     "127.0.0.1", "localhost", "foo", "com", "co.uk", "foo..com", "foo_bar.com", "workday.com", "jobs.lever.co", "acme.myworkdayjobs.com", "straße.de",
     "foo.公司.cn", "bücher.example", "foo.bank.in", "nsw.gov.au", "ｆｏｏ.com", "x" * 70 + ".com", "-foo.com", "gmail.com"]
)  # fmt: skip
WEBSITES = st.builds(
    "{}{}{}".format,
    st.sampled_from(
        [
            "",
            "http://",
            "https://",
            "HTTPS://",
            "http:/",
            "http//",
            "https://https://",
            " ",
            "//",
            "user@",
            "<",
            '"',
            "mailto:x@",
        ]
    ),
    HOSTS,
    st.sampled_from(
        [
            "",
            "/",
            "/path",
            ":8080/x",
            "?q=a@b.de",
            "#x",
            " other.com",
            ", other.com",
            ";o.com",
            "\\x",
            "/ü",
            "\n",
            ">",
            '"',
        ]
    ),
)
EMAILS = st.builds("{}@{}".format, st.sampled_from(["a", "a.b", "Jo <jo", "a@b"]), HOSTS)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "name": NAMES,
        "website": WEBSITES,
        "email": EMAILS,
        "country": st.sampled_from(["Germany", "DE", "Allemagne", " deutschland ", "U.S.A.", "日本", "Côte d’Ivoire", "Narnia", "", "HONG KONG"]),
        "city": st.sampled_from(["München", "MÜNCHEN", "New  York", "STRASSE", "Straße", " ", "İzmir", "a\u00a0b", "ﬁlm\tcity"]),
        "employees": st.sampled_from(["51–200", "1.2k", "10,000+", "10000", "1.200", "0", "-5", "1 200 employees", "n/a", "5k-10k", ">500", "2,5 Tsd.", "7", "1e9", "9" * 30]),
        "lei": st.sampled_from(["5493001KJTIIGC8Y1R12", "5493001KJTIIGC8Y1R13", "x"]),
        "vat": st.sampled_from(["DE 136695976", "DE136695977", "FR40303265045", "GB 980 7806 84", "CHE-107.787.577 IVA", "123"]),
        "registry_id": st.sampled_from(["siren:303265045", "KVK: 12345678", "siret:73282932000074", "nothing", "lei:x;crn:SC123456"]),
    },
)  # fmt: skip
COMPARED = [
    "domain", "domain_reason", "spaced_name", "name", "name_latin", "weak", "short", "weak_latin", "short_latin",
    "name_head", "head_latin", "registry", "country", "city", "size",
]  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=12))
def test_columns_and_the_row_wise_reference_agree_on_every_field(records: list[dict[str, str]]) -> None:
    columns = normalise(_frame(records)).select(COMPARED).to_dicts()
    for record, row in zip(records, columns, strict=True):
        expected = reference.normalise_record(record)
        assert row == {field: expected[field] for field in COMPARED}, record


@settings(max_examples=40, deadline=None)
@given(RECORDS)
def test_columns_and_the_row_wise_reference_give_the_same_keys(record: dict[str, str]) -> None:
    keys = match_keys(normalise(_frame([record]))).columns
    found = {
        (kind, key) for kind, frame in keys.items() if kind is not KeyKind.LINKEDIN for key in frame["key"]
    }
    assert found == reference.record_keys(record)


@settings(max_examples=80, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=20))
@example(["Ltd Ltd", "The The Inc", "株式会社株式会社", "ŉ", "公司 foo 株式会社 inc"])
def test_normalising_a_name_twice_changes_nothing(names: list[str]) -> None:
    once = name_keys(pl.Series(names, dtype=pl.String)).spaced
    assert name_keys(once).spaced.to_list() == once.to_list()


@settings(max_examples=40, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=6))
def test_key_texts_are_never_empty_and_hold_no_control_character_but_the_separator(
    records: list[dict[str, str]],
) -> None:
    for frame in match_keys(normalise(_frame(records))).columns.values():
        for key in frame["key"]:
            assert key
            assert all(c == "\x1f" or c.isprintable() or c == "\u3000" for c in key), repr(key)


@settings(max_examples=40, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=6), st.lists(RECORDS, min_size=1, max_size=6))
def test_overlap_is_symmetric(mine: list[dict[str, str]], theirs: list[dict[str, str]]) -> None:
    left, right = normalise(_frame(mine)), normalise(_frame(theirs))
    forth, back = meet_plain(left, right), meet_plain(right, left)
    assert forth.sort("left", "right").equals(
        back.rename({"left": "right", "right": "left"}).select(forth.columns).sort("left", "right")
    )


@pytest.mark.parametrize("name", PIECES)
def test_every_nasty_piece_alone_agrees_with_the_reference(name: str) -> None:
    keys = name_keys(pl.Series([name], dtype=pl.String))
    assert (keys.spaced[0], keys.bare[0]) == reference.company_name(name)


def _frame(records: list[dict[str, str]]) -> pl.DataFrame:
    fields = ["name", "website", "email", "country", "city", "employees", "lei", "vat", "registry_id"]
    return pl.DataFrame(
        [{field: record.get(field) for field in fields} for record in records],
        schema=dict.fromkeys(fields, pl.String),
    )
