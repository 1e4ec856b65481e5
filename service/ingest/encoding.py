"""Which encoding a file is in, and its text as UTF-8 bytes, a chunk at a time."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from charset_normalizer import CharsetMatch, CharsetMatches, from_bytes

from service.ingest.errors import UndecodableTextError
from service.ingest.framing import count_lines

BOMS = (  # the longer first: UTF-32 begins like UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

CANDIDATES = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
    "iso8859_2", "iso8859_5", "iso8859_7", "iso8859_9", "koi8_r", "cp874",
    "cp932", "euc_jp", "gb18030", "big5", "euc_kr",
)  # fmt: skip
"""Encodings that CRMs and spreadsheets write, the likelier first; the order settles draws."""

_LATIN = {"cp1250", "cp1252", "cp1254", "cp1257", "iso8859_2", "iso8859_9"}

_SAMPLE = 16 * 1024
_ZEROS_OF_UTF16 = 0.2
"""Share of zero bytes at odd (or even) places of UTF-16: delimiters, line ends and URLs alone make that much."""

_C1 = re.compile(rb"[\x80-\x9f]")
_SYMBOLS_OF_PROSE = frozenset("«»·©®™€§°ºª\xa0") | frozenset(map(chr, range(0x2010, 0x203B)))
"""Signs that stand between words in any language; ¿ or £ inside words speak of a wrong guess."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec and the length of the byte order mark before the text."""

    codec: str
    bom: int = 0


