"""Example values for the reference: what a member of this name may look like."""

from collections.abc import Mapping
from typing import Any, Final

FORMATS: Final[Mapping[str, str]] = {
    "uuid": "019aa3c4-7e5a-7c3b-9d64-1f2ab3c4d5e6",
    "date-time": "2026-11-22T09:30:00Z",
    "date": "2026-11-22",
    "email": "kim@brightwater.example",
    "uri": "https://brightwater.example/",
    "binary": "…",
    "password": "a long sentence that only you know",
}

NAMED: Final[Mapping[str, Any]] = {
    # companies
    "name": "Siemens AG",
    "external_id": "0014x00001",
    "website": "www.siemens.com",
    "domain": "siemens.com",
    "country": "DE",
    "city": "Munich",
    "industry": "Manufacturing",
    "employees": "10,001+",
    "revenue": "78,000,000,000",
    "owner": "Kim Ito",
    "handle": "keystone",
    "population": "customers",
    "partner_population": "open_opportunities",
    "population_name": "Customers",
    "populations": ["customers"],
    "partner_populations": ["customers", "open_opportunities"],
    "slug": "customers",
    # files
    "filename": "accounts.csv",
    "encoding": "utf-8",
    "compression": "gzip",
    "delimiter": ",",
    "mapping": {"name": "Company", "website": "URL"},
    "unmapped": ["Notes"],
    "warnings": [],
    "bytes_received": 48210,
    "rows_read": 305,
    "created": 305,
    "updated": 0,
    "unchanged": 0,
    "removed": 0,
    "rejected": 0,
    "errors_stored": 0,
    # overlaps
    "confidence": 0.998,
    "rules": ["domain", "name"],
    "evidence": {"domain": "agrees", "country": "agrees", "city": "unknown"},
    "bits": 3.0,
    "term": "domain",
    "outcome": "agrees",
    "sentence": "Both have the same web domain.",
    "fields": {"name": "Siemens", "country": "DE"},
    "pairs": 28,
    "accounts": 27,
    "partner_accounts": 28,
    "companies": 27,
    "in_words": "Your 27 accounts meet 28 of theirs in 28 pairs: 27 distinct companies, because 1 company has 2 accounts in theirs.",
    "text": "Kim knows their head of purchasing. Shall we call them together?",
    "safety_number": "51207 84431 90276 11845 63390 27714",
    # people and keys
    "email": "kim@brightwater.example",
    "password": "a long sentence that only you know",
    "display_name": "Kim Ito",
    "scopes": ["accounts:read", "overlaps:read"],
    # problems and pages
    "type": "urn:commonground:problem:not-found",
    "title": "Not found",
    "status": 404,
    "detail": "There is no such thing here: check the id.",
    "request_id": "019aa3c4-8f10-7bbd-8a41-6f0f8b9c1d22",
    "has_more": False,
    "next_cursor": None,
}

IN_SCHEMA: Final[Mapping[str, Mapping[str, Any]]] = {
    "OrganizationOut": {"name": "Brightwater Analytics", "handle": "brightwater"},
    "MyPersonOut": {"name": "Kim Ito"},
    "PersonChange": {"name": "Kim Ito"},
    "MemberOut": {"name": "Kim Ito"},
    "AcceptIn": {"name": "Kim Ito"},
    "SignUpIn": {"name": "Kim Ito", "handle": "brightwater", "organization_name": "Brightwater Analytics"},
    "PlaceOut": {"name": "Brightwater Analytics", "handle": "brightwater"},
    "SandboxOut": {"name": "Sandbox of Brightwater Analytics"},
    "ApiKeyIn": {"name": "nightly report"},
    "ApiKeyOut": {"name": "nightly report"},
    "NewApiKeyOut": {"name": "nightly report"},
    "PartnerOut": {"name": "Keystone Cloud", "handle": "keystone"},
    "PopulationOut": {"name": "Customers", "accounts": 135},
}
"""By the title of a schema, where a name means something else in it."""
