# ruff: noqa: RUF001 - letters of other scripts are the point of this file
"""Latin spellings of names in scripts that are romanised in more than one way.

A company writes itself in Latin as its passport office, its science or its brand agency has it: Золотой is Zolotoy or Zolotoi,
Виваком is Vivacom. Each way gives one spelling; what no table names is as in `anyascii`.
"""

import re
from collections.abc import Iterator
from typing import Final

from anyascii import anyascii

MOST_ROMANISED: Final = 10
"""Of one name: each is one more thing that a partner can test."""
_SCRIPTS: Final = re.compile(
    "[\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u10d0-\u10ff\u3041-\u309f\u30a1-\u30fa\uac00-\ud7a3]"
)
"""A letter of a script that is romanised in several ways: Greek, Cyrillic, Armenian, Georgian, kana, Hangul."""

_SOFT = {"ъ": "", "ь": "", "э": "e", "ў": "u", "ґ": "g"}
_PASSPORT = _SOFT | {"ы": "y", "х": "kh", "ц": "ts", "ю": "yu", "я": "ya", "ж": "zh", "ч": "ch", "ш": "sh", "щ": "shch", "є": "ye"}  # fmt: skip
_UKRAINIAN = _PASSPORT | {"и": "y", "г": "h", "ю": "iu", "я": "ia", "є": "ie", "ы": "y"}
_SCIENTIFIC = _SOFT | {"ы": "y", "х": "h", "ц": "c", "ю": "ju", "я": "ja", "ж": "z", "ч": "c", "ш": "s", "щ": "sc", "є": "je",
                       "ђ": "dj", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz"}  # fmt: skip
_TRADE = _SOFT | {
    "ы": "y",
    "х": "h",
    "ц": "c",
    "ю": "u",
    "я": "ia",
    "ж": "zh",
    "ч": "ch",
    "ш": "sh",
    "щ": "sch",
    "к": "c",
    "є": "e",
}
_MILD = _PASSPORT | {"х": "h", "ц": "c", "ю": "u"}
_GREEK = {
    "η": "i",
    "υ": "y",
    "χ": "ch",
    "φ": "f",
    "β": "v",
    "ξ": "x",
    "ψ": "ps",
    "θ": "th",
    "ω": "o",
    "γ": "g",
    "κ": "k",
}
_GREEK_TRADE = _GREEK | {"η": "e", "υ": "u", "χ": "h", "φ": "ph", "β": "b", "κ": "c"}
_GREEK_PAIRS = {"ου": "ou", "μπ": "b", "ντ": "d", "γκ": "g", "γγ": "ng", "αυ": "av", "ευ": "ev"}
_GEORGIAN = {"ქ": "k", "ყ": "q", "ხ": "kh", "ღ": "gh", "ც": "ts", "წ": "ts", "ჩ": "ch", "ჭ": "ch", "თ": "t", "ფ": "p", "ჟ": "zh",
             "ძ": "dz", "ჯ": "j", "კ": "k", "პ": "p", "ტ": "t"}  # fmt: skip
_GEORGIAN_TRADE = _GEORGIAN | {"კ": "c", "ქ": "q", "ფ": "f", "ხ": "h", "ც": "c"}

_SYSTEMS: Final = (
    _PASSPORT | _GREEK | _GEORGIAN,
    _UKRAINIAN | _GEORGIAN | {"ფ": "f"},
    _TRADE | _GREEK_TRADE | _GEORGIAN_TRADE,
    _SCIENTIFIC,
    _MILD,
)
_AS_ANY: Final = {
    code: anyascii(chr(code)).lower() for code in (*range(0x370, 0x590), *range(0x10D0, 0x1100))
}
"""`anyascii`, letter by letter as it goes itself, of the scripts that the systems speak of: it takes long over a name."""
_TABLES: Final = [_AS_ANY | str.maketrans(dict(system)) for system in _SYSTEMS]
_BRANDED: Final = [
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"ks|cs", "x"),
        (r"(?<=[ae])v(?=[bcdfghklmnprstz])", "u"),
        (r"(?:ii|yi|iy|yy)(?= |$)", "y"),
        (r"(?<=[aeiouy])i", "y"),
        (r"ii$|ii(?= )", "iy"),
    )
]
"""What a brand does to a spelling by the rules, each by itself."""
_GREEK_LETTER: Final = re.compile("[\u0370-\u03ff]")
_GEORGIAN_LETTER: Final = re.compile("[\u10d0-\u10ff]")
_KANA_LETTER: Final = re.compile("[\u3040-\u30ff]")
_HANGUL_LETTER: Final = re.compile("[\uac00-\ud7a3]")
_NO_KEY: Final = re.compile("[^0-9a-z]")


def romanisations(spaced: str) -> list[str]:
    """Latin spellings, without spaces, of a name key (small letters, single spaces): the usual one first, each once.

    None of a name in Latin, or in a script of which `anyascii` gives the one spelling.
    """
    if not _SCRIPTS.search(spaced):
        return []
    found: dict[str, None] = {}
    for way in _ways(spaced):
        if plain := _NO_KEY.sub("", way):
            found[plain] = None
            if len(found) == MOST_ROMANISED:
                break
    return list(found)


