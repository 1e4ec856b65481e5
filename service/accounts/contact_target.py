"""Contacts as a target of imports: who they are stays sealed, and is found again by keyed hashes."""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import ClassVar, Final
from uuid import UUID

import anyio.to_thread
import polars as pl

from service.accounts.attached import compare as attached
from service.accounts.attached import rollback as attached_rollback
from service.accounts.attached.compare import Work
from service.accounts.attached.joining import names_an_account, with_domain
from service.accounts.attached.keeping import with_stored
from service.accounts.attached.table import SPEAKS_OF_ACCOUNT, Table
from service.accounts.models import SEALED_CONTACT
from service.accounts.rollback import forget_history
from service.accounts.rows import SEPARATOR, bounded, canonical, speaks_of, split_duplicates
from service.accounts.staging import refusals
from service.crypto import DataKeys, Keystore, SecretName
from service.db.sessions import TenantReadSession, TenantSession
from service.imports.models import ImportKind
from service.imports.packed import PackedRows
from service.imports.target import Difference, Order, Outcome, Outlook, Ready, Traits
from service.kit.id_columns import new_ids

PERSONAL: Final = ("name", "first_name", "last_name", "email", "phone", "mobile", "linkedin")
"""What is sealed, as one JSON object of texts."""
_PLAIN = ("title", "department", "country", "city", "owner", "status", "consent", "source")
TABLE: Final = Table(
    "contact",
    ImportKind.CONTACTS,
    {**dict.fromkeys(_PLAIN, "text"), "email_hash": "bytea"},
    image="to_jsonb(a) - 'org_id' - 'personal'",
    sealed=("personal",),
    spoken={"account_id": SPEAKS_OF_ACCOUNT, "email_hash": speaks_of("email")},
)
_STORED = "SELECT id, personal FROM contact WHERE org_id = $1 AND id = ANY($2::uuid[])"


@dataclass(frozen=True, slots=True)
class ContactTarget:
    """Rows of a file become contacts, each at the account that it names; those whose account isn't found have none."""

    keystore: Keystore
    traits: ClassVar[Traits] = Traits()

    async def found(self, session: TenantReadSession, order: Order) -> Order:  # noqa: ARG002 - they are in no population
        return order

    async def sieve(self, session: TenantReadSession, order: Order, size: int) -> None:
        """Each row is compared."""

    def ready(self, packed: PackedRows, order: Order) -> Ready[pl.DataFrame]:
        """Identity and digest, keyed with the organization's own key, and a fresh id. What refuses a row repeats nothing of it."""
        rows = packed.whole()
        names = ("external_id", "name", "first_name", "last_name", "email")
        nameless = pl.all_horizontal(pl.col(c).is_null() for c in names)
        key = _key(self.keystore, order.org_id)
        kept = with_domain(rows.filter(~nameless), rows.filter(~nameless)["email"])
        first, later = split_duplicates(_with_hashes(kept, order.fields, key))
        refused = [_nameless(rows.filter(nameless)), _duplicates(later)]
        return Ready(first.with_columns(new_ids(first.height)), pl.concat(refused), [])

    def outlook(self, rows: PackedRows) -> Outlook:  # noqa: ARG002 - contacts aren't matched
        return Outlook()

    async def count(self, session: TenantSession) -> int:
        driver = await session.raw()
        found: int = await driver.fetchval("SELECT count(*) FROM contact WHERE org_id = $1", session.org_id)
        return found

    async def compare(self, session: TenantSession, batch: pl.DataFrame, order: Order) -> Difference[Work]:
        joins = names_an_account(order.fields, ("email",))
        looked = await attached.look_up(session, TABLE, batch, order, joins=joins)
        said = [column for column in _PLAIN if column in order.fields]
        said += [
            name for name, told in (("email_hash", "email" in order.fields), ("account_id", joins)) if told
        ]
        if order.fields & set(PERSONAL):
            said.append("personal")
        changed = await with_stored(session, TABLE, looked.changed, tuple(said))
        looked = replace(looked, changed=await self._sealed(session, changed, order.fields))
        return await attached.difference(session, TABLE, looked, order, Work(tuple(said)), rows=batch.height)

    async def write(self, session: TenantSession, difference: Difference[Work], order: Order) -> None:
        await attached.write(session, TABLE, difference, order)

    async def made(self, session: TenantSession) -> Sequence[UUID]:
        return await attached.made(session)

    async def roll_back(
        self, session: TenantSession, *, undone: UUID, import_id: UUID
    ) -> tuple[Outcome, int]:
        return await attached_rollback.roll_back(session, TABLE, undone=undone, import_id=import_id)

    async def forget_history(self, session: TenantSession, *, before: UUID | None, until: datetime) -> None:
        await forget_history(session, before=before, until=until)

    async def _sealed(
        self, session: TenantSession, changed: pl.DataFrame, fields: frozenset[str]
    ) -> pl.DataFrame:
        """Add `personal`: sealed anew where it says something else than what is stored, which is kept as it is otherwise."""
        driver, ids = await session.raw(), changed["id"].drop_nulls().to_list()
        rows = await driver.fetch(_STORED, session.org_id, ids) if ids else []
        stored = {str(row["id"]): bytes(row["personal"]) for row in rows}
        keys = DataKeys(self.keystore, str(session.org_id))
        return await anyio.to_thread.run_sync(partial(_seal, changed, stored, keys, fields))


