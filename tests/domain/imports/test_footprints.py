"""Lists that come again: rows told by their fingerprints leave what comparing every row leaves."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import polars as pl
import pytest

from service.accounts import sieve as sieve_module
from service.accounts.attribute_operations import remove
from service.accounts.sieve import Sieve
from service.accounts.target import AccountTarget
from service.imports.models import Import, ImportKind, ImportMode, ImportStatus
from service.imports.operations import roll_back
from service.imports.reader import Reader
from service.ingest import Limits
from tests.domain.imports.support import fetch, one
from tests.factories.world import Member, Pair, World

COLUMNS = ("Account ID", "Company", "Website", "Country", "Status", "Revenue")
ACCOUNTS = """
    SELECT identity, external_id, name, website, domain, country, status, revenue, revenue_amount::text, populations,
        encode(digest, 'hex') AS digest FROM account ORDER BY identity
"""
TOLD = 'SELECT "row", line, reason, message FROM import_error WHERE import_id = \'{}\' ORDER BY "row", reason, message'
Row = dict[str, str]


@dataclass
class Story:
    """A list, and what may happen to it between one upload and the next."""

    random: Random
    rows: list[Row] = field(default_factory=list)
    made: int = 0
    before: list[list[Row]] = field(default_factory=list)

    def add(self) -> None:
        self.made += 1
        kind = self.random.random()
        self.rows.append({
            "Account ID": f"A-{self.made}" if kind < 0.7 else "", "Company": f"Company {self.made % 9} Ltd",
            "Website": f"c{self.made % 13}.com" if kind < 0.9 else "", "Country": self.random.choice(["DE", "FR", ""]),
            "Status": self.random.choice(["Customer", "Prospect", "none of them", ""]), "Revenue": str(self.made * 100),
        })  # fmt: skip

    def change(self) -> None:
        row = self.random.choice(self.rows)
        row[self.random.choice(COLUMNS[1:5])] = f"c{self.random.randrange(40)}.org"

    def identify(self) -> None:
        """What had no external id gets one, or what had one loses it."""
        row = self.random.choice(self.rows)
        self.made += 1
        row["Account ID"] = "" if row["Account ID"] else f"A-{self.made}"

    def drop(self) -> None:
        if len(self.rows) > 6:
            self.rows.pop(self.random.randrange(len(self.rows)))

    def repeat(self) -> None:
        """The same account twice in the file, the one as it was and the other as it wasn't, in either order."""
        row = self.random.choice(self.rows)
        other = (
            {**row, "Company": f"Other {self.random.randrange(5)}"} if self.random.random() < 0.7 else {**row}
        )
        self.rows.insert(self.random.randrange(len(self.rows)), other)

    def mix(self) -> None:
        self.random.shuffle(self.rows)

    def settle(self) -> None:
        """A number that tells how the others are to be read."""
        self.random.choice(self.rows)["Revenue"] = self.random.choice(["1.234,5", "1,234.5", "12.345", "500"])

    def go_back(self) -> None:
        """To what the list was at some time."""
        self.rows = [{**row} for row in self.random.choice(self.before)]

    def go_on(self) -> None:
        self.before.append([{**row} for row in self.rows])
        steps: list[Callable[[], None]] = [
            self.add,
            self.change,
            self.identify,
            self.drop,
            self.repeat,
            self.mix,
            self.settle,
            self.go_back,
        ]
        for step in self.random.choices(steps, k=self.random.randrange(4)):
            step()

    def text(self, columns: tuple[str, ...] = COLUMNS) -> str:
        lines = [columns, *(tuple(f'"{row[c]}"' for c in columns) for row in self.rows)]
        return "\n".join(map(",".join, lines)) + "\n"


