"""The canonical account columns: what ingest yields, what the normaliser reads and what every later step names alike."""

from enum import StrEnum

REGISTRY_FIELDS = ("registry_id", "lei", "vat", "duns", "siren")
"""Columns that hold a registry number; `registry_id` holds `scheme:number`, the others the bare number of their scheme."""

PARENT_FIELDS = ("parent_external_id", "parent_name", "parent_domain")
"""What names the company that an account belongs to."""

ALIAS_FIELDS = ("alias_domains", "alias_names")
"""Columns that hold several values, parted by `;` or a bar: further domains, and former or other names."""

ACCOUNT_FIELDS = (
    "external_id",
    "name",
    "website",
    "email",
    "linkedin",
    "country",
    "city",
    "industry",
    "employees",
    "revenue",
    "status",
    "owner",
    *REGISTRY_FIELDS,
    *PARENT_FIELDS,
    *ALIAS_FIELDS,
)
"""Every canonical text column, in the order in which frames carry them. A missing or empty value is null."""

KEY_FIELDS = ("name", "website", "email", "linkedin", *REGISTRY_FIELDS)
"""Columns that can yield a match key: a file without any of them cannot be matched."""


class AttributeType(StrEnum):
    """Of a column of the users' own, which takes no part in matching."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    MONEY = "money"
