"""How much and how long a request may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """Bytes and seconds; the edge's own limits (deploy/edge) are no wider."""

    head_bytes: int = 32 * 1024
    """Method, address and headers together."""
    headers: int = 100
    head_seconds: float = 10.0
    """From the connection's first moment, or a request's first byte, to the end of its headers."""
    body_bytes: int = 64 * 1024
    """A body that is no upload."""
    bulk_bytes: int = 1024 * 1024
    """One that says the same of many things."""
    body_seconds: float = 60.0
    """For a whole small body, and for the next piece of an upload."""
    request_seconds: float = 90.0
    """For a whole request, from its headers to the last byte of the answer."""
    upload_seconds: float = 3600.0
    """The same for an upload."""
    taking_seconds: float = 60.0
    """How long a client may leave what was written to it waiting."""


DEFAULT_LIMITS = HttpLimits()
