"""Ids for many rows at once."""

import os
import time

import numpy as np
import polars as pl


def new_ids(count: int, *, now_ms: int | None = None) -> pl.Series:
    """UUIDv7 (RFC 9562) as a column `new_id` of 32 hex characters: one millisecond, 74 random bits each, ascending."""
    rows = np.frombuffer(os.urandom(16 * count), dtype=np.uint8).reshape(count, 16).copy()
    moment = (time.time_ns() // 1_000_000 if now_ms is None else now_ms).to_bytes(6)
    rows[:, :6] = np.frombuffer(moment, dtype=np.uint8)
    rows[:, 6] = rows[:, 6] & 0x0F | 0x70
    rows[:, 8] = rows[:, 8] & 0x3F | 0x80
    text = rows.tobytes().hex()
    return pl.Series("new_id", [text[i : i + 32] for i in range(0, len(text), 32)], dtype=pl.String).sort()
