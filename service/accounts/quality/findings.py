"""What is wrong with a list, counted, with examples: pure, over the digest of the whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import polars as pl

from service.accounts.keys import KeyFound, counted, key_found
from service.accounts.quality.digest import Digest
from service.matching.guards import crowded_domains

MOST_EXAMPLES: Final = 20
MOST_ACCOUNTS: Final = 5
"""Of an example that stands for several."""


class FindingCode(StrEnum):
    NO_KEY = "no_key"
    NO_POPULATION = "no_population"
    NO_WEBSITE = "no_website"
    UNUSABLE_WEBSITE = "unusable_website"
    CROWDED_DOMAIN = "crowded_domain"
    DUPLICATE_COMPANY = "duplicate_company"
    DUPLICATE_NUMBER = "duplicate_number"
    NAMES_DIFFER = "names_differ"
    STALE = "stale"


class Gain(StrEnum):
    """What mending brings, the most first."""

    MATCHABLE = "matchable"
    """Accounts that no partner can meet now would be met."""
    SURER = "surer"
    """Accounts would be met by a domain, and not by their name alone."""
    TIDIER = "tidier"
    """The same companies are met, counted once and up to date."""


GAINS: Final[Mapping[FindingCode, Gain]] = {
    FindingCode.NO_KEY: Gain.MATCHABLE,
    FindingCode.NO_POPULATION: Gain.MATCHABLE,
    FindingCode.NO_WEBSITE: Gain.SURER,
    FindingCode.UNUSABLE_WEBSITE: Gain.SURER,
    FindingCode.CROWDED_DOMAIN: Gain.SURER,
    FindingCode.DUPLICATE_COMPANY: Gain.TIDIER,
    FindingCode.DUPLICATE_NUMBER: Gain.TIDIER,
    FindingCode.NAMES_DIFFER: Gain.TIDIER,
    FindingCode.STALE: Gain.TIDIER,
}


@dataclass(frozen=True, slots=True)
class Example:
    """`value` is the domain, host, website or number that `accounts` accounts have; `ids` are the first of these."""

    value: str | None
    accounts: int
    ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Finding:
    """`gaining` of its `accounts` would gain by mending it; `groups` are the domains, hosts or numbers they stand in."""

    code: FindingCode
    accounts: int
    gaining: int
    examples: Sequence[Example]
    groups: int | None = None
    parts: Mapping[str, int] = field(default_factory=dict)

    @property
    def gain(self) -> Gain:
        return GAINS[self.code]


@dataclass(frozen=True, slots=True)
class Quality:
    """`matchable` accounts have a key and are in a population; `keys` is `KeyFound` → accounts, by what is left of crowded domains."""

    accounts: int
    matchable: int
    keys: Mapping[str, int]
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is known to have been in a list lately: written since `since` (epoch seconds), in a population of `bits`, or `whole`."""

    since: int
    bits: int = 0
    whole: bool = False


def judge(digest: Digest, fresh: Fresh) -> Quality:
    """What there is to say of a list; findings by what mending them brings, the most first. Heavy."""
    crowded = crowded_domains(digest.accounts)
    own = pl.col("domain").is_not_null() & ~pl.col("domain").is_in(crowded["domain"].implode())
    accounts = digest.accounts.with_columns(
        key_found(domain=own.fill_null(value=False), other=pl.col("other"), reason=pl.col("reason"))
    )
    met = (pl.col("key") != KeyFound.NONE) & (pl.col("populations") != 0)
    found = [one for one in _findings(accounts, digest.numbers, crowded, fresh) if one.accounts]
    ranks = list(Gain)
    found.sort(key=lambda one: (ranks.index(one.gain), -one.gaining, -one.accounts))
    return Quality(accounts.height, accounts.filter(met).height, counted(accounts["key"]), found)


def _findings(
    accounts: pl.DataFrame, numbers: pl.DataFrame, crowded: pl.DataFrame, fresh: Fresh
) -> Iterator[Finding]:
    yield _single(FindingCode.NO_KEY, accounts.filter(pl.col("key") == KeyFound.NONE))
    yield _single(FindingCode.NO_POPULATION, accounts.filter(pl.col("populations") == 0))
    yield _without_website(accounts.filter(~pl.col("has_website")))
    junk = accounts.filter(pl.col("junk").is_not_null())
    yield _grouped(
        FindingCode.UNUSABLE_WEBSITE, junk.with_columns(pl.col("host").alias("value")),
        gaining=junk.filter(pl.col("domain").is_null()).height, parts=dict(junk["junk"].value_counts().iter_rows()),
    )  # fmt: skip
    # Few domains have several accounts, and hashes tell which cheaply: what groups texts sees those alone.
    named = accounts.select("id", "name", pl.col("domain").alias("value")).filter(
        pl.col("value").is_not_null()
    )
    several = named.filter(pl.col("value").hash().is_duplicated())
    in_crowd = pl.col("value").is_in(crowded["domain"].implode())
    crowd = several.filter(in_crowd)
    yield _grouped(FindingCode.CROWDED_DOMAIN, crowd, gaining=crowd.height)
    several = several.filter(~in_crowd & pl.col("name").is_not_null())
    yield _grouped(FindingCode.DUPLICATE_COMPANY, several.filter(pl.len().over("value", "name") > 1))
    yield _grouped(FindingCode.NAMES_DIFFER, several.filter(pl.col("name").n_unique().over("value") > 1))
    twice = numbers.rename({"number": "value"}).filter(pl.col("value").is_duplicated())
    yield _grouped(FindingCode.DUPLICATE_NUMBER, twice)
    yield _single(FindingCode.STALE, _stale(accounts, fresh))


def _single(code: FindingCode, rows: pl.DataFrame) -> Finding:
    """A finding of which each account is an example."""
    gaining = rows.height if GAINS[code] is Gain.MATCHABLE else 0
    return Finding(code, rows.height, gaining, _alone(rows))


def _alone(rows: pl.DataFrame) -> list[Example]:
    return [Example(None, 1, [account_id]) for account_id in rows["id"].head(MOST_EXAMPLES)]


def _without_website(rows: pl.DataFrame) -> Finding:
    """The examples are those that would gain: their e-mail names no company either."""
    worse = rows.filter(pl.col("domain").is_null())
    free = worse.filter(pl.col("has_email"))
    parts = {
        "company_email": rows.height - worse.height, "unusable_email": free.height, "no_email": worse.height - free.height,
    }  # fmt: skip
    return Finding(FindingCode.NO_WEBSITE, rows.height, worse.height, _alone(worse), parts=parts)


def _grouped(
    code: FindingCode, rows: pl.DataFrame, *, gaining: int = 0, parts: Mapping[str, int] | None = None
) -> Finding:
    """A finding of the accounts that share a `value`; its examples are the values that most have."""
    groups = (
        rows.group_by("value")
        .agg(pl.col("id").n_unique().alias("accounts"), pl.col("id").unique().sort().head(MOST_ACCOUNTS).alias("ids"))
        .sort(["accounts", "value"], descending=[True, False])
    )  # fmt: skip
    examples = [Example(*row) for row in groups.head(MOST_EXAMPLES).iter_rows()]
    return Finding(code, rows["id"].n_unique(), gaining, examples, groups.height, parts or {})


def _stale(accounts: pl.DataFrame, fresh: Fresh) -> pl.DataFrame:
    if fresh.whole:
        return accounts.clear()
    old = (pl.col("written_at") < fresh.since) & (pl.col("populations") & fresh.bits == 0)
    return accounts.filter(old).sort("written_at")
