"""The job that reads an upload."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.imports.operations import RUN_JOB, run
from service.imports.spool import Spool
from service.imports.target import Target
from service.ingest import Limits
from service.jobs import JobContext, Payload, Registry
from service.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class ImportParts:
    """What reading an upload needs; the target comes from the room that owns the records."""

    spool: Spool
    target: Target[Any]
    limits: Limits
    clock: Clock


def register(registry: Registry, parts: ImportParts) -> None:
    async def run_import(context: JobContext, payload: Payload) -> None:
        await run(
            context.database, parts.spool, parts.target, parts.clock, limits=parts.limits,
            org_id=UUID(str(payload["org_id"])), import_id=UUID(str(payload["import_id"])),
        )  # fmt: skip

    # A list of a million rows takes half a gigabyte while it is read; two at a time is what a small machine bears.
    registry.add(RUN_JOB, run_import, at_once=2)
