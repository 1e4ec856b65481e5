# ruff: noqa: RUF001 - look-alike letters are what is tested
import polars as pl
import pytest

from service.matching.heads import name_heads
from service.matching.names import latin, name_keys, weak

KEYS = {
    "Smith & Sons Ltd": "smith",
    "Smith and Sons": "smith",
    "Harbour + Pine": "harbour and pine",
    "Harbour &amp;amp; Pine": "harbour and pine",
    "Harbour &#38; Pine, Inc.": "harbour and pine",
    "The Harbour Company": "harbour",
    "Harbour Company, The": "harbour",
    "Northwind Traders, Inc. Class A": "northwind traders",
    "Northwind Traders Sponsored ADR": "northwind traders",
    "Northwind Traders SE EO 1,50": "northwind traders",
    "Brauhaus Köln GmbH & Co. KG": "brauhaus koln",
    "Brauhaus Koeln G.m.b.H.": "brauhaus koeln",
    "Lanificio Rossi S.p.A.": "lanificio rossi",
    "Lanificio Rossi S. p. A.": "lanificio rossi",
    "PT Samudra Raya (Persero) Tbk": "samudra raya",
    "Aktiebolaget Fjord": "fjord",
    "Işık Sanayi ve Ticaret A.Ş.": "isik sanayi ve ticaret",
    "ISIK SANAYI VE TICARET ANONIM SIRKETI": "isik sanayi ve ticaret",
    "ООО «Ромашка»": "ромашка",
    "Ρομπότ Α.Ε.": "ρομποτ",
    "株式会社さくら": "さくら",
    "さくら(株)": "さくら",
    "さくら㈱": "さくら",
    "大洋股份有限公司": "大洋",
    "하늘 주식회사": "하늘",
    "ＦＵＬＬＷＩＤＴＨ Ｉｎｃ．": "fullwidth",
    "D’Artagnan": "dartagnan",
    "D'Artagnan Oy": "dartagnan",
    "J.P. Fischer": "jp fischer",
    "Kestrel (member)": "kestrel",
    "Kestrel (formerly Osprey) Ltd": "kestrel",
    "Kestrel Bank (Portugal)": "kestrel bank portugal",
    "Kestrel [UK]": "kestrel",
    "(Kestrel)": "kestrel",
    "Streaming+": "streaming plus",
    "Ørsund ÆTHER": "orsund aether",
    "Straße": "strasse",
    "Kes\u200btrel": "kestrel",
    "The": "the",
    "Ltd": "ltd",
    "株式会社": "株式会社",
    "!!!": None,
    "": None,
}


@pytest.mark.parametrize(("name", "key"), KEYS.items())
def test_company_name_key(name: str, key: str | None) -> None:
    assert name_keys(pl.Series([name])).spaced.to_list() == [key]


def test_a_missing_name_stays_missing() -> None:
    assert name_keys(pl.Series([None, "Kestrel"], dtype=pl.String)).name.to_list() == [None, "kestrel"]


@pytest.mark.parametrize(
    ("name", "spaced", "key"),
    [
        ("Kestrel.com, Inc.", "kestrel com", "kestrel"),
        ("Kestrel.io", "kestrel io", "kestrel"),
        ("kestrel.co.uk", "kestrel couk", "kestrel"),
        ("Kestrel.ai", "kestrel ai", "kestrelai"),
        ("X.com", "xcom", "xcom"),
        ("Kestrel.com Travel", "kestrel com travel", "kestrelcomtravel"),
        ("Sun Com", "sun com", "suncom"),
    ],
)
def test_a_domain_ending_goes_from_the_key_and_stays_in_the_spaced_name(
    name: str, spaced: str, key: str
) -> None:
    keys = name_keys(pl.Series([name]))
    assert (keys.spaced[0], keys.name[0]) == (spaced, key)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Kestrel", True), ("Kestrel Labs", False), ("Larkspurs", False), ("Evergreen", True), ("First National Bank", True),
     ("小米", True), ("安泰商業銀行", False), ("Bio Rad", False), ("!!!", False)],
)  # fmt: skip
def test_short_words_and_common_names_are_weak(name: str, expected: bool) -> None:  # noqa: FBT001
    keys = name_keys(pl.Series([name]))
    assert weak(keys.bare, keys.name)[0] is expected


def test_names_in_other_scripts_are_transliterated_and_latin_ones_are_not() -> None:
    spaced = name_keys(pl.Series(["Газпром", "Café Zürich", "Łódź", "plain", None])).spaced
    assert latin(spaced).to_list() == ["gazprom", None, None, None, None]


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("Zephyra Airways Ltd", "zephyra"),
        ("Zephyra", "zephyra"),
        ("Bank of Zephyra Holdings", "bankofzephyra"),
        ("United Airlines Holdings", "unitedairlines"),
        ("Global Services Group", None),
        ("3 M", None),
        ("Group of " * 6 + "Zephyra", None),
        ("Q Zephyra", "qzephyra"),
    ],
)
def test_the_head_ends_with_the_first_rare_word(name: str, head: str | None) -> None:
    assert name_heads(name_keys(pl.Series([name])).bare).to_list() == [head]


@pytest.mark.parametrize(
    "name",
    ["N/A", "not available", "No Name", "TBD", "Unbekannt GmbH", "test account", "keine Angabe"],
)
def test_a_placeholder_is_no_name(name: str) -> None:
    assert name_keys(pl.Series([name])).name.to_list() == [None]


@pytest.mark.parametrize(
    ("name", "is_weak"),
    [("X Y", True), ("A 1", True), ("B & B", True), ("Bio Rad", False), ("Ministry of Finance", True)],
)
def test_a_few_letters_are_weak_in_whatever_words(name: str, is_weak: bool) -> None:  # noqa: FBT001 - a table's column
    keys = name_keys(pl.Series([name]))
    assert weak(keys.bare, keys.name).to_list() == [is_weak]


@pytest.mark.parametrize("word", ["&", "und", "et", "och", "og", "+"])
def test_and_is_one_word_in_many_languages(word: str) -> None:
    assert name_keys(pl.Series([f"Kestrel {word} Heron AG"])).name.to_list() == ["kestrelandheron"]