@dataclass(frozen=True)
class Side:
    """One organization's way to import, with or without fingerprints."""

    world: World
    member: Member
    target: AccountTarget

    async def bring(self, text: str, **how: Any) -> Import:
        import_id = await self.world.upload(
            self.member, text, **{"population": None, "confirmed": True, **how}
        )
        return await self._read(import_id)

    async def undo(self, record: Import) -> Import:
        async with self.world.database.tenant(self.member.id) as session:
            made = await roll_back(session, self.world.clock, self.world.ids, record.id)
        return await self._read(made.id)

    async def _read(self, import_id: Any) -> Import:
        w = self.world
        targets = {ImportKind.ACCOUNTS: self.target}
        reader = Reader(w.database, w.keystore, w.spool, targets, Limits(), w.clock, w.ids)
        await reader.run(self.member.id, import_id)
        return await one(w, self.member, import_id)

    async def left(self, record: Import) -> Any:
        """What the import says of itself, and the list that it leaves."""
        said = (
            record.status, record.created, record.updated, record.unchanged, record.removed, record.rejected, record.skipped,
            record.rows_read, (record.report or {}).get("warnings"), (record.report or {}).get("unread"), record.problem,
        )  # fmt: skip
        told = await fetch(self.world, self.member, TOLD.format(record.id))
        return said, told, await fetch(self.world, self.member, ACCOUNTS)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each part of a file had that were known."""
    counts: list[int] = []
    take = Sieve.take

    def counted(self: Sieve, frame: pl.DataFrame) -> pl.DataFrame:
        rest = take(self, frame)
        counts.append(frame.height - rest.height)
        return rest

    monkeypatch.setattr(Sieve, "take", counted)
    return counts


@pytest.mark.parametrize("seed", range(5))
async def test_known_rows_are_passed_over_and_nothing_else_is_different(
    pair: Pair, taken: list[int], seed: int
) -> None:
    random = Random(seed)
    quick = Side(pair.world, pair.left, AccountTarget(prints_from=0))
    plain = Side(pair.world, pair.right, AccountTarget(prints_from=1 << 30))
    story = Story(random)
    for _ in range(30):
        story.add()
    newest = None
    for _ in range(10):
        act = random.random()
        if act < 0.12 and newest and newest[0].status is ImportStatus.COMPLETED:
            records = [await side.undo(record) for side, record in zip((quick, plain), newest, strict=True)]
        else:
            columns = COLUMNS[:3] if act < 0.24 else COLUMNS
            how: dict[str, Any] = {"mode": random.choice([ImportMode.UPSERT, ImportMode.REPLACE])}
            how["population"] = "customers" if seed % 2 else None
            records = [await side.bring(story.text(columns), **how) for side in (quick, plain)]
            newest = records
        assert await quick.left(records[0]) == await plain.left(records[1])
        story.go_on()
    assert sum(taken) > 40


async def test_accounts_that_something_else_wrote_or_removed_are_compared(
    pair: Pair, taken: list[int]
) -> None:
    side = Side(pair.world, pair.left, AccountTarget(prints_from=0))
    rows = [f"{n},Company {n},c{n}.com\n" for n in range(12)]
    head = "Account ID,Company,Website\n"
    await side.bring(head + "".join(rows))
    await side.bring("Account ID,Company\n1,Renamed\n")
    fewer = await side.bring(head + "".join(rows[:2] + rows[3:]), mode=ImportMode.REPLACE)
    assert (fewer.updated, fewer.unchanged, fewer.removed) == (1, 10, 1)
    again = await side.bring(head + "".join(reversed(rows)))
    assert (again.created, again.updated, again.unchanged) == (1, 0, 11)
    assert taken == [10, 11]
    named = await fetch(pair.world, pair.left, "SELECT external_id, name FROM account")
    assert {row["external_id"]: row["name"] for row in named} == {str(n): f"Company {n}" for n in range(12)}


async def test_a_row_comes_before_the_known_one_of_its_account(pair: Pair, taken: list[int]) -> None:
    side = Side(pair.world, pair.left, AccountTarget(prints_from=0))
    text = "Account ID,Company\n1,First\n2,Second\n"
    await side.bring(text)
    again = await side.bring("Account ID,Company\n2,Earlier\n1,First\n2,Second\n")
    assert taken == [2]
    assert (again.updated, again.unchanged, again.rejected) == (1, 1, 1)
    [row] = await fetch(pair.world, pair.left, "SELECT name FROM account WHERE external_id = '2'")
    assert row["name"] == "Earlier"


async def test_an_account_written_while_the_file_is_read_is_compared(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the footprint and the storing of the file, somebody else has a say."""
    world, text = pair.world, "Account ID,Company\n1,First\n2,Second\n3,Third\n4,Fourth\n"
    side = Side(world, pair.left, AccountTarget(prints_from=0))
    await side.bring(text)
    take, loop = Sieve.take, asyncio.get_running_loop()

    async def write() -> None:
        async with world.database.tenant(pair.left.id) as session:
            driver = await session.raw()
            await driver.execute(
                "UPDATE account SET name = 'Meanwhile', digest = '\\x00' WHERE external_id = '2'"
            )

    def meanwhile(self: Sieve, frame: pl.DataFrame) -> pl.DataFrame:
        asyncio.run_coroutine_threadsafe(write(), loop).result()
        return take(self, frame)

    monkeypatch.setattr(Sieve, "take", meanwhile)
    again = await side.bring(text + "5,Fifth\n")
    assert (again.created, again.updated, again.unchanged) == (1, 1, 3)
    [row] = await fetch(world, pair.left, "SELECT name FROM account WHERE external_id = '2'")
    assert row["name"] == "Second"


