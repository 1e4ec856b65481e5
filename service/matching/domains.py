"""Registrable domains, column-wise, under the pinned Public Suffix List with its private section.

The list is that of the package `publicsuffixlist`, loaded once into `polars_tldextract`, whose own is older. Tidy addresses go
straight to the extension; the untidy few are cleaned one distinct value at a time.
"""

import re
import threading
import unicodedata
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

import polars as pl
import polars_tldextract as tld

from service.matching import tables
from service.matching.columns import map_distinct, on_rows
from service.matching.errors import SuffixListError

_TIDY = r"^(?:https?://)?[a-z0-9][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+(?::[0-9]+)?(?:[/?#][!-~]*)?$"
_SCHEME = re.compile(r"^(?:(?:https?|ftp|mailto)[:/\\]+|[/\\]+)+")
_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_WRAPPING = "<>()[]{}\"'.,;| \t\r\n"
_CUT = re.compile(r"[/\\?#]")
_HOST_ALONE = re.compile(r"^(?:https?://)?(?:www\.)?")
LONGEST_DOMAIN = 253
SITE_KINDS = ("social", "free_mail", "link", "code", "placeholder", "umbrella")
"""Kinds whose bare host is no company's own site unless the company bears its name; a job board's or shop system's is its maker's."""

_lock = threading.Lock()
_loaded: list[str] = []


def load_suffix_list() -> str:
    """Put the pinned list into the extension, once a process; returns the list's own version stamp.

    Raises `SuffixListError` when the list isn't where its package should have it, or can't be parsed.
    """
    with _lock:
        if not _loaded:
            _loaded.append(_load(files("publicsuffixlist") / "public_suffix_list.dat"))
        return _loaded[0]


