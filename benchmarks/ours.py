"""Commonground's own way, through its own tables and roles, row-level security included: the whole service, and domains alone."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio.to_thread
import numpy as np
import polars as pl

from benchmarks.data import Lists, changed
from benchmarks.ground import service_database
from benchmarks.measure import Run
from service.accounts.compare import Batch, Work
from service.accounts.repository import Populations
from service.accounts.target import AccountTarget
from service.cli.operator import Desk
from service.cli.org import new_organization
from service.cli.partnership import new_partnership
from service.crypto import Keystore, MemoryKeystore
from service.crypto.columns import references
from service.db.database import Database
from service.db.embedded import EmbeddedServer
from service.db.sessions import TenantSession
from service.imports import jobs as import_jobs
from service.imports.models import ImportKind, ImportMode
from service.imports.operations import RUN_JOB, Upload, accept
from service.imports.packed import PackedRows
from service.imports.reader import Reader
from service.imports.spool import Spool
from service.imports.target import Difference, Order, Ready
from service.ingest import Limits
from service.jobs import JobContext, Payload, Registry
from service.jobs.drain import drain
from service.jobs.registry import Handler
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.linking.columns import TokenColumn
from service.linking.evidence import codes_for, wanted
from service.linking.keys import LinkKeys
from service.linking.layers import Delta
from service.linking.local import positions
from service.linking.meet import meet
from service.linking.prepare import Prepared
from service.linking.score import score_pairs
from service.linking.tokens import tokenise
from service.matching import Attribute, KeyKind
from service.matching.domains import account_domains, load_suffix_list
from service.matching.guards import crowded_domains
from service.matching.keys import MatchKeys
from service.matching.numbers import EVIDENCE
from service.organizations.models import Organization
from service.organizations.operations import reference_key
from service.overlaps import jobs as overlap_jobs
from service.overlaps.models import Part
from service.overlaps.stored import Stored, read_sent
from service.overlaps.tokens import Step, write_step
from service.overlaps.verdicts import packed, write_verdicts
from service.partnerships.epochs import link_keys
from service.partnerships.models import Partnership, Preset, SharingLevel
from service.partnerships.operations import Share, share
from service.partnerships.repository import MatchedPartnership, Partnerships

_CHUNK = 1 << 20


@dataclass(frozen=True)
class World:
    """Two organizations with a partnership in which every population shows its overlaps."""

    desk: Desk
    partnership: Partnership
    lo: Organization
    hi: Organization
    keys: Mapping[UUID, str]
    """Organization → its first API key."""

    @property
    def database(self) -> Database:
        return self.desk.database


async def make_pair(database: Database, keystore: Keystore | None = None) -> World:
    desk = Desk(database, keystore or MemoryKeystore(), SystemClock(), UuidV7Ids())
    with_keys = [await new_organization(desk, handle, handle) for handle in ("left", "right")]
    made, keys = [one for one, _ in with_keys], {one.id: key for one, key in with_keys}
    partnership = await new_partnership(desk, "left", "right")
    for organization in made:
        async with database.tenant(organization.id) as session:
            for p in await Populations(session).everyone():
                said = Share(p.slug, SharingLevel.OVERLAPPING, Preset.STANDARD)
                await share(session, desk.clock, partnership_id=partnership.id, said=said)
    lo, hi = sorted(made, key=lambda organization: organization.id)
    return World(desk, partnership, lo, hi, keys)


# ── the whole service: two files uploaded → both sides told ───────────────────────────────────────


async def service_run(started: EmbeddedServer, lists: Lists) -> tuple[Run, Run]:
    """Each job's seconds by its name, run one after the other; the import's own steps apart. Then the same lists once more,
    changed in one row of a hundred.
    """
    run, again = Run(), Run()
    with tempfile.TemporaryDirectory(prefix="cg-bench-spool-") as folder:
        async with service_database(started, "bench_service") as database:
            world = await make_pair(database)
            spool = Spool(Path(folder), limit=1 << 31)
            registry = timed_registry(world, spool, run)
            await drain(database, registry)
            run.seconds.clear()
            await _lists(world, spool, registry, lists.wide, run)
            registry = timed_registry(world, spool, again)
            await _lists(world, spool, registry, changed(lists), again)
    return run, again


async def _lists(world: World, spool: Spool, registry: Registry, paths: tuple[Path, Path], run: Run) -> None:
    before = time.process_time()
    for organization, path in zip((world.lo, world.hi), paths, strict=True):
        await upload(world, spool, organization.id, path, run)
    await drain(world.database, registry)
    run.facts |= await _counts(world)
    run.facts["cpu_seconds"] = time.process_time() - before


async def upload(world: World, spool: Spool, org_id: UUID, path: Path, run: Run) -> None:
    import_id = world.desk.ids.new()
    with run.stage("upload"):
        received = await spool.receive(import_id, _chunks(path))
        async with world.database.tenant(org_id) as session:
            upload = Upload(import_id, path.name, *received, mode=ImportMode.REPLACE)
            await accept(session, world.desk.keystore, world.desk.clock, upload)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def timed_registry(world: World, spool: Spool, run: Run) -> Registry:
    inner, timed, desk = Registry(), Registry(), world.desk
    target = _TimedTarget(run)
    import_jobs.register(
        inner,
        Reader(
            database=desk.database,
            keystore=desk.keystore,
            spool=spool,
            targets={ImportKind.ACCOUNTS: target},
            limits=Limits(),
            clock=desk.clock,
            ids=desk.ids,
        ),
    )
    overlap_jobs.register(
        inner,
        overlap_jobs.Parts(database=desk.database, keystore=desk.keystore, clock=desk.clock, ids=desk.ids),
    )
    for name in inner:
        timed.add(name, _timed(name, inner[name].handler, run))
    return timed


def _timed(name: str, handler: Handler, run: Run) -> Handler:
    async def handle(context: JobContext, payload: Payload) -> None:
        before, began = run.total, time.perf_counter()
        await handler(context, payload)
        # What the import's target has counted to steps of its own isn't counted twice.
        run.add(
            "imports.run: read" if name == RUN_JOB else name,
            time.perf_counter() - began - (run.total - before),
        )

    return handle


class _TimedTarget(AccountTarget):
    """Accounts as a target, its steps timed."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def ready(self, rows: PackedRows, order: Order) -> Ready[Batch]:
        with self._run.stage("imports.run: normalise, identify"):
            return super().ready(rows, order)

    async def compare(self, session: TenantSession, batch: Batch, order: Order) -> Difference[Work]:
        with self._run.stage("imports.run: compare accounts"):
            return await super().compare(session, batch, order)

    async def write(self, session: TenantSession, difference: Difference[Work], order: Order) -> None:
        with self._run.stage("imports.run: write accounts"):
            await super().write(session, difference, order)