def sniff(head: bytes) -> Encoding:
    """The encoding that the first bytes announce (byte order mark) or show (UTF-16 by its zeros), else UTF-8."""
    for mark, codec in BOMS:
        if head.startswith(mark):
            return Encoding(codec, len(mark))
    # A file with NULs in many rows is no UTF-16: there even the first line has a zero in every other byte.
    first = head[:64]
    even, odd = first[0::2].count(0), first[1::2].count(0)
    threshold = _ZEROS_OF_UTF16 * max(1, len(first) // 2)
    if odd > threshold > even:
        return Encoding("utf-16-le")
    if even > threshold > odd:
        return Encoding("utf-16-be")
    return Encoding("utf-8")


def guess_legacy(data: bytes) -> str | None:
    """The single- or multi-byte encoding of bytes that are not UTF-8; None when they are damaged UTF-8 or nothing fits.

    charset-normalizer proposes; among what it finds equally orderly, text whose foreign characters are
    letters beats text with symbols in its words, and Western European beats the rest at a draw.
    """
    if _is_damaged_utf8(data):
        return None
    sample = b"\n".join(line for line in data[: 64 * _SAMPLE].splitlines() if not line.isascii())[:_SAMPLE]
    matches = from_bytes(sample, cp_isolation=list(CANDIDATES))
    ranked = sorted((_oddity(codec, sample), CANDIDATES.index(codec), codec) for codec in _likely(matches))
    return ranked[0][2] if ranked else _western(sample)


def _western(sample: bytes) -> str | None:
    """Too little to judge by: small accented letters are taken as Western, all else may be half a UTF-8 sequence."""
    text = sample.decode("cp1252", "replace")
    return "cp1252" if all(c.islower() for c in text if c > "\x7f") else None


def _likely(matches: CharsetMatches) -> set[str]:
    """The best match, those about as orderly and coherent, and those that read the sample alike."""
    if not matches:
        return set()
    best = matches[0]
    close = [
        m for m in matches if m.chaos <= best.chaos + _slack(best, m) and m.coherence >= best.coherence - 0.1
    ]
    alike = {codec for match in close for codec in (match.encoding, *match.could_be_from_charset)}
    return alike & set(CANDIDATES)


def _slack(best: CharsetMatch, other: CharsetMatch) -> float:
    """Latin alphabets look alike to the statistics; `_oddity` tells them apart better."""
    return 0.1 if {best.encoding, other.encoding} <= _LATIN else 0.02


def _oddity(codec: str, sample: bytes) -> int:
    """How many characters beyond ASCII are neither letters nor the punctuation of prose."""
    text = sample.decode(codec, "replace")
    return sum(not c.isalpha() and c not in _SYMBOLS_OF_PROSE for c in text if c > "\x7f")


def _is_damaged_utf8(data: bytes) -> bool:
    """Text with as many good UTF-8 sequences as bad bytes was UTF-8 once: reading it otherwise would garble it."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    return good >= max(1, bad)


class TextStream:
    """Iterates over a byte stream's text as UTF-8 chunks without byte order mark.

    A file that looked like ASCII so far may turn out to be Latin-1 at its first accent, so `encoding` is final
    only when the stream has ended. Raises `UndecodableTextError` after it has given all text before the bad byte.
    """

    def __init__(self, chunks: Iterator[bytes], encoding: Encoding) -> None:
        self._chunks = chunks
        self._bom = encoding.bom
        self._codec = encoding.codec
        self._ascii_so_far = encoding.codec == "utf-8" and not encoding.bom
        self._c1_seen = False
        self._pending = b""
        self._offset = 0
        self._line = 1
        self._after_return = False

    @property
    def encoding(self) -> str:
        """The name to show: Python's name of the codec, `latin-1` where only that part of cp1252 occurs."""
        if self._codec == "cp1252" and not self._c1_seen:
            return "latin-1"
        return f"{self._codec} with BOM" if self._bom else self._codec

    def __iter__(self) -> Iterator[bytes]:
        skip = self._bom
        for raw in self._chunks:
            chunk = raw[skip:]
            skip = max(0, skip - len(raw))
            if chunk:
                yield from self._decode(chunk, final=False)
        yield from self._decode(b"", final=True)

    def _decode(self, chunk: bytes, *, final: bool) -> Iterator[bytes]:
        data = self._pending + chunk
        if self._codec == "utf-8" and data.isascii():
            good, used, reason = data, len(data), None
        else:
            good, used, reason = self._transcode(data, final=final)
        self._ascii_so_far = self._ascii_so_far and good.isascii()
        yield good
        self._count(good)
        if reason is not None:
            self._refuse(data, used, reason)
        self._offset += used
        self._pending = data[used:]

    def _transcode(self, data: bytes, *, final: bool) -> tuple[bytes, int, str | None]:
        """(UTF-8, bytes used, what is wrong with the byte after them)."""
        try:
            return self._encoded(data, final=final)
        except UnicodeDecodeError as error:
            guess = (
                _western if final else guess_legacy
            )  # at the end only half a character is left to judge by
            if self._ascii_so_far and (legacy := guess(data)):
                self._codec, self._ascii_so_far = legacy, False
                return self._transcode(data, final=final)
            good, _, _ = self._encoded(data[: error.start], final=True)
            return good, error.start, error.reason

    def _encoded(self, data: bytes, *, final: bool) -> tuple[bytes, int, None]:
        decoder = codecs.getincrementaldecoder(self._codec)("strict")
        text = decoder.decode(data, final)
        used = len(data) - len(decoder.getstate()[0])
        if self._codec == "utf-8":
            return data[:used], used, None
        if self._codec == "cp1252":
            self._c1_seen = self._c1_seen or _C1.search(data) is not None
        return text.encode(), used, None

    def _count(self, text: bytes) -> None:
        self._line += count_lines(text) - (self._after_return and text.startswith(b"\n"))
        self._after_return = text.endswith(b"\r") or (self._after_return and not text)

    def _refuse(self, data: bytes, used: int, reason: str) -> None:
        offset = self._bom + self._offset + used
        raise UndecodableTextError(
            f"byte offset {offset} (0x{data[used]:02X}) is no text in {self.encoding} ({reason})",
            mend="Export the file again as UTF-8 (in Excel: 'CSV UTF-8').",
            line=self._line,
            offset=offset,
        )
