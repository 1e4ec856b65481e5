"""What can go wrong in matching, drawn at the top so that callers see the whole tree.

MatchingError
├── SuffixListError      the pinned Public Suffix List can't be found or read
├── TableError           a table of the normaliser is missing or broken
└── EvaluationDataError  a folder of labelled pairs is missing, empty or not of the expected shape
"""


class MatchingError(Exception):
    """The root of everything this room raises on purpose."""


class SuffixListError(MatchingError):
    pass


class TableError(MatchingError):
    pass


class EvaluationDataError(MatchingError):
    pass