def _load(path: Traversable) -> str:
    try:
        return str(tld.load_psl(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise SuffixListError(
            f"The Public Suffix List at {path} can't be loaded ({error}); reinstall the package publicsuffixlist."
        ) from error


class Domains(NamedTuple):
    domain: pl.Series
    reason: pl.Series


def account_domains(website: pl.Series, email: pl.Series, name: pl.Series) -> Domains:
    """The company's domain, from its website, else from its e-mail address, and why there is none.

    `name` is the name key: a company that bears the name of a shared host is its owner ("Yahoo Inc.", yahoo.com).
    Reasons: `free_mail`, `shared_host`, `invalid`; null where there is a domain or nothing was given.
    """
    site = _own(registrable(website), name, is_site=True)
    if email.null_count() == len(email):
        return site
    mail = _own(registrable(email.str.extract(r"@([^@]*)$", 1)), name, is_site=False)
    frame = pl.DataFrame(
        {"site": site.domain, "why": site.reason, "mail": mail.domain, "mail_why": mail.reason}
    ).select(pl.coalesce("site", "mail").alias("domain"), pl.coalesce("why", "mail_why").alias("why"))
    reason = pl.when(pl.col("domain").is_null()).then("why").alias("domain_reason")
    return Domains(frame["domain"], frame.select(reason).to_series())


class Named(NamedTuple):
    """`domain` is None where the address names no company; `reason` as in `Domains`."""

    domain: str | None
    reason: str | None


def company_domain(address: str) -> Named:
    """The registrable domain of one domain, URL or e-mail address in any spelling.

    The bare host of a service that many share is its owner's, so that has its domain and the reason; a page or a mailbox there
    has the reason alone.
    """
    is_mail = "@" in address and "/" not in address
    text, empty = pl.Series([address]), pl.Series([None], dtype=pl.String)
    found = account_domains(*((empty, text) if is_mail else (text, empty)), empty)
    domain, reason = found.domain[0], found.reason[0]
    if reason is None or reason == "invalid" or is_mail:
        return Named(domain, reason)
    [host], [cleaned] = (tuple(column) for column in registrable(text)[:2])
    is_bare = _HOST_ALONE.sub("", cleaned).rstrip("/") == host
    return Named(host if is_bare else None, reason)


class _Extracted(NamedTuple):
    domain: pl.Series
    address: pl.Series
    given: pl.Series


def registrable(addresses: pl.Series) -> _Extracted:
    """Registrable domain (A-labels) of each address, the address cleaned, and whether there was one at all."""
    load_suffix_list()
    text = addresses.str.strip_chars().str.to_lowercase()
    given = (text != "").fill_null(value=False)
    untidy = given & ~text.str.contains(_TIDY).fill_null(value=False)
    hosts = on_rows(text, untidy, lambda rows: map_distinct(rows, address_of))
    domain = hosts.to_frame("host").select(tld.registrable_domain("host", include_private=True)).to_series()
    return _Extracted(_checked(domain), hosts, given)


def _checked(domain: pl.Series) -> pl.Series:
    longest_safe = 60
    long = domain.str.len_bytes() > longest_safe
    return on_rows(domain, long, lambda rows: map_distinct(rows, lambda text: text if _valid(text) else None))


def address_of(text: str) -> str | None:
    """The host of a messy address in A-labels, with `/-` behind it if there was a port or path; null where it can't be a host.

    Takes off what people paste along: quotes, brackets, schemes (also broken or doubled ones), users, a second address
    behind a comma or space.
    """
    # an ideographic full stop parts labels as a dot does (UTS 46); NFKC makes its halfwidth form this one
    text = unicodedata.normalize("NFKC", text).lower().replace("\u3002", ".")
    text = "".join(c for c in text if unicodedata.category(c) != "Cf").strip(_WRAPPING)
    text = re.split(r"[\s,;|]", _SCHEME.sub("", text), maxsplit=1)[0].strip(_WRAPPING)
    site = _CUT.split(text, maxsplit=1)[0].rsplit("@", 1)[-1]
    host = ".".join(_a_label(label) for label in site.split(":", 1)[0].strip(".").split("."))
    alone = ":" not in site and text.endswith((site, site + "/"))
    return (host if alone else host + "/-") if _valid(host) else None


def _valid(host: str) -> bool:
    labels = host.split(".")
    return (
        len(labels) > 1 and len(host) <= LONGEST_DOMAIN and all(_LABEL.fullmatch(label) for label in labels)
    )


def _a_label(label: str) -> str:
    """Punycode as IDNA 2008 has it: ß and ς keep their own labels, unlike in the standard library's 2003 codec."""
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def _own(found: _Extracted, name: pl.Series, *, is_site: bool) -> Domains:
    """Hosts that many companies share off, with the reason."""
    hosts = tables.generic_hosts()
    parents = {host.split(".", 1)[1] for host in hosts} | set(hosts)
    suspect = found.domain.is_in(list(parents)).fill_null(value=False)
    none = pl.Series("kind", [None], dtype=pl.String).new_from_index(0, len(found.domain))
    if not suspect.any():
        return Domains(found.domain.alias("domain"), _invalid(found, none))
    rows = pl.DataFrame(
        {"domain": found.domain, "address": found.address, "given": found.given, "name": name}
    )
    kinds = on_rows(none, suspect, lambda _: _shared_kind(rows.filter(suspect), is_site=is_site))
    why = (
        pl.when(pl.col("kind") == "free_mail")
        .then(pl.lit("free_mail"))
        .when(pl.col("kind").is_not_null())
        .then(pl.lit("shared_host"))
        .when(pl.col("given") & pl.col("domain").is_null())
        .then(pl.lit("invalid"))
    )
    own = pl.when(pl.col("kind").is_null()).then("domain").alias("domain")
    judged = rows.with_columns(kinds.alias("kind")).select(own, why.alias("reason"))
    return Domains(judged["domain"], judged["reason"])


def _invalid(found: _Extracted, none: pl.Series) -> pl.Series:
    unreadable = found.given & found.domain.is_null()
    return on_rows(none, unreadable, lambda _: pl.repeat("invalid", int(unreadable.sum()), eager=True)).alias(
        "reason"
    )


def _shared_kind(rows: pl.DataFrame, *, is_site: bool) -> pl.Series:
    """The kind of shared host of each row, null where the address is the owner's own."""
    hosts = pl.DataFrame(
        {"host": list(tables.generic_hosts()), "kind": list(tables.generic_hosts().values())}
    )
    address = pl.col("address").str.replace(r"^(?:https?://)?(?:www\.)?", "")
    label = pl.col("domain").str.extract(r"^([^.]+)", 1).str.replace_all("-", "", literal=True)
    kinds = (
        rows.with_columns(address=address, host=address.str.extract(r"^([^/?#:]+)", 1), label=label)
        .join(hosts, left_on="domain", right_on="host", how="left", maintain_order="left")
        .join(hosts.rename({"kind": "host_kind"}), on="host", how="left", maintain_order="left")
    )
    if not is_site:
        return kinds["kind"]
    maker = (pl.col("address").str.strip_suffix("/") == pl.col("domain")) & ~pl.col("kind").is_in(SITE_KINDS)
    bears = pl.col("name").str.starts_with(pl.col("label")).fill_null(value=False)
    own = pl.col("kind").is_not_null() & (maker | bears)
    return kinds.select(pl.when(~own).then(pl.coalesce("kind", "host_kind")).alias("kind")).to_series()
