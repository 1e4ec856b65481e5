"""Numbers of things, as commands say them."""

import pytest

from service.cli.words import counted


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1_000, "1,000 rows")]
)
def test_one_is_one(number: int, said: str) -> None:
    assert counted(number, "row") == said


def test_plural_of_its_own_is_taken() -> None:
    assert [counted(number, "entry", "entries") for number in (1, 2)] == ["1 entry", "2 entries"]
