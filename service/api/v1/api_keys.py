"""The organization's API keys. The text of one is in the answer that makes it, and nowhere else."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from service.api.deps import App, Reading, Writer, Writing, reads, writes
from service.api.moments import Moment
from service.api.pagination import Page, Paging
from service.api.preconditions import ChangeConditions
from service.api.problems import responses
from service.api.routing import resource
from service.http.etags import etag
from service.kit.actors import ActorKind
from service.organizations.errors import UnknownApiKeyError
from service.organizations.key_operations import (
    LONGEST_NAME,
    LONGEST_OVERLAP,
    OVERLAP,
    Made,
    Wish,
    issue_key,
    revoke_key,
    rotate_key,
    update_key,
)
from service.organizations.keys import shown
from service.organizations.models import ApiKey, Scope
from service.organizations.repository import ApiKeys

router = resource("/api-keys", "API keys")
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]+$")]
Scopes = Annotated[list[Scope], Field(min_length=1, max_length=100)]


class MakerOut(BaseModel):
    kind: ActorKind
    id: UUID | None = Field(description="Of the key or person; null for the operator.")


class ApiKeyOut(BaseModel):
    id: UUID
    name: str
    shown: str = Field(description="Enough of the key to know it again, and not the key.")
    scopes: list[Scope]
    created_at: datetime
    created_by: MakerOut
    expires_at: datetime | None = Field(description="Null for a key that doesn't expire.")
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute; null for a key that was never used.")
    family_id: UUID = Field(description="The same for a key and those that it was rotated into.")


class NewApiKeyOut(ApiKeyOut):
    key: str = Field(description="The key itself. It is shown this once: nobody can read it again.")


class ApiKeyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="What the key is for.")
    scopes: Scopes = Field(description="What it may do; nothing that you may not.")
    expires_at: Moment | None = Field(default=None, description="Null, or left out: it doesn't expire.")

    def wish(self) -> Wish:
        return Wish(self.name, self.scopes, self.expires_at)


class ApiKeyChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    scopes: Scopes | None = Field(default=None, description="All that it may do from now on.")


class Rotation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    overlap_seconds: StrictInt = Field(
        default=int(OVERLAP.total_seconds()), ge=0, le=int(LONGEST_OVERLAP.total_seconds()),
        description="How long the old key lives on beside the new one.",
    )  # fmt: skip


A_DAY: Final = Rotation()


def out(key: ApiKey) -> ApiKeyOut:
    return ApiKeyOut(**_members(key))


def new_out(made: Made) -> NewApiKeyOut:
    return NewApiKeyOut(**_members(made.stored), key=made.text.text)


def _tag(key: ApiKey) -> str:
    """Of what can be edited: that the key was used meanwhile is no reason to refuse a change."""
    return etag(key.id, key.name, *key.scopes)


def _members(key: ApiKey) -> dict[str, object]:
    kept = key.model_dump(include=set(ApiKeyOut.model_fields))
    maker = MakerOut(kind=key.created_by_kind, id=key.created_by_id)
    return {**kept, "shown": shown(key.prefix, sandbox=key.sandbox), "created_by": maker}


@router.post(
    "", operation_id="create_api_key", status_code=201, responses=responses(409),
    dependencies=[Depends(writes(Scope.KEYS_ADMIN), scope="function")],
)  # fmt: skip
async def create_api_key(app: App, session: Writing, caller: Writer, wanted: ApiKeyIn) -> NewApiKeyOut:
    """Make a key. It can be given no scope that you lack."""
    return new_out(await issue_key(session, app.ids, app.clock, wish=wanted.wish(), maker=caller.scopes))


@router.get(
    "", operation_id="list_api_keys", responses=responses(400),
    dependencies=[Depends(reads(Scope.KEYS_ADMIN), scope="function")],
)  # fmt: skip
async def list_api_keys(session: Reading, paging: Paging) -> Page[ApiKeyOut]:
    """The organization's keys, newest first, with those that are revoked or have expired."""
    rows = await ApiKeys(session).page(limit=paging.limit + 1, before=paging.after_id())
    return paging.page(rows, out, lambda key: (key.id,))


@router.get(
    "/{key_id}", operation_id="get_api_key", responses=responses(404),
    dependencies=[Depends(reads(Scope.KEYS_ADMIN), scope="function")],
)  # fmt: skip
async def get_api_key(session: Reading, key_id: UUID, response: Response) -> ApiKeyOut:
    """One key, without its text, and with the `ETag` that a change may name in `If-Match`."""
    found = await ApiKeys(session).by_id(key_id)
    if found is None:
        raise UnknownApiKeyError
    response.headers["ETag"] = _tag(found)
    return out(found)


@router.patch(
    "/{key_id}", operation_id="update_api_key", responses=responses(404, 409, 412),
    dependencies=[Depends(writes(Scope.KEYS_ADMIN), scope="function")],
)  # fmt: skip
async def update_api_key(  # each comes from another place of the request
    response: Response,
    app: App,
    session: Writing,
    caller: Writer,
    *,
    key_id: UUID,
    change: ApiKeyChange,
    conditions: ChangeConditions,
) -> ApiKeyOut:
    """Rename a key, or change what it may do; it holds from the answer on. No scope can be added that you lack."""
    scopes: Collection[Scope] | None = change.scopes
    changed = await update_key(
        session, app.clock, key_id, maker=caller.scopes, name=change.name, scopes=scopes,
        meets=lambda key: conditions.check(_tag(key)),
    )  # fmt: skip
    response.headers["ETag"] = _tag(changed)
    return out(changed)


@router.post(
    "/{key_id}/rotate", operation_id="rotate_api_key", status_code=201, responses=responses(404, 409),
    dependencies=[Depends(writes(Scope.KEYS_ADMIN), scope="function")],
)  # fmt: skip
async def rotate_api_key(
    app: App, session: Writing, caller: Writer, key_id: UUID, rotation: Rotation = A_DAY
) -> NewApiKeyOut:
    """Make a key's successor: same name, scopes and length of life. Both are good until the overlap is over.

    A key that may do what you may not can't be rotated by you: you would read its successor.
    """
    overlap = timedelta(seconds=rotation.overlap_seconds)
    return new_out(
        await rotate_key(session, app.ids, app.clock, key_id, maker=caller.scopes, overlap=overlap)
    )


@router.post(
    "/{key_id}/revoke", operation_id="revoke_api_key", responses=responses(404),
    dependencies=[Depends(writes(Scope.KEYS_ADMIN), scope="function")],
)  # fmt: skip
async def revoke_api_key(app: App, session: Writing, key_id: UUID) -> ApiKeyOut:
    """End a key: no request that starts after the answer is served with it. It stays in the list."""
    return out(await revoke_key(session, app.clock, key_id))