_STANDING = (
    "(SELECT DISTINCT ON (org_id) accounts, tokens FROM token_change ORDER BY org_id, number DESC) AS newest"
)


async def _counts(world: World) -> dict[str, float]:
    async with world.database.matcher(world.partnership.id) as session:
        driver = await session.raw()
        return {
            "accounts": await driver.fetchval(f"SELECT sum(accounts) FROM {_STANDING}"),
            "tokens": await driver.fetchval(f"SELECT sum(tokens) FROM {_STANDING}"),
            "pairs": await driver.fetchval("SELECT count(*) FROM overlap"),
            "told": await driver.fetchval(
                "SELECT count(*) FROM overlap WHERE lo_shows AND hi_shows AND status = 'auto'"
            ),
            "events": await driver.fetchval("SELECT count(*) FROM partnership_event"),
        }


# ── domains alone: parsed columns → pairs stored ──────────────────────────────────────────────────


async def domains_joined(started: EmbeddedServer, left: pl.DataFrame, right: pl.DataFrame) -> Run:
    """From parsed columns (`id`, `website`) to overlaps stored with their confidence and an event each.

    Both sides' pushes run at once, and so do both sides' evidence: they are jobs of their own, of which a worker takes four.
    """
    run = Run()
    load_suffix_list()
    async with service_database(started, "bench_domains") as database:
        world = await make_pair(database)
        began, pushes = time.perf_counter(), (Run(), Run())
        sides = await asyncio.gather(
            _push(world, world.lo, left, pushes[0]), _push(world, world.hi, right, pushes[1])
        )
        _share(time.perf_counter() - began, pushes, run)
        await _match(world, sides, run)
        async with database.matcher(world.partnership.id) as session:
            run.facts["pairs"] = await (await session.raw()).fetchval("SELECT count(*) FROM overlap")
    return run


