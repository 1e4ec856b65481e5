"""Over random lists and rules: every route tells of the partners' accounts what brute force finds in common, and no other."""

from random import Random

import pytest

from tests.api.isolation.walking import Walk
from tests.support.lists import unlike_brute_force


@pytest.mark.parametrize("seed", range(2))
async def test_no_account_outside_the_overlap_is_told_by_any_route(walk: Walk, seed: int) -> None:
    assert await unlike_brute_force(walk, Random(seed)) == []
    assert not walk.broken
