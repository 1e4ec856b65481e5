"""A dry run says what an import would do, and does nothing."""

from typing import Any

from service.imports.endings import open_preview
from service.imports.models import Import, ImportMode, ImportStatus
from service.organizations.standing import Quota, set_quotas
from tests.domain.imports.support import FIRST, counts, fetch, imported, one
from tests.factories.world import Pair


async def tried(pair: Pair, text: str, **how: Any) -> tuple[Import, dict[str, Any]]:
    record = await imported(pair.world, pair.left, text, dry_run=True, **how)
    found = open_preview(pair.world.keystore, record)
    assert found is not None
    return record, found


async def test_a_dry_run_counts_what_would_happen_and_changes_nothing(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    before = await fetch(pair.world, pair.left, "SELECT * FROM account ORDER BY id")
    changed = FIRST.replace("Siemens AG", "Siemens Energy") + "3,Linde,linde.com,DE,Customer\n"
    record, found = await tried(pair, changed)
    assert (record.status, record.dry_run) == (ImportStatus.COMPLETED, True)
    assert counts(record) == (1, 1, 1, 0, 0)
    assert await fetch(pair.world, pair.left, "SELECT * FROM account ORDER BY id") == before
    assert await fetch(pair.world, pair.left, "SELECT 1 FROM record_history") == []
    assert [row["name"] for row in found["rows"]] == ["Siemens Energy", "Bosch", "Linde"]
    assert found["rows"][0] == {
        "row": 1, "line": 2, "external_id": "1", "name": "Siemens Energy", "website": "siemens.com", "country": "DE",
        "status": "Customer",
    }  # fmt: skip
    assert found["columns"]["website"] == 3
    assert list(pair.world.spool.folder.iterdir()) == []


async def test_no_job_follows_a_dry_run(pair: Pair) -> None:
    await pair.world.work()
    await pair.world.upload(pair.left, FIRST, population=None, dry_run=True)
    assert await pair.world.work() == ["imports.run"]


async def test_a_dry_run_says_what_rows_can_be_matched_by(pair: Pair) -> None:
    text = (
        "Account ID,Company,Website,Email\n"
        "1,Siemens AG,siemens.com,\n"
        "2,Some Bakery,,baker@gmail.com\n"
        "3,Other Bakery,,\n"
        "4,Third Bakery,facebook.com/third,\n"
        "5,---,,\n"
    )
    _, found = await tried(pair, text)
    assert found["keys"] == {"domain": 1, "name_only": 1, "free_mail": 1, "unusable_website": 1, "none": 1}


async def test_a_dry_run_groups_what_is_wrong_and_counts_duplicates(pair: Pair) -> None:
    text = FIRST + "3,too,few\n4,too,few\n1,Siemens,siemens.com,DE,Customer\n"
    record, found = await tried(pair, text)
    assert found["duplicates"] == 1
    assert record.rejected == 3
    assert [(p["reason"], p["rows"], p["lines"]) for p in found["problems"]] == [
        ("too_few_fields", 2, [4, 5]), ("duplicate_in_file", 1, [6]),
    ]  # fmt: skip
    assert "fields where the header has" in found["problems"][0]["example"]


async def test_a_dry_run_names_the_guards_that_would_hold_the_import(pair: Pair) -> None:
    text = "Account ID,Company\n" + "".join(f"{i},Company {i}\n" for i in range(20))
    await imported(pair.world, pair.left, text)
    record, found = await tried(pair, "Account ID,Company\n1,Company 1\n", mode=ImportMode.REPLACE)
    assert record.status is ImportStatus.COMPLETED
    assert record.removed == 19
    assert [guard["guard"] for guard in found["guards"]] == ["removes_too_many"]
    assert found["existing"] == 20


async def test_a_dry_run_is_not_taken_for_the_import_of_the_same_bytes(pair: Pair) -> None:
    record, _ = await tried(pair, FIRST)
    again = await imported(pair.world, pair.left, FIRST)
    assert again.id != record.id
    assert counts(again) == (2, 0, 0, 0, 0)


async def test_a_preview_is_sealed(pair: Pair) -> None:
    record, _ = await tried(pair, FIRST)
    stored = await one(pair.world, pair.left, record.id)
    assert stored.preview is not None
    assert b"Siemens" not in stored.preview


async def test_a_dry_run_foresees_what_would_refuse_the_whole_import(pair: Pair) -> None:
    broken = FIRST + "3,too,few\n"
    _, found = await tried(pair, FIRST, all_or_nothing=True)
    assert found["refusal"] is None
    _, found = await tried(pair, broken, all_or_nothing=True)
    assert found["refusal"]["code"] == "rows_refused"
    _, found = await tried(pair, FIRST.splitlines()[0] + "\nbroken\n", mode=ImportMode.REPLACE)
    assert found["refusal"]["code"] == "nothing_kept"


async def test_a_dry_run_foresees_a_quota(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    async with pair.world.database.tenant(pair.left.id) as session:
        await set_quotas(session, pair.world.clock, {Quota.ACCOUNTS: 2})
    _, found = await tried(pair, FIRST.replace("Siemens AG", "Siemens"))
    assert found["refusal"] is None
    _, found = await tried(pair, FIRST + "3,Linde,linde.com,DE,Customer\n")
    assert found["refusal"]["code"] == "quota_exceeded"
