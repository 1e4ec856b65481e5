"""Broken and hostile files cost bounded memory, and nothing of them counts."""

import gzip
import io
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest
from backports import zstd

from service.ingest import Limits, open_sheet, read_accounts
from service.ingest.errors import IngestError
from tests.support.formats import zipped

MIB = 1024**2
LIST = b"Company,Website\n" + b"".join(
    b"Company %d,c%d.com\n" % (n, n * 7919 % 100_003) for n in range(20_000)
)
PACKED = gzip.compress(LIST)


class Generated(io.RawIOBase):
    """A stream made while it is read, so that the test itself holds nothing."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)

    def read(self, _size: int = -1) -> bytes:
        return next(self._parts, b"")


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit, f"{peak / MIB:.0f} MiB at the peak"


@pytest.mark.parametrize(
    ("part", "size"),
    [
        pytest.param(b"x" * MIB, 200, id="text"),
        pytest.param(b"x,," * (MIB // 3), 50, id="fields"),
        pytest.param(b'"",' * (MIB // 3), 50, id="quotes"),
        pytest.param(b'"a"b,' * (MIB // 5), 50, id="bad quotes"),
    ],
)
def test_a_line_of_hundreds_of_megabytes_is_refused_as_a_row_without_being_held(
    part: bytes, size: int
) -> None:
    stream = Generated([b"Company,Website\nAcme,acme.com\n", *[part] * size, b"\nBeta,beta.com\n"])
    with memory_below(50 * MIB):
        accounts, rows, _ = read_accounts(stream)

    assert accounts.select("row", "line", "name").rows() == [(1, 2, "Acme"), (3, 4, "Beta")]
    assert rows.select("row", "line", "reason").rows() == [(2, 3, "line_too_long")]
    assert len(rows["text"][0]) == 500


def test_a_quoted_value_of_100_megabytes_over_many_lines_is_refused_without_being_held() -> None:
    stream = Generated(
        [b'Company,Website\nAcme,acme.com\n"', *[b'x""\r\n' * (MIB // 5)] * 100, b'",y\nBeta,beta.com\n']
    )
    with memory_below(50 * MIB):
        accounts, rows, _ = read_accounts(stream)

    lines = 100 * (MIB // 5)
    assert accounts.select("row", "line").rows() == [(1, 2), (3, 4 + lines)]
    assert rows.select("line", "reason").rows() == [(3, "line_too_long")]
    assert f"reaches to line {3 + lines}" in rows["message"][0]


def test_a_row_of_ten_million_columns_is_refused_before_it_is_parsed() -> None:
    data = b"Company,Website\n" + b"," * 10_000_000 + b"\nBeta,beta.com\n"
    with memory_below(50 * MIB):
        accounts, rows, _ = read_accounts(io.BytesIO(data))

    assert accounts["name"].to_list() == ["Beta"]
    assert rows["reason"].to_list() == ["line_too_long"]


def test_a_header_without_end_is_refused_without_being_held() -> None:
    stream = Generated(iter(lambda: b"x," * (MIB // 2), None))
    with memory_below(50 * MIB), pytest.raises(IngestError, match="limit 'line'"):
        read_accounts(stream)


def bomb(size: int) -> Iterator[bytes]:
    """`size` MiB of equal rows, packed about a thousand to one."""
    packer = zlib.compressobj(9, wbits=31)
    yield packer.compress(b"Company,Website\n")
    for _ in range(size):
        yield packer.compress(b"Acme,a.com\n" * (MIB // 11))
    yield packer.flush()


def test_a_gzip_bomb_is_refused_by_its_ratio_in_bounded_memory() -> None:
    data = b"".join(bomb(100))
    assert len(data) < MIB
    with memory_below(60 * MIB), pytest.raises(IngestError, match="limit 'ratio'") as caught:
        read_accounts(io.BytesIO(data))

    assert caught.value.code == "too_much_expansion"
    assert "more than 200 times its size" in caught.value.what


def test_a_bomb_of_many_members_is_refused_as_well() -> None:
    with pytest.raises(IngestError, match="limit 'ratio'"):
        read_accounts(io.BytesIO(b"".join(bomb(5)) * 20))


def test_members_without_content_cannot_go_on_for_ever() -> None:
    with pytest.raises(IngestError, match="more than 100000 members") as caught:
        read_accounts(io.BytesIO(gzip.compress(b"Company\nAcme\n") + gzip.compress(b"") * 100_001))
    assert caught.value.code == "corrupt_archive"


def test_unpacked_and_packed_bytes_have_limits_of_their_own() -> None:
    for limits, name in (
        (Limits(bytes_raw=1000), "bytes_raw' of 1000"),
        (Limits(bytes_compressed=99), "bytes_compressed' of 99"),
    ):
        with pytest.raises(IngestError, match=name) as caught:
            read_accounts(io.BytesIO(PACKED), limits=limits)
        assert caught.value.code == "too_large"


@pytest.mark.parametrize("part", range(1, 16))
def test_a_truncated_archive_refuses_the_file_wherever_it_ends(part: int) -> None:
    cut = len(PACKED) * part // 16
    with pytest.raises(IngestError, match=f"ends early, after {cut} bytes") as caught:
        read_accounts(io.BytesIO(PACKED[:cut]))

    assert caught.value.code == "truncated_archive"
    assert "Pack or upload the file again" in caught.value.mend


@pytest.mark.parametrize("missing", range(1, 9))
def test_a_gzip_without_all_of_its_trailer_is_truncated(missing: int) -> None:
    with pytest.raises(IngestError, match="ends early"):
        read_accounts(io.BytesIO(PACKED[:-missing]))


def test_batches_of_a_truncated_archive_end_in_the_error() -> None:
    sheet = open_sheet(io.BytesIO(gzip.compress(LIST * 40)[:-4]), columns={"name": "Company"})
    seen = []
    with pytest.raises(IngestError, match="ends early"):
        seen.extend(sheet.batches())
    assert seen, "good rows come first, so callers must wait for the end"


@pytest.mark.parametrize("place", [-8, -4, len(PACKED) // 2])
def test_a_gzip_with_a_wrong_byte_is_corrupt(place: int) -> None:
    damaged = bytearray(PACKED)
    damaged[place] ^= 0x55
    with pytest.raises(IngestError) as caught:
        read_accounts(io.BytesIO(bytes(damaged)))

    assert caught.value.code == "corrupt_archive"
    assert "is damaged after" in caught.value.what
    assert "Pack or upload the file again" in caught.value.mend


@pytest.mark.parametrize("garbage", [b"x", b"\x1f", b"\x00\x00rubbish", b"Company\nAcme\n" * 100_000])
def test_bytes_after_a_gzip_stream_refuse_the_file(garbage: bytes) -> None:
    with pytest.raises(IngestError) as caught:
        read_accounts(io.BytesIO(PACKED + garbage))

    assert caught.value.code == "trailing_data"
    assert f"after the gzip stream ({len(LIST)} unpacked bytes) something else follows" in caught.value.what
    assert "Remove what was appended" in caught.value.mend


def test_a_gzip_of_several_members_and_zero_padding_is_one_file() -> None:
    data = gzip.compress(LIST[:100_000]) + b"\x00" * 100 + gzip.compress(LIST[100_000:]) + b"\x00" * 70_000

    for stream in (io.BytesIO(data), Generated([data[n : n + 1] for n in range(len(data))])):
        assert read_accounts(stream)[0].height == 20_000


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress, lambda data: zipped({"a.csv": data})])
@pytest.mark.parametrize("inner", [PACKED, zipped({"a.csv": LIST}), zstd.compress(LIST), b"BZh91AY&SY"])
def test_an_archive_in_an_archive_is_refused(inner: bytes, pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(IngestError, match="Pack the list itself, once") as caught:
        read_accounts(io.BytesIO(pack(inner)))
    assert caught.value.code == "nested_archive"


def test_an_image_in_gzip_is_no_text() -> None:
    with pytest.raises(IngestError, match="a PNG image") as caught:
        read_accounts(io.BytesIO(gzip.compress(b"\x89PNG\r\n\x1a\n")))
    assert caught.value.code == "not_text"
