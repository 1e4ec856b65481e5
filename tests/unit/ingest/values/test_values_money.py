# ruff: noqa: RUF001 - look-alike letters are what is tested
"""Amounts of money and plain numbers, as people write them in eight languages."""

import polars as pl
import pytest

from service.ingest.values import Hints, amounts, column_hints, numbers
from service.ingest.values.units import currencies, multipliers


def money(text: str, **options: str) -> tuple[str | None, str | None]:
    read = amounts(pl.Series([text]), **options)
    assert read.faults[0] is None, read.faults[0]
    return read.values.row(0)


def why_not(text: str) -> str:
    read = amounts(pl.Series([text]))
    assert read.values.row(0) == (None, None)
    return str(read.faults[0])


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        # as programs and English speakers write
        ("1200000", "1200000", None), ("0", "0", None), ("-5", "-5", None), ("007", "7", None), ("1.2M", "1200000", None),
        ("$12,000,000", "12000000", "USD"), ("US$ 5bn", "5000000000", "USD"), ("USD 1.5E+06", "1500000", "USD"),
        ("$1.2 million", "1200000", "USD"), ("£ 12.50", "12.5", "GBP"), ("5k$", "5000", "USD"), ("A$500", "500", "AUD"),
        ("C$ 1,000.00", "1000", "CAD"), ("$ 5 CAD", "5", "CAD"), ("NZ$1.1m", "1100000", "NZD"), ("₹12,34,567.00", "1234567", "INR"),
        ("HK$ 3 billion", "3000000000", "HKD"), ("2.5 trillion yen", "2500000000000", "JPY"), ("12 million US dollars", "12000000", "USD"),
        ("about 5 million pounds sterling", "5000000", "GBP"), ("AED 5m", "5000000", "AED"), ("1,000,000", "1000000", None),
        # German
        ("€ 3,4 Mio", "3400000", "EUR"), ("3,4 Mrd. EUR", "3400000000", "EUR"), ("1.234.567,89 €", "1234567.89", "EUR"),
        ("TEUR 500", "500000", "EUR"), ("T€ 500", "500000", "EUR"), ("kEUR 500", "500000", "EUR"), ("500,- €", "500", "EUR"),
        ("500,–€", "500", "EUR"), ("12 Tsd. Euro", "12000", "EUR"), ("2,5 Milliarden Euro", "2500000000", "EUR"), ("ca. 7 Mio. CHF", "7000000", "CHF"),
        ("CHF 1'234'567.89", "1234567.89", "CHF"), ("Fr. 1’200.–", "1200", "CHF"), ("12 Mio. US-Dollar", "12000000", "USD"),
        # French
        ("1 234 567,89 €", "1234567.89", "EUR"), ("3,4 M€", "3400000", "EUR"), ("12 Md€", "12000000000", "EUR"), ("50 k€", "50000", "EUR"),
        ("10 milliards d'euros", "10000000000", "EUR"), ("5 millions de dollars", "5000000", "USD"), ("1 200,00", "1200", None),
        # Spanish
        ("5 mil millones", "5000000000", None), ("3,4 millones de euros", "3400000", "EUR"), ("12 mil €", "12000", "EUR"),
        ("1.200.000,50 pesos mexicanos", "1200000.5", "MXN"), ("2 billones", "2000000000000", None), ("US$ 4,5 millones", "4500000", "USD"),
        # Portuguese
        ("R$ 1.234,56", "1234.56", "BRL"), ("R$ 3 bi", "3000000000", "BRL"), ("R$ 2,5 mi", "2500000", "BRL"), ("3 milhões de reais", "3000000", "BRL"),
        ("5 mil milhões de euros", "5000000000", "EUR"), ("R$ 1,2 bilhão", "1200000000", "BRL"),
        # Indonesian
        ("Rp 5 miliar", "5000000000", "IDR"), ("Rp1.500.000", "1500000", "IDR"), ("Rp 2,5 triliun", "2500000000000", "IDR"), ("Rp 750 juta", "750000000", "IDR"),
        ("500 ribu rupiah", "500000", "IDR"), ("IDR 12jt", "12000000", "IDR"),
        # Russian
        ("1,5 млн ₽", "1500000", "RUB"), ("5 млрд руб.", "5000000000", "RUB"), ("около 200 тыс. рублей", "200000", "RUB"), ("10 000 р.", "10000", "RUB"),
        ("3 млн долларов США", "3000000", "USD"), ("1 234,56 евро", "1234.56", "EUR"), ("12 млрд тенге", "12000000000", "KZT"),
        # Japanese
        ("3億円", "300000000", "JPY"), ("1億2000万円", "120000000", "JPY"), ("1億 2,000万円", "120000000", "JPY"), ("100百万円", "100000000", "JPY"),
        ("約5000万円", "50000000", "JPY"), ("￥１，０００", "1000", "JPY"), ("2.5兆円", "2500000000000", "JPY"), ("300千円", "300000", "JPY"),
        ("500万ドル", "5000000", "USD"), ("10万ユーロ", "100000", "EUR"),
        # signs
        ("(1,200.50)", "-1200.5", None), ("-$5", "-5", "USD"), ("$-5", "-5", "USD"), ("5-", "-5", None), ("−3,4 Mio €", "-3400000", "EUR"), ("+7", "7", None),
        ("($5)", "-5", "USD"), ("-0", "0", None), ("-0.00", "0", None),
        # signs that several countries share
        ("$5", "5", "USD"), ("¥5", "5", "JPY"), ("£5", "5", "GBP"), ("500 kr", "500", None), ("Rs 500", "500", None),
        # no currency of its own
        ("2.500", "2500", None), ("2,500", "2500", None), ("0.125", "0.125", None), ("1234.567", "1234.567", None), (".5", "0.5", None),
    ],
)  # fmt: skip
def test_amounts_are_read_with_their_currency(text: str, amount: str, currency: str | None) -> None:
    assert money(text) == (amount, currency)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("foo", "is no amount"), ("€", "is no amount"), ("foo 5", "holds 'foo', which is no unit or currency that is known"),
        ("€10M-€50M", "holds more than one number"), ("10 - 50 Mio", "holds more than one number"), (">5M", "is a bound"), ("$5M+", "is a bound"),
        ("< 1 Mio €", "is a bound"), ("1.2.3", "marks between its digits that don't fit together"), ("1,23,4.5", "don't fit together"),
        ("5 EUR USD", "names two currencies"), ("R$ 5 EUR", "names two currencies"), ("Rp 5 M", "may be million (juta) or miliar"),
        ("5 T", "thousand in German and trillion in English"), ("--5", "more than one sign"), ("(-5)", "more than one sign"), ("(5", "brackets"),
        ("5)", "brackets"), ("1" * 31, "more than 30 digits"), ("1e99", "more than 30 digits"), ("5 million billion billion", "larger than any amount"),
        ("1万2億円", "more than one number"), ("x" * 4096, "more than 120 characters"), ("5 apples", "'apples'"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_told_and_not_guessed(text: str, why: str) -> None:
    told = why_not(text)
    assert why in told
    assert told.startswith(f"'{text[:60]}")
    assert told.endswith(": write an amount such as 1200000, 1.2M, € 3,4 Mio or USD 12,000,000.")


def test_the_lists_own_currency_stands_where_none_is_named_and_settles_shared_signs() -> None:
    assert money("500 kr", currency="SEK") == ("500", "SEK")
    assert money("$5", currency="CAD") == ("5", "CAD")
    assert money("¥5", currency="CNY") == ("5", "CNY")
    assert money("$5", currency="EUR") == ("5", "USD"), "the list is in euros, this value isn't"
    assert money("5", currency="EUR") == ("5", "EUR")
    assert money("5,00", currency="EUR") == ("5", "EUR")
    assert money("£5", currency="EUR") == ("5", "GBP")


@pytest.mark.parametrize(
    ("column", "amount"),
    [
        (["1.234", "0,5"], "1234"), (["1.234", "0.5"], "1.234"), (["1.234", "1,234,567"], "1.234"), (["1.234", "1.234.567"], "1234"),
        (["1.234", "€ 3,4 Mio"], "1234"), (["1.234", "1.2M"], "1.234"), (["1.234", "0.5", "0,5"], "1234"), (["1.234", "7"], "1234"),
        (["1.234", "nothing 1.5.6,7"], "1234"), (["1.234", "1 234,5"], "1234"), (["1.234", "1'234.5"], "1.234"),
    ],
)  # fmt: skip
def test_a_mark_with_three_digits_behind_it_is_settled_by_the_columns_other_values(
    column: list[str], amount: str
) -> None:
    assert amounts(pl.Series(column)).values["amount"][0] == amount


def test_hints_of_batches_are_joined() -> None:
    first, second = pl.Series(["1.234"]), pl.Series(["0.5"])
    assert amounts(first).values["amount"][0] == "1234"
    joined = column_hints(first) | column_hints(second)
    assert amounts(first, joined).values["amount"][0] == "1.234"
    assert (joined | Hints(frozenset(","))).decimal_mark is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", "12"), ("-12", "-12"), ("1,234.50", "1234.5"), ("1.234,50", "1234.5"), ("1 234,5", "1234.5"), ("1'234.5", "1234.5"), ("45 %", "45"),
     ("4,5%", "4.5"), ("(5)", "-5"), ("5-", "-5"), ("1e6", "1000000"), ("1.5E-3", "0.0015"), (".5", "0.5"), ("0.10", "0.1"), ("+7", "7"),
     ("１２．５", "12.5"), ("10.0", "10"), ("00.5", "0.5"), ("1_000", "1000"), ("123456789012345678901", "123456789012345678901")],
)  # fmt: skip
def test_numbers_are_read_whatever_their_marks(text: str, number: str) -> None:
    read = numbers(pl.Series([text]))
    assert (read.values["number"][0], read.faults[0]) == (number, None)