async def test_values_of_an_attribute_that_is_defined_anew_are_brought_again(pair: Pair) -> None:
    """The import itself takes away what is left of the removed one."""
    side = Side(pair.world, pair.left, AccountTarget(prints_from=0))
    text = "Account ID,Company,Tier\n" + "".join(f"{n},Company {n},gold\n" for n in range(4))
    columns = {"external_id": "Account ID", "name": "Company", "attribute:tier:text": "Tier"}
    await side.bring(text, columns=columns)
    async with pair.world.database.tenant(pair.left.id) as session:
        await remove(session, pair.world.clock, "tier")
    again = await side.bring(text + "4,Company 4,\n", columns=columns)
    assert (again.created, again.updated) == (1, 4)
    gold = "SELECT count(*) AS accounts FROM account WHERE attributes ->> 'tier' = 'gold'"
    assert await fetch(pair.world, pair.left, gold) == [{"accounts": 4}]


async def test_rows_that_were_stored_before_come_to_be_known(pair: Pair, taken: list[int]) -> None:
    """Nothing is written between the footprint of a part and that of the whole."""
    side = Side(pair.world, pair.left, AccountTarget(prints_from=0))
    rows = [f"{n},Company {n}\n" for n in range(30)]
    head = "Account ID,Company\n"
    await Side(pair.world, pair.left, AccountTarget(prints_from=1 << 30)).bring(head + "".join(rows))
    await side.bring(head + "".join(rows[:28]))
    whole = await side.bring(head + "".join(rows) + "\n")
    assert (whole.status, whole.unchanged) == (ImportStatus.COMPLETED, 30)
    await side.bring(head + "".join(rows) + "30,Company 30\n")
    assert taken == [28, 30]


async def test_a_part_of_the_list_leaves_what_is_known_of_the_whole(pair: Pair, taken: list[int]) -> None:
    side = Side(pair.world, pair.left, AccountTarget(prints_from=0))
    rows = [f"{n},{n}\n" for n in range(200)]
    head = "Account ID,Company\n"
    await side.bring(head + "".join(rows))
    part = await side.bring(head + "7,Seven\n8,8\n")
    assert (part.updated, part.unchanged, taken) == (1, 1, [])
    whole = await side.bring(head + "".join(rows))
    assert (whole.updated, whole.unchanged, taken) == (1, 199, [199])


@pytest.mark.parametrize("prints_from", [0, 1 << 30])
async def test_what_an_attribute_could_not_hold_is_read_when_it_is_defined_anew(
    pair: Pair, prints_from: int
) -> None:
    """Its type is guessed: of numbers first, and of words when it was removed and comes again."""
    side = Side(pair.world, pair.left, AccountTarget(prints_from=prints_from))

    def text(*seats: str) -> str:
        said = [*seats, *[""] * 20]
        return "Account ID,Company,Seats\n" + "".join(
            f"{n},Company {n},{one}\n" for n, one in enumerate(said)
        )

    columns = {"external_id": "Account ID", "name": "Company", "attribute:seats": "Seats"}
    await side.bring(text("1", "2", "3"), columns=columns)
    await side.bring(text("1", "2", "many"), columns=columns)
    async with pair.world.database.tenant(pair.left.id) as session:
        await remove(session, pair.world.clock, "seats")
    await pair.world.work("attributes.purge")
    await side.bring(text("few", "some", "many"), columns=columns)
    kept = "SELECT attributes ->> 'seats' AS seats FROM account WHERE attributes <> '{}' ORDER BY external_id"
    assert [row["seats"] for row in await fetch(pair.world, pair.left, kept)] == ["few", "some", "many"]


