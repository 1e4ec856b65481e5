"""Words that commands share."""


def counted(number: int, noun: str) -> str:
    """`1 row`, `2 rows`, `1,000 rows`: nouns whose plural ends in s."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
