"""Values of a column of text: what they say, or why they say nothing. Pure; each different value is looked at once.

    read = amounts(column)
    read.values   # polars: amount as decimal text, currency as ISO 4217 code
    read.faults   # polars: null, or what stood there and what is expected

A value is never half read: a row has its values or a fault. What one value leaves open (`1.234`, `3/4/2026`) the column's other values
settle: `column_hints` of each batch, joined by `|`, where the column comes in batches.
"""

from service.ingest.values.attributes import column_hints, guess_type, read_attributes
from service.ingest.values.dates import dates
from service.ingest.values.money import amounts
from service.ingest.values.numbers import numbers
from service.ingest.values.people import head_counts
from service.ingest.values.reading import Hints, Reading
from service.ingest.values.words import booleans, countries, text_lists
from service.matching.records import AttributeType

__all__ = [
    "AttributeType",
    "Hints",
    "Reading",
    "amounts",
    "booleans",
    "column_hints",
    "countries",
    "dates",
    "guess_type",
    "head_counts",
    "numbers",
    "read_attributes",
    "text_lists",
]
