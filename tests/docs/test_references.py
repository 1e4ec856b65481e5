"""Reference pages name what there is: options, columns, rooms, tables, jobs, settings; both ways."""

import re
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from service.accounts import models as _accounts
from service.accounts.attribute_removal import PURGE_JOB
from service.accounts.duplicates.search import SEARCH_JOB
from service.accounts.jobs import DAILY_SEARCH_JOB
from service.accounts.membership import SETTLE_JOB
from service.audit import models as _audit
from service.cli.data_key import SEALED_COLUMNS
from service.cli.lazy import LazyCommand, load
from service.cli.match_files import Columns, read_list
from service.cli.match_output import LEADING, pair_rows
from service.db.model import Record
from service.db.unscoped import UNSCOPED_TABLES
from service.events import models as _events
from service.guards import models as _guards
from service.imports import models as _imports
from service.imports.operations import RUN_JOB
from service.linking.local import match_locally
from service.matching.kinds import Attribute, KeyKind
from service.matching.records import ACCOUNT_FIELDS
from service.organizations import models as _organizations
from service.organizations.checkpoints import DAILY_JOB
from service.organizations.letters import LETTER_JOB
from service.overlaps import models as _overlaps
from service.overlaps.jobs import STEPS
from service.overlaps.jobs.commented import FORGET_JOB
from service.partnerships import models as _partnerships
from service.partnerships.inviting.sending import INVITATION_JOB
from service.partnerships.pausing import PURGE_ENDED_JOB, TELL_JOB
from service.partnerships.rotation import ROTATE_JOB, ROUND_JOB
from service.partnerships.sandbox.operations import SANDBOX_JOB
from service.settings import Settings
from tests.docs.sessions import ROOT

ROOMS_OF_TABLES = (_accounts, _audit, _events, _guards, _imports, _organizations, _overlaps, _partnerships)
MATCH = "docs/reference/match.md"
ARCHITECTURE = "docs/reference/architecture.md"


PERSONAL = {"email", "user_agent", "password_hash"}
"""Columns that say something of a person wherever they stand. Accounts' are named in words, with all that is uploaded."""