def _share(wall: float, runs: Sequence[Run], into: Run) -> None:
    """Count `wall`, in which all of `runs` went side by side, to their stages in proportion."""
    busy = sum(run.total for run in runs)
    for run in runs:
        for stage, seconds in run.seconds.items():
            into.add(stage, wall * seconds / busy)


def _by_domain(website: pl.Series) -> Prepared:
    """What `prepare` gives of a list that has addresses alone, without the steps that would find all else empty."""
    none = pl.Series("name", [None], dtype=pl.String).new_from_index(0, len(website))
    normalised = pl.DataFrame({"domain": account_domains(website, none, none).domain, "name": none})
    crowded = crowded_domains(normalised)
    rows = normalised.with_row_index("index").select("index", key="domain").drop_nulls()
    kept = rows.filter(~pl.col("key").is_in(crowded["domain"].to_list()))
    known = {value: normalised["domain"] if value == Attribute.DOMAIN.value else none for value in EVIDENCE}
    return Prepared(normalised, MatchKeys({KeyKind.DOMAIN: kept}, crowded, {}), pl.DataFrame(known))


@dataclass(frozen=True)
class _Side:
    prepared: Prepared
    refs: np.ndarray[Any, np.dtype[np.uint64]]
    link: LinkKeys


async def _push(world: World, organization: Organization, frame: pl.DataFrame, run: Run) -> _Side:
    """What the push job does, on a frame instead of the account table."""
    with run.stage("normalise"):
        prepared = await anyio.to_thread.run_sync(_by_domain, frame["website"])
    async with world.database.tenant(organization.id) as session:
        with run.stage("hash"):
            opened = await Partnerships(session).opened(world.partnership.id)
            link = link_keys(world.desk.keystore, opened, organization.id)
            own = reference_key(world.desk.keystore, organization.id)
            named = str(world.partnership.id), frame["id"].cast(pl.String), own
            refs = await anyio.to_thread.run_sync(references, *named)
            tokens = await anyio.to_thread.run_sync(tokenise, prepared, refs, link)
        began = time.perf_counter()
        deltas = {
            (Part.SENT, kind.value): Delta(column, TokenColumn.empty()) for kind, column in tokens.items()
        }
        await write_step(
            session, world.partnership.id, Stored({}), Step(deltas, "benchmark", 0, None), epoch=1
        )
    run.add("store segments", time.perf_counter() - began)  # with the commit
    return _Side(prepared, refs, link)


async def _match(world: World, sides: Sequence[_Side], run: Run) -> None:
    """What the jobs meet, weigh and score do, without handing over between them."""
    began = time.perf_counter()
    async with world.database.matcher(world.partnership.id) as session:
        partnership = await MatchedPartnership(session).lock()
        assert partnership is not None  # noqa: S101 - it was made a moment ago
        sent = await read_sent(session, epoch=1)
        tokens = sent[world.lo.id], sent[world.hi.id]
        run.add("read segments", time.perf_counter() - began)
        with run.stage("meet"):
            meetings = meet(*tokens).meetings
        with run.stage("explain and score"):
            with ThreadPoolExecutor(max_workers=2) as threads:
                codes = list(threads.map(_codes, (meetings, meetings), ("left", "right"), sides))
            scored = packed(score_pairs(meetings, *codes))
        began = time.perf_counter()
        await write_verdicts(session, partnership, scored)
    run.add("store pairs and events", time.perf_counter() - began)


def _codes(meetings: pl.DataFrame, name: str, side: _Side) -> pl.DataFrame:
    asked = wanted(meetings, name)
    at = positions(asked["ref"], side.refs)
    return codes_for(asked, side.prepared.subset(pl.Series(at, dtype=pl.UInt32)), side.refs[at], side.link)
