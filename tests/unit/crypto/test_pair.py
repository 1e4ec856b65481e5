"""KEY-12: both sides hold one secret, and notice when they don't."""

import pytest

from service.crypto import FieldPlace, InvitationCode, Side
from service.crypto.errors import ConfirmationError, EncodingError, RecordError, StatementError
from tests.unit.crypto.support import HI, LO, Meet

CODE = InvitationCode("7ZQK3M9T2VX4B8R6NDHC5YJW1E")
OTHER_CODE = InvitationCode("7ZQK3M9T2VX4B8R6NDHC5YJW1F")
STRANGER = "0190a000-0000-7000-8000-00000000000c"


def test_both_sides_confirm_each_other_with_the_same_code(meet: Meet) -> None:
    lo_pair, hi_pair = meet(CODE, CODE)
    lo_pair.check_confirmation(HI, hi_pair.confirmation(HI))
    hi_pair.check_confirmation(LO, lo_pair.confirmation(LO))
    assert lo_pair.token_key("domain", "n1").reveal() == hi_pair.token_key("domain", "n1").reveal()


@pytest.mark.parametrize(("code_lo", "code_hi"), [(CODE, OTHER_CODE), (CODE, None), (None, CODE)])
def test_a_wrong_code_shows_in_the_confirmation(
    meet: Meet, code_lo: InvitationCode | None, code_hi: InvitationCode | None
) -> None:
    lo_pair, hi_pair = meet(code_lo, code_hi)
    with pytest.raises(ConfirmationError, match="send nothing"):
        lo_pair.check_confirmation(HI, hi_pair.confirmation(HI))
    with pytest.raises(ConfirmationError):
        hi_pair.check_confirmation(LO, lo_pair.confirmation(LO))
    assert lo_pair.token_key("domain", "n1").reveal() != hi_pair.token_key("domain", "n1").reveal()


def test_ones_own_confirmation_sent_back_is_refused(meet: Meet) -> None:
    lo_pair, _ = meet()
    for received in (lo_pair.confirmation(LO), b"", lo_pair.confirmation(HI)[:-1]):
        with pytest.raises(ConfirmationError):
            lo_pair.check_confirmation(HI, received)


def test_every_kind_normaliser_and_use_has_its_own_key(meet: Meet) -> None:
    pair, _ = meet()
    keys = [pair.token_key(kind, version) for kind in ("name", "domain") for version in ("n1", "n2")]
    texts = [
        key.reveal() for key in (*keys, pair.evidence_key("name", "n1"), pair.evidence_key("domain", "n1"))
    ]
    assert len(set(texts)) == len(texts)


def test_another_epoch_has_other_keys(meet: Meet) -> None:
    assert (
        meet(epoch=1)[0].token_key("name", "n1").reveal() != meet(epoch=2)[0].token_key("name", "n1").reveal()
    )


def test_a_kind_that_could_be_read_as_two_parts_is_refused(meet: Meet) -> None:
    with pytest.raises(EncodingError):
        meet()[0].token_key("name|n1", "n2")


def test_the_sides_are_told_apart_by_their_ids(meet: Meet) -> None:
    pair, _ = meet()
    assert (pair.lo, pair.hi) == (LO, HI)
    assert (pair.side(LO), pair.side(HI)) == (Side.LO, Side.HI)


def test_a_stranger_has_no_side_confirmation_or_direction(meet: Meet) -> None:
    pair, _ = meet()
    for refused in (
        lambda: pair.side(STRANGER),
        lambda: pair.confirmation(STRANGER),
        lambda: pair.seal_key(LO, STRANGER),
        lambda: pair.seal_key(STRANGER, HI),
        lambda: pair.seal_key(LO, LO),
    ):
        with pytest.raises(StatementError, match="no side"):
            refused()


def test_a_record_sent_back_to_its_sender_does_not_open(meet: Meet) -> None:
    lo_pair, hi_pair = meet()
    place = FieldPlace(reference=1, field="owner", revision=1)
    record = lo_pair.seal_key(LO, HI).seal("Ada", place)
    assert hi_pair.seal_key(LO, HI).unseal(record, place) == "Ada"
    with pytest.raises(RecordError):
        lo_pair.seal_key(HI, LO).unseal(record, place)