def _ways(spaced: str) -> Iterator[str]:
    if _KANA_LETTER.search(spaced):
        yield from _of_kana(spaced)
        return
    if _HANGUL_LETTER.search(spaced):
        yield from _of_hangul(spaced)
        return
    if _GREEK_LETTER.search(spaced):
        for pair, instead in _GREEK_PAIRS.items():
            spaced = spaced.replace(pair, instead)
    by_rules = list(dict.fromkeys(_in_latin(spaced.translate(table)) for table in _TABLES))
    yield from by_rules
    if _GEORGIAN_LETTER.search(spaced):
        yield from (re.sub(r"i(?= |$)", "", latin) for latin in by_rules)
        return
    for latin in by_rules:
        branded = latin
        for pattern, instead in _BRANDED:
            branded = pattern.sub(instead, branded)
            yield pattern.sub(instead, latin)
        yield branded


def _in_latin(text: str) -> str:
    return text if text.isascii() else anyascii(text).lower()


_KANA_ROWS = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サ_スセソ", "t": "タ__テト", "n": "ナニヌネノ", "h": "ハヒ_ヘホ", "m": "マミムメモ", "y": "ヤ_ユ_ヨ",
    "r": "ラリルレロ", "w": "ワ___ヲ", "g": "ガギグゲゴ", "z": "ザ_ズゼゾ", "d": "ダ__デド", "b": "バビブベボ", "p": "パピプペポ",
}  # fmt: skip
_KANA = {
    kana: row + vowel
    for row, letters in _KANA_ROWS.items()
    for kana, vowel in zip(letters, "aiueo", strict=True)
} | {"シ": "shi", "チ": "chi", "ツ": "tsu", "フ": "fu", "ジ": "ji", "ヂ": "ji", "ヅ": "zu", "ヲ": "o", "ン": "n", "ヴ": "vu"}  # fmt: skip
_SMALL = dict(zip("ァィゥェォャュョヮ", ("a", "i", "u", "e", "o", "ya", "yu", "yo", "wa"), strict=True))
_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


def _of_kana(text: str) -> Iterator[str]:
    """Hepburn, with long vowels as written, without them, and as they are spelled out."""
    latin = ""
    doubled = False
    for c in text.translate(_HIRAGANA):
        if c == "ッ":
            doubled = True
            continue
        if c in _SMALL:
            latin = _contracted(latin, _SMALL[c])
            continue
        sound = _KANA.get(c) or ("-" if c == "ー" else anyascii(c).lower())
        if doubled and sound[:1].isalpha():
            latin += "t" if sound.startswith("ch") else sound[0]
        latin, doubled = latin + sound, False
    plain = latin.replace("-", "")
    yield plain
    yield re.sub(r"([aeiou])-", r"\1\1", latin)
    short = re.sub(r"ou|oo", "o", plain.replace("uu", "u"))
    yield short
    yield re.sub(r"n(?=[bpm])", "m", short)


def _contracted(latin: str, small: str) -> str:
    """`ki` and a small `ya` are `kya`, `shi` and `ya` are `sha`, `fu` and a small `a` are `fa`, `u` and a small `i` are `wi`."""
    if small[0] == "y" and latin.endswith("i"):
        stem = latin[:-1]
        return stem + (small[1:] if stem.endswith(("sh", "ch", "j")) else small)
    if latin[-1:] == "u" and latin[-2:-1] in {"", " ", *"aiueon"} and small[0] in "ieo":
        return f"{latin[:-1]}w{small}"
    return (latin[:-1] if latin[-1:] in {*"aiueo"} else latin) + small


_INITIALS = (
    "g",
    "kk",
    "n",
    "d",
    "tt",
    "r",
    "m",
    "b",
    "pp",
    "s",
    "ss",
    "",
    "j",
    "jj",
    "ch",
    "k",
    "t",
    "p",
    "h",
)
_VOWELS = ("a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "eu", "ui", "i")  # fmt: skip
_FINALS = ("", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t", "ng", "t", "t", "k", "t", "p", "t")  # fmt: skip
_FIRST_HANGUL, _SYLLABLES_OF_INITIAL, _SYLLABLES_OF_VOWEL = 0xAC00, 588, 28


def _of_hangul(text: str) -> Iterator[str]:
    """Revised Romanization letter by letter, then as companies spell themselves: Samsung, Shinhan, Lotte."""
    latin = "".join(
        _syllable(ord(c) - _FIRST_HANGUL) if "\uac00" <= c <= "\ud7a3" else anyascii(c).lower() for c in text
    )
    latin = re.sub("lr", "ll", latin)
    yield latin
    spelled = re.sub("td", "tt", re.sub("si", "shi", latin))
    yield spelled
    yield re.sub("eo", "u", spelled)
    yield re.sub(r"^r|(?<= )r", "l", spelled)
    yield re.sub(r"eu(?= |$)", "", spelled)


def _syllable(number: int) -> str:
    initial, rest = divmod(number, _SYLLABLES_OF_INITIAL)
    vowel, final = divmod(rest, _SYLLABLES_OF_VOWEL)
    return _INITIALS[initial] + _VOWELS[vowel] + _FINALS[final]
