"""A token column cut into segments of about 64 k tokens: the rows of the token store. Segments never change once written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from service.linking.columns import REF_BYTES, TOKEN_BYTES, TokenColumn

SEGMENT_TOKENS = 65_536


@dataclass(frozen=True, slots=True)
class Segment:
    """`tokens`: count × 16 bytes, sorted; `refs`: count × 8 bytes, in the same order; `first` and `last` bound the tokens."""

    number: int
    first: bytes
    last: bytes
    count: int
    tokens: bytes
    refs: bytes


def cut(column: TokenColumn, *, size: int = SEGMENT_TOKENS) -> Iterator[Segment]:
    """Cut a sorted column into consecutive segments; an empty column has none."""
    tokens, refs = column.token_bytes(), column.ref_bytes()
    for number, start in enumerate(range(0, len(column), size)):
        count = min(size, len(column) - start)
        part = tokens[start * TOKEN_BYTES : (start + count) * TOKEN_BYTES]
        yield Segment(
            number=number,
            first=part[:TOKEN_BYTES],
            last=part[-TOKEN_BYTES:],
            count=count,
            tokens=part,
            refs=refs[start * REF_BYTES : (start + count) * REF_BYTES],
        )


def join(segments: Iterable[Segment]) -> TokenColumn:
    """The column that `cut` made, from its segments in any order."""
    ordered = sorted(segments, key=lambda s: s.number)
    return TokenColumn.concat([TokenColumn.from_bytes(s.tokens, s.refs) for s in ordered])
