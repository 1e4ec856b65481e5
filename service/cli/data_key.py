"""`commonground data-key …`: the keys that seal personal data and secrets in the database."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from service.accounts.models import SEALED_CONTACT, SEALED_PAST
from service.audit.operations import record
from service.cli.errors import CommandError
from service.cli.operator import Desk, at_desk, everyone
from service.cli.words import counted
from service.crypto import SERVICE, DataKeys
from service.crypto.errors import DataKeyInUseError
from service.db.sealed import SealedColumn, reseal, sealed_versions
from service.db.sessions import WriteSession
from service.guards.idempotency import SEALED_ANSWER
from service.imports.models import SEALED_PREVIEW, SEALED_REFUSAL, SEALED_REJECTS, SEALED_UPLOAD_KEY
from service.kit.actors import OPERATOR
from service.organizations.errors import UnknownOrganizationError
from service.organizations.totp import SEALED_SECRET
from service.overlaps.models import SEALED_COMMENT
from service.partnerships.models import SEALED_NOTES

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="The keys that seal personal data and secrets in the database.",
)
DataDir = Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")]
Org = Annotated[
    str | None,
    typer.Option("--org", metavar="HANDLE", help="Only this organization's key; else everybody's in turn."),
]

SEALED_COLUMNS: tuple[SealedColumn, ...] = (
    SEALED_COMMENT,
    SEALED_CONTACT,
    SEALED_PAST,
    SEALED_SECRET,
    SEALED_NOTES,
    SEALED_ANSWER,
    SEALED_PREVIEW,
    SEALED_REFUSAL,
    SEALED_REJECTS,
    SEALED_UPLOAD_KEY,
)
"""Every column that a room seals under a data key."""


@app.command()
def rotate(org: Org = None, data_dir: DataDir = None) -> None:
    """Make a new version of the data keys and seal again what older ones sealed, while the service runs.

    Interrupted, it loses nothing: both versions open meanwhile, and run again it finishes before it makes another.
    """

    async def work(desk: Desk) -> None:
        for owner, name in (await owners(desk, org)).items():
            print(f"{name}: {await rotate_owner(desk, owner)}", flush=True)

    at_desk(data_dir, work)


@app.command()
def retire(org: Org = None, data_dir: DataDir = None) -> None:
    """Delete older versions of the data keys, unless something may still be sealed under one.

    An owner whose key is too young or in use keeps it and is named at the end, with 1; the others' are deleted.
    Values in a backup of the database from before the rotation then open only with a copy of the keystore from that time.
    """
    if refused := at_desk(data_dir, lambda desk: retire_all(desk, org)):
        raise CommandError("\n".join(refused))


async def owners(desk: Desk, handle: str | None) -> dict[str, str]:
    """Those who have a data key, and how they are called: one organization, or the service and all, sandboxes too."""
    known = {str(one.id): one.handle for one in await everyone(desk) if handle in {None, one.handle}}
    if handle is not None and not known:
        raise UnknownOrganizationError(handle)
    if handle is None:
        known = {SERVICE: SERVICE} | known
    found = {owner: name for owner, name in known.items() if DataKeys(desk.keystore, owner).versions()}
    if not found:
        print("There is no data key yet.")
    return found


async def rotate_owner(desk: Desk, owner: str, columns: tuple[SealedColumn, ...] = SEALED_COLUMNS) -> str:
    """Say what was done for one owner. SealedRowError for a value that doesn't open."""
    keys = DataKeys(desk.keystore, owner)
    unfinished = await _in_use(desk, owner, columns) - {keys.newest()}
    if not unfinished:
        await _note(desk, owner, "data_key.rotated", keys.rotate(desk.clock.now()))
    count = 0
    for column in _columns_of(owner, columns):
        count += await _until_none_is_left(desk, owner, column)
    begun = "finished the rotation to" if unfinished else "made"
    return f"{begun} version {keys.newest()}, {counted(count, 'value')} sealed again"


async def retire_all(desk: Desk, handle: str | None) -> list[str]:
    """Say of each owner what was deleted; give the refusals of those that keep an older version yet."""
    refused = []
    for owner, name in (await owners(desk, handle)).items():
        try:
            print(f"{name}: {await retire_owner(desk, owner)}", flush=True)
        except DataKeyInUseError as error:
            refused.append(f"{name}: {error}")
    return refused


async def retire_owner(desk: Desk, owner: str, columns: tuple[SealedColumn, ...] = SEALED_COLUMNS) -> str:
    """Say what was done for one owner. DataKeyInUseError."""
    used = await _in_use(desk, owner, columns)
    gone = DataKeys(desk.keystore, owner).retire(desk.clock.now(), used.__contains__)
    for version in gone:
        await _note(desk, owner, "data_key.retired", version)
    if not gone:
        return "there is one version, nothing to delete"
    return f"deleted version{'s' * (len(gone) > 1)} {', '.join(map(str, gone))}"


async def _until_none_is_left(desk: Desk, owner: str, column: SealedColumn) -> int:
    """One short transaction a batch, so that nobody waits long for a row."""
    total, done = 0, 1
    while done:
        async with _session(desk, owner) as session:
            done = await reseal(session, column, DataKeys(desk.keystore, owner))
        total += done
    return total


async def _in_use(desk: Desk, owner: str, columns: tuple[SealedColumn, ...]) -> set[int]:
    found: set[int] = set()
    async with _session(desk, owner) as session:
        for column in _columns_of(owner, columns):
            found |= await sealed_versions(session, column)
    return found


async def _note(desk: Desk, owner: str, action: str, version: int) -> None:
    """In the organization's audit log; the service's own key is nobody's."""
    if owner != SERVICE:
        async with desk.database.tenant(UUID(owner)) as session:
            session.actor = OPERATOR
            await record(session, desk.clock, action, details={"version": version})


def _session(desk: Desk, owner: str) -> AbstractAsyncContextManager[WriteSession]:
    return desk.database.directory() if owner == SERVICE else desk.database.tenant(UUID(owner))


def _columns_of(owner: str, columns: tuple[SealedColumn, ...]) -> list[SealedColumn]:
    return [column for column in columns if column.of_service == (owner == SERVICE)]
