"""Addresses of databases, as operators write them: `postgresql://` with libpq's parameters."""

import re
from urllib.parse import urlsplit

_SCHEMES = {"postgresql", "postgres"}
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:\s]*)(:\d+)?")


def plain_url(url: str) -> str:
    """Take SQLAlchemy's driver name out of an address: `postgresql+asyncpg://…` → `postgresql://…`."""
    scheme, separator, rest = url.partition("://")
    return scheme.partition("+")[0] + separator + rest


def is_address(url: str) -> bool:
    """Whether `url` can be read as an address; several hosts, or none for a socket, are well."""
    try:
        parts = urlsplit(plain_url(url))
    except ValueError:
        return False
    hosts = parts.netloc.rpartition("@")[2].split(",")
    return "://" in url and parts.scheme in _SCHEMES and all(_HOST.fullmatch(host) for host in hosts)
