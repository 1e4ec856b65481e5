"""How the lists of one source are read, saved under a name."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from service.api.deps import App, Reading, Writing, reads, writes
from service.api.errors import InvalidParameterError
from service.api.pagination import Page
from service.api.preconditions import ChangeConditions
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.imports import MAPPING_NAME, check_columns
from service.api.v1.populations_named import Slug, check_named
from service.http.etags import etag
from service.imports.errors import NoSuchMappingError
from service.imports.mappings import ImportMappings, remove_mapping, save_mapping
from service.imports.models import ImportKind, ImportMapping, ImportMode
from service.organizations.models import Scope

router = resource("/import-mappings", "imports")
Name = Annotated[str, Path(max_length=60, pattern=MAPPING_NAME)]
Header = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
Status = Annotated[str, Field(min_length=1, max_length=200)]


class ImportMappingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    records: ImportKind = Field(default=ImportKind.ACCOUNTS, description="What the rows are.")
    columns: dict[str, Header] = Field(
        default={},
        max_length=200,
        description='Field → header, such as {"name": "Company"}; the others are recognised.',
    )
    statuses: dict[Status, Slug | None] = Field(
        default={}, max_length=200,
        description='What values of the status column mean, beside the known ones: {"Stammkunde": "customers"}, a standard population or '
        "a list of yours, which the file then speaks of in every row; null: no population.",
    )  # fmt: skip
    worksheet: Header | None = Field(
        default=None, description="Name or number (from 1) of a workbook's sheet."
    )
    population: Slug | None = Field(
        default=None, description="Of every row: a standard one or a list of yours. Of accounts only."
    )
    mode: ImportMode | None = Field(
        default=None, description="`upsert` if neither this nor the upload says it."
    )
    all_or_nothing: StrictBool | None = Field(default=None, description="Keep nothing if any row is refused.")

    def said(self) -> dict[str, Any]:
        """The table's columns. InvalidParameterError for what doesn't go together."""
        check_columns(self.columns, self.records)
        if self.records is not ImportKind.ACCOUNTS and (self.population or self.statuses):
            raise InvalidParameterError(
                "population, statuses: only accounts belong to populations; leave them out."
            )
        return {**self.model_dump(exclude={"records"}), "kind": self.records}


class ImportMappingOut(ImportMappingIn):
    model_config = ConfigDict(extra="ignore")

    name: str
    created_at: datetime
    updated_at: datetime


def _out(saved: ImportMapping) -> ImportMappingOut:
    return ImportMappingOut(**saved.model_dump(exclude={"org_id", "kind", "version"}), records=saved.kind)


def _tag(org_id: UUID, saved: ImportMapping | None) -> str | None:
    return None if saved is None else etag(org_id, saved.name, str(saved.created_at), saved.version)


@router.get(
    "", operation_id="list_import_mappings", responses=responses(),
    dependencies=[Depends(reads(Scope.IMPORTS_READ), scope="function")],
)  # fmt: skip
async def list_import_mappings(session: Reading) -> Page[ImportMappingOut]:
    """The saved mappings, by name."""
    return Page(items=[_out(saved) for saved in await ImportMappings(session).everyone()], has_more=False)


@router.get(
    "/{name}", operation_id="get_import_mapping", responses=responses(404),
    dependencies=[Depends(reads(Scope.IMPORTS_READ), scope="function")],
)  # fmt: skip
async def get_import_mapping(session: Reading, name: Name, response: Response) -> ImportMappingOut:
    """One saved mapping, with the `ETag` that a change may name in `If-Match`."""
    found = await ImportMappings(session).by_name(name)
    if found is None:
        raise NoSuchMappingError
    response.headers["ETag"] = _tag(session.org_id, found) or ""
    return _out(found)


@router.put(
    "/{name}", operation_id="put_import_mapping", responses=responses(409, 412),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def put_import_mapping(  # each comes from another place of the request
    response: Response,
    app: App,
    session: Writing,
    *,
    name: Name,
    wanted: ImportMappingIn,
    conditions: ChangeConditions,
) -> ImportMappingOut:
    """Save how the lists of one source are read, in place of what stood under the name. Uploads say `mapping=` with it."""
    said = wanted.said()
    await check_named(session, wanted.population, wanted.statuses)
    saved = await save_mapping(
        session, app.clock, name, said,
        meets=lambda standing: conditions.check(_tag(session.org_id, standing)),
    )  # fmt: skip
    response.headers["ETag"] = _tag(session.org_id, saved) or ""
    return _out(saved)


@router.delete(
    "/{name}", operation_id="delete_import_mapping", status_code=204, responses=responses(404, 412),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def delete_import_mapping(app: App, session: Writing, name: Name, conditions: ChangeConditions) -> None:
    """Remove a saved mapping. Imports that were read by it stay as they are."""
    await remove_mapping(
        session, app.clock, name, meets=lambda standing: conditions.check(_tag(session.org_id, standing))
    )
