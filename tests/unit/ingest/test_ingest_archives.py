"""gzip, Zstandard and ZIP: unpacked whole or refused, whatever they pretend to be."""

import gzip
import io
import random
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from service.ingest import IngestError, Limits, open_sheet
from tests.support.formats import WRITERS, as_delimited, as_parquet, as_xlsx, zipped

TABLE = [["Company", "Website"], *([f"Company {n}", f"c{n * 7919 % 100_003}.com"] for n in range(2_000))]
LIST = as_delimited(TABLE)


def as_zip(data: bytes) -> bytes:
    return zipped({"accounts": data})


PACKERS = {"gzip": gzip.compress, "zstd": zstd.compress, "zip": as_zip}


@pytest.mark.parametrize("compression", PACKERS)
@pytest.mark.parametrize("format_", WRITERS)
def test_every_format_is_read_out_of_every_compression(
    read: Callable[..., Any], compression: str, format_: str
) -> None:
    accounts, refused, sheet = read(PACKERS[compression](WRITERS[format_](TABLE)))

    assert (sheet.compression, sheet.format) == (compression, "csv" if format_ == "tsv" else format_)
    assert accounts["name"].to_list() == [name for name, _ in TABLE[1:]]
    assert refused.is_empty()


def test_a_packed_file_on_disk_is_read_from_there(tmp_path: Path) -> None:
    for name, pack in PACKERS.items():
        path = tmp_path / f"accounts.{name}"
        path.write_bytes(pack(LIST))
        sheet = open_sheet(path)
        assert sum(batch.frame.height for batch in sheet.batches()) == 2_000


def test_zstd_of_several_frames_and_of_streamed_ones_is_one_file(read: Callable[..., Any]) -> None:
    packer = zstd.ZstdCompressor()
    streamed = packer.compress(LIST[5_000:9_000]) + packer.flush()
    data = zstd.compress(LIST[:5_000]) + streamed + zstd.compress(b"") + zstd.compress(LIST[9_000:])

    assert read(data)[0].height == 2_000


