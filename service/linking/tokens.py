"""Match keys → tokens of one side in one partnership and epoch: both HMACs, column-wise."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from service.crypto.columns import tokens_of_texts
from service.linking.columns import U64, TokenColumn
from service.linking.keys import LinkKeys
from service.linking.prepare import Prepared
from service.matching.kinds import KeyKind


def token_bytes(keys: pl.Series, kind: KeyKind, link: LinkKeys) -> NDArray[np.uint8]:
    """Tokens of a column of key texts: uint8 (n, 16). The inner token lives only inside this call."""
    return tokens_of_texts(keys, link.token_key(kind), link.outer)


def tokenise(prepared: Prepared, refs: U64, link: LinkKeys) -> dict[KeyKind, TokenColumn]:
    """One sorted column a kind; `refs` (u64, one an account in `prepared`'s order) name the accounts in this partnership."""
    return tokens_of(prepared.keys.columns, refs, link)


def tokens_of(keys: Mapping[KeyKind, pl.DataFrame], refs: U64, link: LinkKeys) -> dict[KeyKind, TokenColumn]:
    """As `tokenise`, of `index` and `key` pairs a kind."""
    return {
        kind: TokenColumn.of(token_bytes(frame["key"], kind, link), refs[frame["index"].to_numpy()])
        for kind, frame in keys.items()
        if frame.height
    }