@pytest.mark.parametrize(
    "text", ["twelve", "1.2.3", "12a", "--5", "€5", "1/2", "0x10", "NaN", "inf", "٣", "1.234", "1,234"]
)
def test_what_is_no_number_or_may_be_two_is_refused(text: str) -> None:
    read = numbers(pl.Series([text]))
    assert read.values["number"][0] is None
    assert read.faults[0].startswith(f"'{text}' ")
    assert read.faults[0].endswith("write a number such as 1234.5, 1,234.50 or 1.234,50.")


def test_missing_and_blank_values_are_neither_values_nor_faults() -> None:
    column = pl.Series([None, "", "  ", "5", "x"])
    for read in (amounts(column), numbers(column)):
        assert read.values.to_series(0).to_list() == [None, None, None, "5", None]
        assert [told is not None for told in read.faults] == [False, False, False, False, True]
        assert read.faulty == 1
    assert numbers(pl.Series([None], dtype=pl.String)).values.to_series(0).to_list() == [None]
    assert numbers(pl.Series([], dtype=pl.String)).values.height == 0


def test_a_fault_repeats_the_value_cut_and_without_what_cannot_be_stored() -> None:
    read = numbers(pl.Series(["a\x00b\n" + "c" * 100]))
    assert read.faults[0].startswith("'a b " + "c" * 56 + "…' ")


def test_a_spelling_of_a_currency_means_one_currency_unless_the_table_says_that_it_is_shared() -> None:
    doubtful = {word: codes for word, codes in currencies().items() if len(codes) > 1}
    assert {"$", "kr", "rs", "peso", "dinar"} <= doubtful.keys()
    own = [word for word, codes in doubtful.items() if codes[0]]
    assert sorted(own) == sorted(["$", "dollar", "dollars", "£", "¥", "₩", "руб", "рублеи", "dh"])
    assert all(len(codes) == len(set(codes)) for codes in doubtful.values())
    assert currencies()["eur"] == ("EUR",)
    assert len({codes[0] for codes in currencies().values()} - {""}) >= 150
    assert set(multipliers().values()) == {3, 4, 6, 7, 8, 9, 12}
    assert not multipliers().keys() & currencies().keys(), "a word is a multiplier or a currency"
