"""The whole API against its own description, with every check that schemathesis has."""

from pathlib import Path

import pytest

from tests.support.fuzzing import fuzzed
from tests.support.servers import OwnDatabase

pytestmark = pytest.mark.slow
OWN_KEY = ("revoke_api_key", "rotate_api_key", "update_api_key")
"""What would end the run's own key, once one operation's answer feeds the next."""


async def test_every_operation_does_what_its_description_says(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    await fuzzed(own_database, tmp_path, "--phases", "examples,coverage,fuzzing", "--max-examples", "25")


async def test_operations_that_follow_each_other_do_what_their_descriptions_say(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    await fuzzed(own_database, tmp_path, "--phases", "stateful", "--max-examples", "15", without=OWN_KEY)