async def test_another_population_or_meaning_of_a_status_is_another_wording(
    pair: Pair, taken: list[int]
) -> None:
    side = Side(pair.world, pair.left, AccountTarget(prints_from=0))
    text = "Account ID,Company,Status\n" + "".join(f"{n},Company {n},Gold\n" for n in range(4))
    bits = "SELECT populations > 1 AS prospects, count(*) AS accounts FROM account GROUP BY 1"
    await side.bring(text)
    assert await fetch(pair.world, pair.left, bits) == [{"prospects": False, "accounts": 4}]
    await side.bring(text + "4,Company 4,Gold\n", population="prospects")
    assert await fetch(pair.world, pair.left, bits) == [{"prospects": True, "accounts": 5}]
    await side.bring(text + "4,Company 4,Gold\n5,Company 5,Gold\n", statuses={"Gold": "customers"})
    assert await fetch(pair.world, pair.left, bits) == [{"prospects": False, "accounts": 6}]
    assert taken == []


async def test_accounts_of_another_wording_are_gone_too(pair: Pair) -> None:
    """Written since the list's footprint, and in none of its rows."""
    side = Side(pair.world, pair.left, AccountTarget(prints_from=0))
    text = "Account ID,Company,Country\n" + "".join(f"{n},Company {n},DE\n" for n in range(12))
    await side.bring(text)
    await side.bring("Account ID,Company\n77,Elsewhere\n")
    record = await side.bring(text.replace("Company 3", "Firma 3"), mode=ImportMode.REPLACE)
    assert (record.updated, record.removed) == (1, 1)


async def test_fingerprints_of_another_kind_are_written_anew(
    pair: Pair, taken: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine may hash otherwise: nothing is known then, and each account is known once afterwards."""
    side = Side(pair.world, pair.left, AccountTarget(prints_from=0))
    text = "Account ID,Company\n" + "".join(f"{n},Company {n}\n" for n in range(12))
    await side.bring(text)
    monkeypatch.setattr(sieve_module, "_SEEDS", (1, 2))
    await side.bring(text + "12,Company 12\n")
    record = await side.bring(text + "12,Company 12\n13,Company 13\n")
    assert (record.created, record.unchanged) == (1, 13)
    assert taken == [0, 13]
    sizes = "SELECT rows FROM account_footprint ORDER BY number, part"
    assert [row["rows"] for row in await fetch(pair.world, pair.left, sizes)] == [13, 1]


async def test_footprints_of_the_newest_wordings_are_kept_and_grow_by_what_changed(pair: Pair) -> None:
    side = Side(pair.world, pair.left, AccountTarget(prints_from=0))
    rows = [f"{n},Company {n},c{n}.com,DE,Customer" for n in range(40)]
    heads = ["Account ID", "Company", "Website", "Country", "Status"]
    sizes = "SELECT rows FROM account_footprint ORDER BY number, part"
    await side.bring("\n".join([",".join(heads), *rows]))
    rows[3] = rows[3].replace("Company", "Firma")
    await side.bring("\n".join([",".join(heads), *rows]))
    assert [row["rows"] for row in await fetch(pair.world, pair.left, sizes)] == [40, 1]
    rows[:9] = [row.replace("DE", "FR") for row in rows[:9]]
    await side.bring("\n".join([",".join(heads), *rows]))
    assert [row["rows"] for row in await fetch(pair.world, pair.left, sizes)] == [40]
    for width in range(1, 5):
        await side.bring(
            "\n".join(
                [",".join(heads[: width + 1]), *(",".join(row.split(",")[: width + 1]) for row in rows)]
            )
        )
    wordings = "SELECT count(DISTINCT wording) AS wordings FROM account_footprint"
    assert await fetch(pair.world, pair.left, wordings) == [{"wordings": 4}]
