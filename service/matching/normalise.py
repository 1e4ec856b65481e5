"""One account a row in, its normalised self out: everything keys and evidence are made of."""

from concurrent.futures import ThreadPoolExecutor

import polars as pl

from service.matching.aliases import alias_columns
from service.matching.columns import map_distinct
from service.matching.domains import account_domains
from service.matching.facts import cities, countries, linkedin_slugs, sectors, sizes
from service.matching.heads import name_heads
from service.matching.names import latin, name_keys, short, transliterate, weak
from service.matching.records import ACCOUNT_FIELDS
from service.matching.registry import registry_numbers

CHUNK_ROWS = 131_072
MOST_THREADS = 4
"""Most steps are one thread's work in Polars, so long lists go through in chunks side by side; rows know nothing of each other."""


def normalise(accounts: pl.DataFrame, *, chunk_rows: int = CHUNK_ROWS) -> pl.DataFrame:
    """The normalised accounts, one row each in the same order.

    Reads the columns of `ACCOUNT_FIELDS` (a missing one counts as empty, others are ignored) and gives `domain`,
    `domain_reason` (`free_mail`, `shared_host`, `invalid`, null), `spaced_name`, `name`, `name_latin`, `weak`, `short`,
    `weak_latin`, `short_latin` (the same of `name_latin`), `name_head`, `head_latin`, `linkedin`, `registry` (list of `scheme|id`), `country`, `city`, `sector`, `size`,
    and the lists of `aliases.alias_columns`; null means unknown.
    """
    frame = _canonical(accounts)
    chunks = list(frame.iter_slices(chunk_rows))
    if len(chunks) <= 1:
        return _normalised(frame)
    with ThreadPoolExecutor(max_workers=min(MOST_THREADS, pl.thread_pool_size())) as threads:
        return pl.concat(threads.map(_normalised, chunks), rechunk=True)


def domains_of(accounts: pl.DataFrame) -> pl.Series:
    """`domain` as `normalise` gives it, at half the cost of all the rest."""
    frame = _canonical(accounts)
    found = account_domains(frame["website"], frame["email"], name_keys(frame["name"]).name)
    return found.domain.alias("domain")


def _normalised(frame: pl.DataFrame) -> pl.DataFrame:
    names = name_keys(frame["name"])
    domains = account_domains(frame["website"], frame["email"], names.name)
    heads = name_heads(names.bare)
    foreign = latin(names.spaced)
    head_latin = map_distinct(heads.set(foreign.is_null(), None), transliterate)
    return pl.DataFrame(
        {
            "domain": domains.domain,
            "domain_reason": domains.reason,
            "spaced_name": names.spaced,
            "name": names.name,
            "name_latin": foreign,
            "weak": weak(names.bare, names.name),
            "short": short(names.name),
            "weak_latin": weak(names.bare.set(foreign.is_null(), None), foreign),
            "short_latin": short(foreign),
            "name_head": heads,
            "head_latin": head_latin,
            "linkedin": linkedin_slugs(frame["linkedin"], frame["website"]),
            "registry": registry_numbers(frame),
            "country": countries(frame["country"]),
            "city": cities(frame["city"]),
            "sector": sectors(frame["industry"]),
            "size": sizes(frame["employees"]),
            **alias_columns(frame["alias_domains"], frame["alias_names"], frame["name"], names),
        }
    )


def _canonical(accounts: pl.DataFrame) -> pl.DataFrame:
    present = set(accounts.columns)
    return accounts.select(
        pl.col(field).cast(pl.String) if field in present else pl.lit(None, dtype=pl.String).alias(field)
        for field in ACCOUNT_FIELDS
    )
