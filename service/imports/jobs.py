"""The job that reads an upload."""

from uuid import UUID

from service.imports.operations import RUN_JOB
from service.imports.reader import Reader
from service.jobs import JobContext, Payload, Registry


def register(registry: Registry, reader: Reader) -> None:
    async def run_import(context: JobContext, payload: Payload) -> None:
        await reader.run(
            UUID(str(payload["org_id"])), UUID(str(payload["import_id"])), last_attempt=context.last
        )

    # A list of a million rows takes half a gigabyte while it is read; two at a time is what a small machine bears.
    registry.add(RUN_JOB, run_import, at_once=2)
