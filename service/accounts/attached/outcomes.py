"""How a deal ended, as CRMs and people write it in eight languages."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from service.accounts.models import Outcome
from service.ingest.values import Reading
from service.ingest.values.reading import UnreadableError, read_distinct
from service.ingest.values.tables import fold

EXPECTED = "won, lost or open"
SPELLINGS: Final[Mapping[Outcome, tuple[str, ...]]] = {
    Outcome.WON: (
        "won", "closed won", "close won", "deal won", "gewonnen", "geschlossen gewonnen", "geschlossen und gewonnen",
        "abgeschlossen und gewonnen", "gagne", "gagnee", "cloture gagne", "ferme gagne", "fermee gagnee", "conclu", "ganado",
        "ganada", "cerrado ganado", "cerrada ganada", "ganho", "ganha", "fechado ganho", "fechado e ganho", "menang",
        "ditutup menang", "выиграна", "выиграно", "закрыто выиграно", "успешно реализовано", "受注", "成約", "成立", "商談成立",
    ),
    Outcome.LOST: (
        "lost", "closed lost", "close lost", "deal lost", "verloren", "geschlossen verloren", "geschlossen und verloren",
        "abgeschlossen und verloren", "perdu", "perdue", "cloture perdu", "ferme perdu", "fermee perdue", "perdido", "perdida",
        "cerrado perdido", "cerrada perdida", "fechado perdido", "fechado e perdido", "kalah", "ditutup kalah", "проиграна",
        "проиграно", "закрыто проиграно", "закрыто и не реализовано", "失注", "不成立", "商談不成立", "canceled", "cancelled", "abandoned",
    ),
    Outcome.OPEN: (
        "open", "offen", "in progress", "active", "ouvert", "ouverte", "en cours", "abierto", "abierta", "en curso", "aberto", "aberta",
        "em andamento", "terbuka", "berjalan", "открыта", "открыто", "в работе", "進行中", "商談中", "未完了", "オープン",
    ),
}  # fmt: skip
"""Compared in lower case, without accents, with one space between words and none of the marks between them."""


def outcomes(column: pl.Series) -> Reading:
    """`outcome`: won, lost or open."""
    return read_distinct(column, _outcome, pl.Schema({"outcome": pl.String}), EXPECTED)


def of_stages(stages: pl.Series) -> pl.Series:
    """What the name of a stage says of the outcome: won or lost, else null."""
    told = {text: found for text in stages.drop_nulls().unique() if (found := _KNOWN.get(_plain(text)))}
    ended = {text: found.value for text, found in told.items() if found is not Outcome.OPEN}
    return stages.replace_strict(ended, default=None, return_dtype=pl.String)


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in fold(text)).split())


_KNOWN: Final = {_plain(spelling): outcome for outcome, said in SPELLINGS.items() for spelling in said}


def _outcome(text: str) -> tuple[str]:
    found = _KNOWN.get(_plain(text))
    if found is None:
        raise UnreadableError("is no outcome that is known")
    return (found.value,)
