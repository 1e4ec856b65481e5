"""The whole API against its own description, with every check that schemathesis has."""

import os
from pathlib import Path

import pytest

from tests.support.fuzzing import fuzzed
from tests.support.servers import OwnDatabase

pytestmark = pytest.mark.slow
EXAMPLES = os.environ.get("COMMONGROUND_FUZZ_EXAMPLES", "20")
"""Of each operation. Twenty fit among the other slow tests; by night let it be 300, from several seeds."""
PHASES_OF_ONE = ("--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES)
OWN_KEY = ("revoke_api_key", "rotate_api_key", "update_api_key")
"""What would end the run's own key, once one operation's answer feeds the next."""

THE_END = ("end_partnership",)
"""After it there is no partnership for the others to speak of."""


async def test_every_operation_does_what_its_description_says(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    await fuzzed(own_database, tmp_path, *PHASES_OF_ONE, without=THE_END)


async def test_the_last_operation_does_what_its_description_says(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    await fuzzed(own_database, tmp_path, *PHASES_OF_ONE, only=THE_END)


async def test_operations_that_follow_each_other_do_what_their_descriptions_say(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    await fuzzed(
        own_database,
        tmp_path,
        "--phases",
        "stateful",
        "--max-examples",
        EXAMPLES,
        without=(*OWN_KEY, *THE_END),
    )
