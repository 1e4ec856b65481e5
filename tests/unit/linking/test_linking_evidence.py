import hashlib
import hmac

import numpy as np
import polars as pl
import pytest

from service.linking.evidence import CODES, TOKEN, codes_for, wanted
from service.linking.keys import LinkKeys
from service.linking.local import positions
from service.linking.meet import Candidates, meet
from service.linking.prepare import Prepared, prepare
from service.linking.tokens import tokenise
from service.matching.kinds import KeyKind
from service.matching.numbers import EVIDENCE

LEFT = pl.DataFrame(
    {
        "name": ["Siemens AG", "Harbour Analytics Ltd", "Walnut Press Inc", "Orchid Bakery"],
        "website": ["siemens.com", None, "walnutpress.com", None],
        "country": ["DE", "UK", "US", None],
        "city": ["München", "Leeds", None, None],
    }
)
RIGHT = pl.DataFrame(
    {
        "name": ["Orchid Bakery", "Siemens", "Harbour Analytics"],
        "website": [None, "www.siemens.com", None],
        "country": ["FR", "Germany", "United Kingdom"],
        "city": ["Lyon", "münchen", "York"],
    }
)
REFS = (np.array([9, 5, 7, 3], dtype=np.uint64), np.array([1, 4, 2], dtype=np.uint64))
Met = tuple[Candidates, Prepared, Prepared]


@pytest.fixture
def met(links: tuple[LinkKeys, LinkKeys]) -> Met:
    left, right = prepare(LEFT), prepare(RIGHT)
    return meet(tokenise(left, REFS[0], links[0]), tokenise(right, REFS[1], links[1])), left, right


def reference(link: LinkKeys, kind: KeyKind, key: str, attribute: str, value: str | None) -> int:
    if value is None:
        return 0
    text = f"{key}\x1f{attribute}\x1f{value}".encode()
    secret = link.pair.evidence_key(kind.value, link.normaliser).reveal().encode("ascii")
    return int.from_bytes(hmac.digest(secret, text, hashlib.sha256)[:2]) or 1


def test_codes_stand_in_the_order_asked_and_are_those_of_the_protocol(
    met: Met, links: tuple[LinkKeys, LinkKeys]
) -> None:
    candidates, left, _ = met
    asked = wanted(candidates.meetings, "left")
    answer = codes_for(asked, left, REFS[0], links[0])
    assert answer.select(TOKEN).equals(asked)
    assert [answer.schema[name] for name in CODES] == [pl.UInt16] * len(CODES)
    account = {int(ref): index for index, ref in enumerate(REFS[0])}
    for kind, _, _, ref, *codes in answer.rows():
        [key] = left.keys.columns[KeyKind(kind)].filter(index=account[ref])["key"].unique().to_list()
        values = left.evidence.row(account[ref], named=True)
        assert codes == [reference(links[0], KeyKind(kind), key, value, values[value]) for value in EVIDENCE]


def test_codes_of_the_accounts_asked_for_are_those_of_the_whole_list(
    met: Met, links: tuple[LinkKeys, LinkKeys]
) -> None:
    candidates, _, right = met
    asked = wanted(candidates.meetings, "right")
    at = positions(asked["ref"], REFS[1])
    part = codes_for(asked, right.subset(pl.Series(at, dtype=pl.UInt32)), REFS[1][at], links[1])
    assert part.equals(codes_for(asked, right, REFS[1], links[1]))


def test_a_token_that_the_list_no_longer_gives_has_no_codes(
    met: Met, links: tuple[LinkKeys, LinkKeys]
) -> None:
    candidates, left, _ = met
    asked = wanted(candidates.meetings, "left")
    gone = left.subset(pl.Series([], dtype=pl.UInt32))
    answer = codes_for(asked, gone, REFS[0][:0], links[0])
    assert answer.select(TOKEN).equals(asked)
    assert answer.drop(TOKEN).sum().row(0) == (0,) * len(CODES)


def test_nothing_asked_is_nothing_answered(met: Met, links: tuple[LinkKeys, LinkKeys]) -> None:
    answer = codes_for(wanted(met[0].meetings.head(0), "left"), met[1], REFS[0], links[0])
    assert answer.columns == [*TOKEN, *CODES]
    assert answer.is_empty()


def test_positions_are_those_of_the_wanted_references_in_order() -> None:
    assert positions(pl.Series([7, 9, 7], dtype=pl.UInt64), REFS[0]).tolist() == [0, 2]
