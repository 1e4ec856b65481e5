"""Lists as bytes, read or refused."""

import io
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from service.ingest import IngestError, Sheet, read_accounts

Reading = tuple[pl.DataFrame, pl.DataFrame, Sheet]


@pytest.fixture
def read() -> Callable[..., Reading]:
    """read(text or bytes, **options) → accounts, refused rows, sheet."""

    def read_bytes(data: bytes | str, **options: Any) -> Reading:
        return read_accounts(io.BytesIO(data.encode() if isinstance(data, str) else data), **options)

    return read_bytes


@pytest.fixture
def refusal(read: Callable[..., Reading]) -> Callable[..., IngestError]:
    """refusal(text or bytes, **options) → the error that refuses the whole file."""

    def refuse(data: bytes | str, **options: Any) -> IngestError:
        with pytest.raises(IngestError) as caught:
            read(data, **options)
        assert caught.value.mend.endswith("."), "each refusal says how to mend it"
        return caught.value

    return refuse