def section(page: str, heading: str) -> str:
    """The text below a heading, up to the next of its rank."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.split(r"^## ", text.split(f"\n## {heading}\n", maxsplit=1)[1], flags=re.MULTILINE)[0]


def first_cells(text: str) -> list[str]:
    """What stands in backticks in the first cell of each row."""
    cells = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_every_option_of_match_is_documented() -> None:
    command = load("match", LazyCommand("service.cli.match:match", ""))
    options = {flag for p in command.params for flag in p.opts if flag.startswith("-")}
    assert set(first_cells(section(MATCH, "Options"))) == options | {"--help", "-h"}


def test_columns_of_the_output_are_documented_in_their_order() -> None:
    assert first_cells(section(MATCH, "Columns of the output")) == [*LEADING, *(a.value for a in Attribute)]


def test_kinds_are_documented_strongest_first() -> None:
    assert first_cells(section(MATCH, "The kinds in `rules`")) == [kind.value for kind in KeyKind]


def test_account_fields_that_can_be_named_are_all_there() -> None:
    listed = section(MATCH, "Options").split("Account fields that can be named:")[1].split(". At least")[0]
    assert [name for name in re.findall(r"`([^`]+)`", listed) if ":" not in name] == list(ACCOUNT_FIELDS)


def test_every_table_is_documented_and_none_else() -> None:
    assert all(hasattr(models, "__name__") for models in ROOMS_OF_TABLES)
    tables = set(Record.metadata.tables) | set(UNSCOPED_TABLES)
    assert set(first_cells(section(ARCHITECTURE, "Tables and their policies"))) == tables


def test_tables_without_a_tenant_are_told_apart() -> None:
    text = section(ARCHITECTURE, "Tables and their policies").split("Tables without a tenant")[1]
    assert set(first_cells(text)) == set(UNSCOPED_TABLES)


def test_models_of_every_room_are_among_what_is_compared() -> None:
    rooms = {path.parent.name for path in (ROOT / "service").glob("*/models.py")}
    assert {Path(str(models.__file__)).parent.name for models in ROOMS_OF_TABLES} == rooms


def test_every_job_is_documented() -> None:
    assert set(first_cells(section(ARCHITECTURE, "The way of the data"))) == {
        *STEPS,
        ROTATE_JOB,
        TELL_JOB,
        PURGE_ENDED_JOB,
        INVITATION_JOB,
        ROUND_JOB,
        PURGE_JOB,
        SETTLE_JOB,
        SEARCH_JOB,
        DAILY_SEARCH_JOB,
        FORGET_JOB,
        RUN_JOB,
        LETTER_JOB,
        DAILY_JOB,
        SANDBOX_JOB,
    }


def test_every_room_is_documented() -> None:
    rooms = {path.parent.name for path in (ROOT / "service").glob("*/__init__.py")}
    assert set(first_cells(section(ARCHITECTURE, "Rooms"))) == rooms


def test_every_setting_is_documented() -> None:
    prefix = str(Settings.model_config["env_prefix"])
    names = {str(f.validation_alias or prefix + name.upper()) for name, f in Settings.model_fields.items()}
    assert set(first_cells(section("docs/guide/operate.md", "Settings"))) == names


def test_readme_counts_of_the_sample_lists_are_those_of_a_match(sample_pairs: pl.DataFrame) -> None:
    expected = pl.read_csv(ROOT / "service/cli/samples/expected.csv").filter(pl.col("same") == "yes")
    found = expected.join(sample_pairs, on=["left_row", "right_row"])["decision"]
    auto, review = (int((found == decision).sum()) for decision in ("auto", "review"))
    said = re.search(
        r"Of the (\d+) true pairs.+?decides (\d+) by\s+itself and puts (\d+) more",
        (ROOT / "README.md").read_text(),
        re.DOTALL,
    )
    assert said is not None
    assert tuple(map(int, said.groups())) == (expected.height, auto, review)


@pytest.fixture
def sample_pairs() -> pl.DataFrame:
    samples = ROOT / "service/cli/samples"
    sides = [
        read_list(samples / name, Columns(None), lambda _: None)
        for name in ("brightwater.csv", "keystone.csv")
    ]
    found = match_locally(sides[0].prepared, sides[1].prepared)
    return pair_rows(found.pairs, *sides, only_auto=False)


def test_security_page_names_every_plain_column_that_tells_of_the_people_who_use_it() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in Record.metadata.sorted_tables
        for column in table.columns
        if column.name in PERSONAL and table.name != "account"
    }
    assert columns == {
        "person.email",
        "person.password_hash",
        "member_invitation.email",
        "partner_invitation.email",
        "person_link.email",
        "session.user_agent",
    }
    told = section("SECURITY.md", "What the operator can read")
    assert [column for column in columns if f"`{column}`" not in told] == []


def test_the_operator_is_told_every_plain_column_that_holds_many_values() -> None:
    """What stands in one column together, as lists and trees do, is easily forgotten beside those that have one each."""
    columns = {
        f"{table.name}.{column.name}"
        for table in Record.metadata.sorted_tables
        for column in table.columns
        if table.name in {"account", "population", "record_history", "import_mapping"}
        and isinstance(column.type, ARRAY | JSONB)
    }
    assert len(columns) >= 7
    told = section("SECURITY.md", "What the operator can read")
    assert [column for column in columns if f"`{column}`" not in told] == []


def test_every_sealed_column_is_named_and_no_other() -> None:
    [row] = re.findall(
        r"^\| values sealed in the database \|.*$",
        section("SECURITY.md", "What is built, and what is not"),
        re.MULTILINE,
    )
    assert set(re.findall(r"`(\w+\.\w+)`", row)) == {
        f"{sealed.table}.{sealed.column}" for sealed in SEALED_COLUMNS
    }