def _seal(
    changed: pl.DataFrame, stored: dict[str, bytes], keys: DataKeys, fields: frozenset[str]
) -> pl.DataFrame:
    said = [field for field in PERSONAL if field in fields]
    records = []
    own = changed.get_column("said", default=pl.Series([None] * changed.height, dtype=pl.String))
    rows = changed.select("id", "new_id", own.str.split(",").alias("own"), *said).iter_rows()
    for stored_id, new_id, names, *values in rows:
        place = SEALED_CONTACT.place(UUID(stored_id or new_id))
        record = stored.get(stored_id) if stored_id else None
        before = json.loads(keys.open(record, place)) if record else dict.fromkeys(PERSONAL)
        told = dict(zip(said, values, strict=True))
        now = {**before, **{field: told[field] for field in said if names is None or field in names}}
        if record is None or now != before:
            record = keys.seal(json.dumps(now).encode(), place)
        records.append(f"\\x{record.hex()}")
    return changed.with_columns(pl.Series("personal", records, dtype=pl.String))


def _key(keystore: Keystore, org_id: UUID) -> bytes:
    return keystore.get_or_create(SecretName("contacts", str(org_id))).reveal()


def _with_hashes(rows: pl.DataFrame, fields: frozenset[str], key: bytes) -> pl.DataFrame:
    """Add `email_hash`, `digest`, `identity` and `plain_identity`; what of them comes from a person is HMAC-SHA256 under the organization's key."""
    account = pl.coalesce(
        "account_external_id", "domain", pl.col("account_name").str.to_lowercase(), pl.lit("")
    )
    named = [pl.col(c).fill_null("").str.to_lowercase() for c in ("name", "first_name", "last_name")]
    said = sorted(fields & {*PERSONAL, *_PLAIN})
    texts = rows.select(
        pl.col("email").str.to_lowercase(),
        pl.concat_str([account, *named], separator=SEPARATOR).alias("who"),
        canonical(rows, said).alias("told"),
    )
    email, who, digest = (
        _hashed(texts[column], key, purpose)
        for column, purpose in (("email", b"email"), ("who", b"who"), ("told", b"digest"))
    )
    natural = pl.coalesce("e:" + pl.lit(email), "n:" + pl.lit(who))
    has_id = pl.col("external_id").is_not_null()
    identity = pl.when(has_id).then(pl.format("x:{}", "external_id")).otherwise(natural)
    return rows.with_columns(
        (r"\x" + email).alias("email_hash"), digest.alias("digest"), identity.alias("identity"),
        pl.when(has_id).then(natural).alias("plain_identity"),
    ).with_columns(bounded("identity"), bounded("plain_identity"))  # fmt: skip


def _hashed(column: pl.Series, key: bytes, purpose: bytes) -> pl.Series:
    """HMAC-SHA256 in hex; null stays null."""
    texts = (
        None if text is None else hmac.digest(key, purpose + b"\x00" + text.encode(), "sha256").hex()
        for text in column
    )
    return pl.Series(column.name, texts, dtype=pl.String)


def _nameless(rows: pl.DataFrame) -> pl.DataFrame:
    message = pl.format(
        "line {}: nothing names the contact. Give it a name, an e-mail address or an external id.", "line"
    )
    return refusals(rows, "nothing_named", message, ())


def _duplicates(later: pl.DataFrame) -> pl.DataFrame:
    message = pl.format(
        "Row {} (line {}) is the same contact as row {} of this file: remove one of them, or give each its own external id.",
        "row", "line", "first_row",
    )  # fmt: skip
    return refusals(later, "duplicate_in_file", message, ())
