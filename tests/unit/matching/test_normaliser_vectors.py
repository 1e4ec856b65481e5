"""The published vectors of the normaliser hold wherever an address is normalised: in a whole list and alone, for the service and for `match`."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from service.linking.prepare import prepare
from service.matching import NORMALISER_VERSION
from service.matching.domains import account_domains, company_domain

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "normaliser-1.json").read_text(encoding="utf-8")
)
VECTORS: list[dict[str, str | None]] = DOCUMENT["domains"]
EXPECTED = [(vector["address"], vector["domain"], vector["reason"]) for vector in VECTORS]


def columns(addresses: list[str | None]) -> tuple[pl.Series, pl.Series, pl.Series]:
    size = len(addresses)
    texts = (addresses, [None] * size, [DOCUMENT["name"]] * size)
    website, email, name = (pl.Series(values, dtype=pl.String) for values in texts)
    return website, email, name


def test_there_are_vectors_of_every_kind_and_of_this_normaliser() -> None:
    assert len(VECTORS) >= 150
    assert DOCUMENT["normaliser"].split(".")[0] == NORMALISER_VERSION.split(".")[0]
    assert len({address for address, _, _ in EXPECTED}) > 150
    assert min(Counter(vector["kind"] for vector in VECTORS).values()) >= 8


def test_vectors_hold_in_one_list() -> None:
    found = account_domains(*columns([vector["address"] for vector in VECTORS]))
    assert list(zip([v["address"] for v in VECTORS], found.domain, found.reason, strict=True)) == EXPECTED


def test_vectors_hold_in_what_is_matched() -> None:
    website, _, name = columns([vector["address"] for vector in VECTORS])
    prepared = prepare(pl.DataFrame({"name": name, "website": website}))
    found = [
        (address, domain) for address, domain in zip(website, prepared.normalised["domain"], strict=True)
    ]
    assert found == [(address, domain) for address, domain, _ in EXPECTED]


@pytest.mark.parametrize("kind", sorted({str(vector["kind"]) for vector in VECTORS}))
def test_vectors_hold_one_by_one(kind: str) -> None:
    for vector in VECTORS:
        if vector["kind"] == kind:
            alone = account_domains(*columns([vector["address"]]))
            assert (alone.domain[0], alone.reason[0]) == (vector["domain"], vector["reason"]), vector
            if vector["domain"] is not None:
                assert company_domain(str(vector["address"])).domain == vector["domain"], vector
