"""Frames that rest beside the tokens for a moment: Arrow bytes, sealed under the partnership's rest key."""

from io import BytesIO
from uuid import UUID

import polars as pl

from service.crypto import RestKey, RestPlace


def seal_frame(frame: pl.DataFrame, key: RestKey, *, org_id: UUID, run_id: UUID, column: str) -> bytes:
    return key.store(frame_bytes(frame), _place(org_id, run_id, column))


def open_frame(blob: bytes, key: RestKey, *, org_id: UUID, run_id: UUID, column: str) -> pl.DataFrame:
    """RecordError if it was moved from another side, run or column, or changed."""
    return frame_of(key.load(blob, _place(org_id, run_id, column)))


def frame_bytes(frame: pl.DataFrame) -> bytes:
    """Arrow bytes, as they are: for what says no more than the tokens that lie open."""
    buffer = BytesIO()
    frame.write_ipc(buffer)
    return buffer.getvalue()


def frame_of(packed: bytes) -> pl.DataFrame:
    return pl.read_ipc(BytesIO(packed))


def _place(org_id: UUID, run_id: UUID, column: str) -> RestPlace:
    return RestPlace(org=str(org_id), kind="all", segment=str(run_id), column=column)
