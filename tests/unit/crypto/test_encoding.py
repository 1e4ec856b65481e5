import pytest

from service.crypto import InvitationCode, Mode, Party, code_secret, line
from service.crypto.encoding import check_id, from_hex, number, read_number
from service.crypto.errors import EncodingError, KeyMaterialError


def test_a_line_names_the_suite_and_joins_its_parts() -> None:
    assert line("epoch", "a b", 7, "-") == b"commonground/1|epoch|a b|7|-"


@pytest.mark.parametrize(
    "part", ["", "a|b", "a\nb", "\x1f", "\x7f", "\x85", "münchen", "a\x00", "a\n", -1, True]
)
def test_a_part_that_could_be_read_otherwise_is_refused(part: str | int) -> None:
    with pytest.raises(EncodingError):
        line("token", part)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0190A000-0000-7000-8000-00000000000a",
        "0190a000-0000-7000-8000-00000000000A",
        "0190a0000000700080000000000000aa",
        "{0190a000}",
        "a\n",
    ],
)
def test_an_id_that_is_not_lowercase_uuid_text_is_refused(text: str) -> None:
    with pytest.raises(EncodingError, match="lowercase"):
        check_id(text, "organization")


def test_an_id_with_a_line_end_is_refused() -> None:
    with pytest.raises(EncodingError):
        check_id("0190a000-0000-7000-8000-00000000000a\n", "organization")


@pytest.mark.parametrize("text", ["", "01", "+1", "1 ", "1\n", "1e3", "-1", "1_0", "९", "9" * 20])
def test_a_number_in_other_digits_is_refused(text: str) -> None:
    with pytest.raises(EncodingError):
        read_number(text, "an epoch")


def test_a_number_below_its_least_is_refused() -> None:
    assert number(0, "a revision") == 0
    with pytest.raises(EncodingError, match="from 1 up"):
        number(0, "an epoch", at_least=1)


@pytest.mark.parametrize("text", ["0A" * 4, "00" * 3, "00" * 5, "0g" * 4, "00 00 00", ""])
def test_hex_of_another_length_or_form_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(EncodingError) as refused:
        from_hex(text, 4, "a test")
    assert text == "" or text not in str(refused.value)


def test_an_identity_of_another_length_is_refused() -> None:
    with pytest.raises(KeyMaterialError, match="31 bytes"):
        Party("0190a000-0000-7000-8000-00000000000a", Mode.HOSTED, bytes(31))


def test_a_drawn_code_is_128_bits_in_crockford_letters() -> None:
    assert InvitationCode.draw(bytes).reveal() == "0" * 26
    assert InvitationCode.draw(lambda count: b"\xff" * count).reveal() == "7" + "Z" * 25
    assert (
        InvitationCode.draw(lambda count: bytes(count - 1) + b"\x10").reveal() == "0000000000000000000000000G"
    )
    assert InvitationCode.draw().reveal() != InvitationCode.draw().reveal()


def test_a_code_is_read_as_people_type_it() -> None:
    typed = InvitationCode.typed(" 7zqk-3m9t 2vx4-b8r6-ndhc-5yjw-le ")
    assert typed.reveal() == "7ZQK3M9T2VX4B8R6NDHC5YJW1E"
    assert InvitationCode.typed("o" * 24 + "iG").reveal() == "0" * 24 + "1G"


@pytest.mark.parametrize(
    "text",
    ["", "8" + "0" * 25, "0" * 25, "0" * 27, "0" * 25 + "U", "0" * 25 + "g", "0" * 25 + "I", "0" * 26 + "\n"],
)
def test_a_code_of_another_form_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(EncodingError) as refused:
        InvitationCode(text)
    assert text == "" or text not in str(refused.value)


def test_no_code_is_32_zero_bytes() -> None:
    assert code_secret(None).reveal() == bytes(32)