@pytest.mark.parametrize("pack", PACKERS.values(), ids=list(PACKERS))
@pytest.mark.parametrize("part", range(1, 16))
def test_a_truncated_archive_refuses_the_file_wherever_it_ends(
    refusal: Callable[..., IngestError], pack: Callable[[bytes], bytes], part: int
) -> None:
    data = pack(LIST)
    error = refusal(data[: len(data) * part // 16])

    assert error.code == "truncated_archive"
    assert "ends early, after" in error.what


@pytest.mark.parametrize("pack", PACKERS.values(), ids=list(PACKERS))
@pytest.mark.parametrize("garbage", [b"x", b"\x00" * 100 + b"x", LIST])
def test_bytes_after_an_archive_refuse_the_file(
    refusal: Callable[..., IngestError], pack: Callable[[bytes], bytes], garbage: bytes
) -> None:
    assert refusal(pack(LIST) + garbage).code == "trailing_data"


def test_bytes_before_a_zip_refuse_the_file(refusal: Callable[..., IngestError]) -> None:
    assert refusal(b"PK\x03\x04" + b"x" * 50 + as_zip(LIST)).code == "corrupt_archive"


def test_a_wrong_check_sum_refuses_the_file(refusal: Callable[..., IngestError]) -> None:
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.checksum_flag: 1})
    checked = packer.compress(LIST) + packer.flush()
    stored = zipped({"a.csv": LIST}, method=zipfile.ZIP_STORED)
    for data, place in ((checked, -1), (checked, len(checked) // 2), (stored, 1_000), (as_zip(LIST), 2_000)):
        damaged = bytearray(data)
        damaged[place] ^= 0x55
        error = refusal(bytes(damaged))
        assert error.code == "corrupt_archive"
        assert "Pack or upload the file again" in error.mend


def test_what_file_managers_add_is_not_counted(read: Callable[..., Any]) -> None:
    data = zipped(
        {
            "lists/": b"",
            "lists/accounts.csv": LIST,
            "__MACOSX/lists/._accounts.csv": b"\x00\x05\x16\x07",
            "lists/.DS_Store": b"\x00\x00\x00\x01Bud1",
            ".DS_Store": b"x",
        }
    )
    assert read(data)[0].height == 2_000


@pytest.mark.parametrize(
    "name", ["../accounts.csv", "/etc/accounts.csv", "a/../../b.csv", "..\\b.csv", "C:\\b.csv"]
)
def test_a_path_out_of_the_archive_refuses_the_file(refusal: Callable[..., IngestError], name: str) -> None:
    error = refusal(zipped({name: LIST}))

    assert error.code == "unsafe_archive"
    assert "a path that leads out of it" in error.what


def test_a_link_refuses_the_file(refusal: Callable[..., IngestError]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("accounts.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    error = refusal(packed.getvalue())

    assert error.code == "unsafe_archive"
    assert "'accounts.csv' in the ZIP archive is a link" in error.what


def test_an_entry_with_a_password_refuses_the_file(refusal: Callable[..., IngestError]) -> None:
    data = bytearray(zipped({"accounts.csv": LIST}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    error = refusal(bytes(data))

    assert error.code == "encrypted"
    assert "'accounts.csv' in the ZIP archive has a password" in error.what


def test_several_files_are_named_and_refused(refusal: Callable[..., IngestError]) -> None:
    error = refusal(zipped({f"part {n}.csv": LIST for n in range(7)}))

    assert error.code == "several_files"
    assert "holds 7 files ('part 0.csv', 'part 1.csv'" in error.what
    assert refusal(zipped({f"{n}.csv": b"" for n in range(10_000)})).code == "several_files"


def test_an_archive_of_nothing_is_empty(refusal: Callable[..., IngestError]) -> None:
    assert refusal(zipped({})).code == "empty_file"
    assert refusal(zipped({"__MACOSX/x": b"1"})).code == "empty_file"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_are_not_read_are_named(refusal: Callable[..., IngestError], method: int) -> None:
    error = refusal(zipped({"accounts.csv": LIST}, method=method))

    assert error.code == "corrupt_archive"
    assert f"the method {method}" in error.what


def test_packed_and_unpacked_bytes_are_limited_in_every_compression(
    refusal: Callable[..., IngestError],
) -> None:
    for pack in PACKERS.values():
        assert refusal(pack(LIST), limits=Limits(bytes_raw=9_000)).code == "too_large"
        assert refusal(pack(LIST), limits=Limits(bytes_compressed=900)).code == "too_large"
        bomb = pack(b"Company\n" + b"Acme\n" * 1_000_000)
        assert refusal(bomb).code == "too_much_expansion"


@pytest.mark.parametrize("data", [as_xlsx(TABLE), as_parquet(TABLE)], ids=["xlsx", "parquet"])
def test_workbooks_and_parquet_count_as_packed(refusal: Callable[..., IngestError], data: bytes) -> None:
    assert refusal(data, limits=Limits(bytes_compressed=5_000)).code == "too_large"


def test_a_size_that_an_entry_declares_is_not_believed(refusal: Callable[..., IngestError]) -> None:
    data = bytearray(as_xlsx([["Company"], *[["Acme"]] * 5_000]))
    at = data.rindex(b"PK\x01\x02")
    while at >= 0:
        data[at + 24 : at + 28] = (10).to_bytes(4, "little")
        at = data.rfind(b"PK\x01\x02", 0, at)

    assert refusal(bytes(data)).code == "corrupt_archive"


def test_a_window_larger_than_any_ordinary_level_asks_for_is_refused(
    refusal: Callable[..., IngestError],
) -> None:
    options = {
        zstd.CompressionParameter.window_log: 30,
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    packer = zstd.ZstdCompressor(options=options)
    data = packer.compress(random.Random(1).randbytes(100_000)) + packer.flush()

    assert refusal(data).code == "corrupt_archive"
