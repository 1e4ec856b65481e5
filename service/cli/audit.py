"""`commonground audit …`: the audit log verified, exported and signed."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from service.audit.checkpoints import Checkpoint, service_identity
from service.audit.errors import AuditError
from service.audit.operations import (
    checkpoint_line,
    export_line,
    keep_checkpoint,
    record,
    sign_head,
    verify_export,
    verify_log,
)
from service.audit.repository import AuditLog
from service.cli.errors import CommandError
from service.cli.operator import Desk, at_desk, everyone, organization
from service.cli.words import counted
from service.organizations.models import Organization

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="The audit log: verify, export, sign.",
)
DataDir = Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")]
OneOrg = Annotated[str, typer.Option(help="Handle of the organization.")]
OutFile = Annotated[
    Path | None, typer.Argument(help="A file that isn't there yet; standard output without one.")
]
FAILED = 3


@app.command()
def verify(
    org: Annotated[str | None, typer.Option(help="Handle of one organization; all without it.")] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that was handed out; may be given again.")
    ] = None,
    log: Annotated[Path | None, typer.Option(help="An exported log, verified without the service.")] = None,
    key: Annotated[
        str | None, typer.Option(help="The service's public key in hex, as `audit key` prints it.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Walk the chain of each log and name the first bad entry; compare it with every checkpoint. Ends with 3 if one is broken."""
    given = [Checkpoint.read(_text(path)) for path in checkpoint or []]
    trusted = _key(key)
    if log is not None:
        _say_export(log, trusted, given)
        return
    faults = at_desk(data_dir, lambda desk: _verify_all(desk, org, trusted, given))
    if faults:
        raise CommandError("\n".join(faults), exit_code=FAILED)


def _say_export(log: Path, trusted: bytes | None, given: list[Checkpoint]) -> None:
    try:
        chain = asyncio.run(verify_export(_text(log).splitlines(), trusted=trusted, given=given))
    except AuditError as error:
        raise CommandError(str(error), exit_code=FAILED) from None
    against = "the key that you gave" if trusted else "their own key: give the service's with --key"
    print(f"{chain.org}: {counted(chain.number, 'entry', 'entries')}, whole; checkpoints signed by {against}")


async def _verify_all(
    desk: Desk, handle: str | None, trusted: bytes | None, given: list[Checkpoint]
) -> list[str]:
    faults = []
    known = trusted or service_identity(desk.keystore).public
    chosen = await _chosen(desk, handle)
    if unknown := {one.org for one in given} - {str(one.id) for one in chosen}:
        faults.append(f"No log here belongs to the checkpoint of {', '.join(sorted(unknown))}.")
    for one in chosen:
        try:
            async with desk.database.tenant_read(one.id) as session:
                own = [c for c in given if c.org == str(one.id)]
                chain = await verify_log(session, trusted=known, given=own)
        except AuditError as error:
            faults.append(f"{one.handle}: {error}")
        else:
            print(f"{one.handle}: {counted(chain.number, 'entry', 'entries')}, whole")
    return faults


async def _chosen(desk: Desk, handle: str | None) -> list[Organization]:
    if handle is not None:
        return [await organization(desk, handle)]
    return await everyone(desk)


@app.command()
def export(org: OneOrg, file: OutFile = None, data_dir: DataDir = None) -> None:
    """Write a log as NDJSON, oldest entry first, this export in it, with a checkpoint as its last line."""

    async def write(desk: Desk) -> None:
        owner = await organization(desk, org)
        with _Output(file) as say:
            async with desk.tenant(owner.id) as session:
                await record(session, desk.clock, "audit_log.exported")
            await _export(desk, owner.id, say)

    at_desk(data_dir, write)


async def _export(desk: Desk, org_id: UUID, say: Callable[[str], object]) -> None:
    async with desk.database.tenant_read(org_id) as session:
        async for entry in AuditLog(session).everything():
            say(export_line(entry))
        signed = await sign_head(session, desk.keystore, desk.clock)
    if signed is not None:
        say(checkpoint_line(signed))


@app.command("checkpoint")
def make_checkpoint(org: OneOrg, file: OutFile = None, data_dir: DataDir = None) -> None:
    """Sign a log as it stands, store the checkpoint and print it: for somebody else to keep."""

    async def make(desk: Desk) -> Checkpoint | None:
        owner = await organization(desk, org)
        async with desk.tenant(owner.id) as session:
            return await keep_checkpoint(session, desk.keystore, desk.clock)

    made = at_desk(data_dir, make)
    if made is None:
        raise CommandError(f"Nothing has been recorded of {org} yet, so there is nothing to sign.")
    with _Output(file) as say:
        say(json.dumps(made.as_json(), indent=2) + "\n")


@app.command("key")
def show_key(data_dir: DataDir = None) -> None:
    """Print the public key that checkpoints are signed with: give it to whoever keeps them."""

    async def read(desk: Desk) -> str:
        return service_identity(desk.keystore).public.hex()

    print(at_desk(data_dir, read))


class _Output:
    """A new file that only its owner reads, or standard output."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __enter__(self) -> Callable[[str], object]:
        if self._path is None:
            return sys.stdout.write
        try:
            self._file = self._path.open("x", encoding="ascii")
        except FileExistsError:
            raise CommandError(f"{self._path} exists already: choose another name.") from None
        self._path.chmod(0o600)
        return self._file.write

    def __exit__(self, *_: object) -> None:
        if self._path is not None:
            self._file.close()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except UnicodeDecodeError:
        raise CommandError(
            f"{path} is neither a checkpoint nor an exported log: both are plain ASCII."
        ) from None


def _key(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != 32:  # noqa: PLR2004 - bytes of an Ed25519 public key
        raise CommandError("--key takes 64 hex characters, as `commonground audit key` prints them.")
    return found
