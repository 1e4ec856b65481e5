"""The text of a key: whose it is, which world it opens, and whether it was mistyped."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.organizations.errors import InvalidApiKeyError
from service.organizations.keys import ALPHABET, new_key, parse_key

ORG = UUID("01a20203-dcee-7c24-b3cf-d5f360229b7e")


@given(org_id=st.uuids(), sandbox=st.booleans())
def test_a_key_reads_back_as_it_was_made(org_id: UUID, *, sandbox: bool) -> None:
    key = new_key(org_id, sandbox=sandbox)
    assert parse_key(key.text) == key
    assert (key.org_id, key.sandbox) == (org_id, sandbox)
    assert key.text.startswith("cg_test_" if sandbox else "cg_live_")


@given(at=st.integers(0, 92), character=st.sampled_from(ALPHABET))
def test_one_character_mistyped_is_no_key(at: int, character: str) -> None:
    text = new_key(ORG).text
    wrong = text[:at] + character + text[at + 1 :]
    if wrong != text:
        with pytest.raises(InvalidApiKeyError):
            parse_key(wrong)


def test_the_checksum_covers_the_world_that_a_key_opens() -> None:
    with pytest.raises(InvalidApiKeyError):
        parse_key(new_key(ORG).text.replace("cg_live_", "cg_test_"))


@pytest.mark.parametrize(
    "wrong",
    ["", "cg_live_", " " + new_key(ORG).text, new_key(ORG).text + "\n", new_key(ORG).text.upper()],
    ids=["nothing", "a beginning", "a space before", "a line's end behind", "capitals"],
)
def test_what_is_around_a_key_makes_it_none(wrong: str) -> None:
    with pytest.raises(InvalidApiKeyError):
        parse_key(wrong)


def test_a_key_shows_neither_its_text_nor_its_digest() -> None:
    key = new_key(ORG)
    for said in (repr(key), str(key), f"{key}", key.shown):
        assert key.text[44:86] not in said
        assert key.digest.hex() not in said
    assert key.prefix in key.shown


def test_two_keys_of_one_organization_share_nothing_but_its_id() -> None:
    one, other = new_key(ORG).text, new_key(ORG).text
    assert one[:34] == other[:34]
    assert one[34:86] != other[34:86]
