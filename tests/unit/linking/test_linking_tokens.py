import hashlib
import hmac

import numpy as np
import polars as pl

from service.linking.keys import LinkKeys
from service.linking.prepare import prepare
from service.linking.tokens import tokenise
from service.matching.kinds import KeyKind

ACCOUNTS = pl.DataFrame(
    {
        "name": ["Siemens AG", "Müller Stahl GmbH", None, "Gizmo"],
        "website": ["siemens.com", None, "https://www.example.co.uk/shop", None],
        "lei": ["W38RGI023J3WT1HWRP32", None, None, None],
    }
)
REFS = np.array([40, 30, 20, 10], dtype=np.uint64)


def mac(key: str, text: str) -> bytes:
    return hmac.digest(key.encode("ascii"), text.encode(), hashlib.sha256)


def token(link: LinkKeys, kind: KeyKind, text: str) -> bytes:
    """As the protocol has it, row by row."""
    inner = mac(link.pair.token_key(kind.value, link.normaliser).reveal(), text)[:16]
    return mac(link.outer.reveal(), inner.hex())[:16]


def test_tokens_are_both_hashes_of_each_key_beside_its_accounts_reference(
    links: tuple[LinkKeys, LinkKeys],
) -> None:
    prepared = prepare(ACCOUNTS)
    made = tokenise(prepared, REFS, links[0])
    given = {kind for kind, frame in prepared.keys.columns.items() if frame.height}
    assert set(made) == given >= {KeyKind.DOMAIN, KeyKind.NAME, KeyKind.NAME_WEAK, KeyKind.REGISTRY_ID}
    for kind, column in made.items():
        expected = sorted(
            (token(links[0], kind, key), int(REFS[index]).to_bytes(8))
            for index, key in prepared.keys.columns[kind].select("index", "key").rows()
        )
        assert b"".join(t for t, _ in expected) == column.token_bytes()
        assert b"".join(r for _, r in expected) == column.ref_bytes()


def test_both_sides_derive_the_same_tokens(links: tuple[LinkKeys, LinkKeys]) -> None:
    mine, theirs = (tokenise(prepare(ACCOUNTS), REFS, link) for link in links)
    assert mine.keys() == theirs.keys()
    assert all(mine[kind].token_bytes() == theirs[kind].token_bytes() for kind in mine)


def test_one_key_text_has_another_token_in_each_kind(links: tuple[LinkKeys, LinkKeys]) -> None:
    assert len({token(links[0], kind, "siemens") for kind in KeyKind}) == len(KeyKind)


def test_a_list_without_keys_has_no_tokens(links: tuple[LinkKeys, LinkKeys]) -> None:
    assert tokenise(prepare(ACCOUNTS.head(0)), REFS[:0], links[0]) == {}
