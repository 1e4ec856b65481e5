from dataclasses import replace
from typing import Any

import pytest

from service.crypto import EpochBook, ExchangeKey, InvitationCode, PairKeys, Pins, agree_pair, code_secret
from tests.unit.crypto.support import DOCUMENT, HI, LO, PARTNERSHIP, Meet, Organization, organization


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "vector" in metafunc.fixturenames:
        vectors = DOCUMENT["vectors"]
        metafunc.parametrize("vector", vectors, ids=[f"vector {vector['number']}" for vector in vectors])


@pytest.fixture
def document() -> dict[str, Any]:
    return DOCUMENT


@pytest.fixture
def lo() -> Organization:
    return organization(LO, 1)


@pytest.fixture
def hi() -> Organization:
    return organization(HI, 2)


@pytest.fixture
def book(lo: Organization, hi: Organization) -> EpochBook:
    """The book of `lo` before any epoch."""
    return EpochBook(Pins(PARTNERSHIP, own=lo.party, partner=hi.party))


@pytest.fixture
def meet(lo: Organization, hi: Organization, book: EpochBook) -> Meet:
    """Both sides open an epoch, each with the code that it was given; the pair keys as either derives them."""

    def meeting(
        code_lo: InvitationCode | None = None, code_hi: InvitationCode | None = None, *, epoch: int = 1
    ) -> tuple[PairKeys, PairKeys]:
        x_lo, x_hi = ExchangeKey.draw(), ExchangeKey.draw()
        opened = replace(book, highest=epoch - 1)
        opened = opened.accept(lo.states(hi.party, x_lo, epoch=epoch))
        opened = opened.accept(hi.states(lo.party, x_hi, epoch=epoch))
        st_lo, st_hi = opened.both()
        return (
            agree_pair(x_lo, st_lo, st_hi, code_secret(code_lo)),
            agree_pair(x_hi, st_hi, st_lo, code_secret(code_hi)),
        )

    return meeting
