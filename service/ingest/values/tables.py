"""The vocabularies under `service/ingest/data`."""

import csv
import re
import unicodedata
from importlib.resources import files

_ACCENTS = re.compile("[\u0300-\u036f]")
_ALIKE = str.maketrans({"ł": "l", "\u0131": "i", ".": ""})


def rows(name: str) -> list[dict[str, str]]:
    """The lines of a table as dicts."""
    return list(csv.DictReader((files("service.ingest") / "data" / name).read_text("utf-8").splitlines()))


def fold(text: str) -> str:
    """How words are compared: lower case, no accents, no full stops, single spaces."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold()).translate(_ALIKE)
    return " ".join(unicodedata.normalize("NFKC", plain).split())
