"""What many decisions cost those who change a few accounts: rows read, counted by the server."""

import asyncpg

from service.overlaps.deciding import Choice
from tests.domain.overlaps.test_decisions import say
from tests.domain.overlaps.test_decisions_last import bring, pair_of
from tests.factories.world import Pair

MANY, FEW = 4_000, 100
SAID = """
    INSERT INTO decision (partnership_id, lo_ref, hi_ref, org_id, partner_org_id, word, actor_kind, decided_at, kinds, open)
    SELECT $1, n, -n, $2, $3, 'reject', 'service', now(), 0, false FROM generate_series(1, $4::bigint) AS n
"""
HUNG_ON = """
    INSERT INTO decided_account (partnership_id, org_id, ref, identity, name, gone_at)
    SELECT $1, $2, n * $3, decode(md5('i' || n), 'hex'), decode(md5('n' || n), 'hex'), CASE WHEN n % 2 = 0 THEN now() END
    FROM generate_series(1, $4::bigint) AS n
"""
READ = """
    SELECT relname, seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname IN ('decision', 'decided_account')
"""


async def test_a_small_change_reads_what_was_said_of_its_own_pairs_alone(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    rows = ["l1,Harbour Analytics,,GB", "l2,Siemens AG,siemens.com,DE"]
    await bring(pair, pair.right, "r1,Harbour Analytics,harbour.com,GB", "r2,Siemens,siemens.com,DE")
    await bring(pair, pair.left, *rows)
    for name, choice in (("Harbour Analytics", Choice.REJECT), ("Siemens AG", Choice.CONFIRM)):
        found = await pair_of(pair, name)
        assert found is not None
        await say(pair, pair.left, found[0], choice)
    await pair.world.work()
    partnership = pair.partnership
    sides = partnership.lo_org_id, partnership.hi_org_id
    await superuser.execute(SAID, partnership.id, *sides, MANY)
    for org_id, sign in zip(sides, (1, -1), strict=True):
        await superuser.execute(HUNG_ON, partnership.id, org_id, sign, MANY)
    await superuser.execute("ANALYZE decision, decided_account")

    # an account is called otherwise, one leaves, and one comes that is called as one that somebody rejected
    before = dict(await superuser.fetch(READ))
    await bring(pair, pair.left, "another,Harbour Analytics Ltd,,GB", "l2,Siemens Berlin,siemens.com,DE")
    read = {table: count - before[table] for table, count in await superuser.fetch(READ)}
    assert {table: count for table, count in read.items() if count > FEW} == {}
    learned = await pair_of(pair, "Harbour Analytics Ltd")
    assert learned is not None
    assert learned[1] == "disputed"
