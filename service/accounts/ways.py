"""How records of each kind that come over the API go the way of a file: their target, and what its comparison leaves behind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from service.accounts.contact_target import ContactTarget
from service.accounts.opportunity_target import OpportunityTarget
from service.accounts.target import AccountTarget
from service.crypto import Keystore
from service.imports.models import ImportKind
from service.imports.target import Target
from service.ingest.kinds import ACCOUNTS, CONTACTS, OPPORTUNITIES, RecordKind

_ATTACHED: Final = (
    "SELECT identity, coalesce(id, new_id) AS id, id IS NULL AS is_new, false AS same FROM incoming"
)


@dataclass(frozen=True, slots=True)
class Way:
    """`staged` is SQL of `identity`, `id`, `is_new` and `same` of what `target` has compared; `known` gives `row` and `identity` of a batch."""

    kind: ImportKind
    records: RecordKind
    target: Target[Any, Any]
    staged: str
    known: Callable[[Any], pl.DataFrame]

    @property
    def table(self) -> str:
        return self.records.name


ACCOUNT_WAY: Final = Way(
    ImportKind.ACCOUNTS, ACCOUNTS, AccountTarget(),
    "SELECT identity, coalesce(account_id, new_id) AS id, account_id IS NULL AS is_new, same FROM incoming",
    lambda batch: batch.known,
)  # fmt: skip
OPPORTUNITY_WAY: Final = Way(
    ImportKind.OPPORTUNITIES, OPPORTUNITIES, OpportunityTarget(), _ATTACHED, lambda batch: batch[0]
)


def contact_way(keystore: Keystore) -> Way:
    return Way(ImportKind.CONTACTS, CONTACTS, ContactTarget(keystore), _ATTACHED, lambda batch: batch)
