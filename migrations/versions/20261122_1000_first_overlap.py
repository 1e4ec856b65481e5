"""The first overlap: organizations and keys, imports and accounts, partnerships and rules, tokens and overlaps.

Revision: 20261122_1000
After: 20261122_0900
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from service.db.policies import (
    DUTY,
    ORG,
    READ,
    WRITE,
    allow,
    grant,
    open_to_matcher,
    owned_by_org,
    protect,
    seen_by_both,
)

revision = "20261122_1000"
down_revision = "20261122_0900"
branch_labels = None
depends_on = None

OF_ONE_TENANT = (
    "api_key",
    "population",
    "account",
    "record_history",
    "import",
    "import_error",
    "account_reference",
)


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity", sa.Text(collation="C"), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("populations", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("linkedin", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("employees", sa.Text(), nullable=True),
        sa.Column("revenue", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("registry_id", sa.Text(), nullable=True),
        sa.Column("lei", sa.Text(), nullable=True),
        sa.Column("vat", sa.Text(), nullable=True),
        sa.Column("duns", sa.Text(), nullable=True),
        sa.Column("siren", sa.Text(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_account")),
    )
    op.create_index("ix_account_domain", "account", ["org_id", "domain"], unique=False)
    op.create_index("uq_account_identity", "account", ["org_id", "identity"], unique=True)
    op.create_table(
        "account_reference",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "partnership_id", "ref", name=op.f("pk_account_reference")),
    )
    op.create_index(
        "uq_account_reference_account",
        "account_reference",
        ["org_id", "partnership_id", "account_id"],
        unique=True,
    )
    op.create_table(
        "api_key",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_api_key")),
    )
    op.create_index("uq_api_key_prefix", "api_key", ["org_id", "prefix"], unique=True)
    op.create_table(
        "import",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("population", sa.Text(), nullable=True),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("bytes_received", sa.BigInteger(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode IN ('merge', 'replace')", name=op.f("ck_import_mode")),
        sa.CheckConstraint(
            "status IN ('received', 'running', 'completed', 'failed')", name=op.f("ck_import_status")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_import")),
    )
    op.create_table(
        "organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("handle ~ '^[a-z0-9][a-z0-9-]{1,62}$'", name=op.f("ck_organization_handle")),
        sa.CheckConstraint("mode IN ('hosted', 'private')", name=op.f("ck_organization_mode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("handle", name=op.f("uq_organization_handle")),
    )
    op.create_table(
        "partnership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lo_org_id", sa.Uuid(), nullable=False),
        sa.Column("hi_org_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("normaliser", sa.Text(), nullable=False),
        sa.Column("threshold", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('active', 'paused', 'ended')", name=op.f("ck_partnership_status")),
        sa.CheckConstraint("lo_org_id < hi_org_id", name=op.f("ck_partnership_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnership")),
    )
    op.create_table(
        "partnership_event",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lo_org_id", sa.Uuid(), nullable=False),
        sa.Column("hi_org_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("partnership_id", "sequence", name=op.f("pk_partnership_event")),
    )
    op.create_table(
        "population",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bit", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("bit BETWEEN 0 AND 62", name=op.f("ck_population_bit")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_population")),
    )
    op.create_index("uq_population_bit", "population", ["org_id", "bit"], unique=True)
    op.create_index("uq_population_slug", "population", ["org_id", "slug"], unique=True)
    op.create_table(
        "record_history",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("change IN ('updated', 'removed')", name=op.f("ck_record_history_change")),
        sa.PrimaryKeyConstraint("org_id", "account_id", "import_id", name=op.f("pk_record_history")),
    )
    op.create_table(
        "import_error",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "import_id"],
            ["import.org_id", "import.id"],
            name=op.f("fk_import_error_org_id_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("org_id", "import_id", "row", name=op.f("pk_import_error")),
    )
    op.create_table(
        "match_run",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lo_org_id", sa.Uuid(), nullable=False),
        sa.Column("hi_org_id", sa.Uuid(), nullable=False),
        sa.Column("lo_change", sa.BigInteger(), nullable=False),
        sa.Column("hi_change", sa.BigInteger(), nullable=False),
        sa.Column("meetings", sa.LargeBinary(), nullable=False),
        sa.Column("crowded", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_match_run_partnership_id")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "id", name=op.f("pk_match_run")),
    )
    op.create_table(
        "overlap",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("lo_ref", sa.BigInteger(), nullable=False),
        sa.Column("hi_ref", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lo_org_id", sa.Uuid(), nullable=False),
        sa.Column("hi_org_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("confidence", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("weight", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("kinds", sa.SmallInteger(), nullable=False),
        sa.Column("evidence", sa.SmallInteger(), nullable=False),
        sa.Column("lo_shows", sa.Boolean(), nullable=False),
        sa.Column("hi_shows", sa.Boolean(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('auto', 'review')", name=op.f("ck_overlap_status")),
        sa.PrimaryKeyConstraint("partnership_id", "lo_ref", "hi_ref", name=op.f("pk_overlap")),
    )
    op.create_index("ix_overlap_hi", "overlap", ["partnership_id", "hi_ref"], unique=False)
    op.create_index("uq_overlap_id", "overlap", ["partnership_id", "id"], unique=True)
    op.create_table(
        "partnership_side",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("lo_org_id", sa.Uuid(), nullable=False),
        sa.Column("hi_org_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("confirm", sa.LargeBinary(), nullable=False),
        sa.Column("reviews", sa.Boolean(), nullable=False),
        sa.CheckConstraint("mode IN ('hosted', 'private')", name=op.f("ck_partnership_side_mode")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_partnership_side_partnership_id")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "org_id", name=op.f("pk_partnership_side")),
    )
    op.create_table(
        "shared_record",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("owner_org_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.BigInteger(), nullable=False),
        sa.Column("viewer_org_id", sa.Uuid(), nullable=False),
        sa.Column("populations", sa.BigInteger(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_shared_record_partnership_id")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "owner_org_id", "ref", name=op.f("pk_shared_record")),
    )
    op.create_table(
        "sharing_rule",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("owner_org_id", sa.Uuid(), nullable=False),
        sa.Column("bit", sa.Integer(), nullable=False),
        sa.Column("partner_org_id", sa.Uuid(), nullable=False),
        sa.Column("population", sa.Text(), nullable=False),
        sa.Column("population_name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("preset", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "level IN ('hidden', 'matched', 'counts_only', 'overlapping', 'all')",
            name=op.f("ck_sharing_rule_level"),
        ),
        sa.CheckConstraint("preset IN ('minimal', 'standard', 'full')", name=op.f("ck_sharing_rule_preset")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_sharing_rule_partnership_id")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "owner_org_id", "bit", name=op.f("pk_sharing_rule")),
    )
    op.create_table(
        "token_change",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_token_change_partnership_id")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "org_id", "number", name=op.f("pk_token_change")),
    )
    op.create_table(
        "token_segment",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("first", sa.LargeBinary(), nullable=False),
        sa.Column("last", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.LargeBinary(), nullable=False),
        sa.Column("refs", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_token_segment_partnership_id")
        ),
        sa.PrimaryKeyConstraint(
            "partnership_id", "org_id", "change", "kind", "number", name=op.f("pk_token_segment")
        ),
    )
    op.create_table(
        "evidence_request",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("codes", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partnership_id", "run_id"],
            ["match_run.partnership_id", "match_run.id"],
            name=op.f("fk_evidence_request_partnership_id_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("partnership_id", "run_id", "org_id", name=op.f("pk_evidence_request")),
    )
    # Tokens don't compress; without this PostgreSQL tries for every segment.
    op.execute(
        "ALTER TABLE token_segment ALTER COLUMN tokens SET STORAGE EXTERNAL, ALTER COLUMN refs SET STORAGE EXTERNAL"
    )
    _keep_tenants_apart()


def _keep_tenants_apart() -> None:
    grant("organization", ("SELECT", "INSERT"))
    for table in OF_ONE_TENANT:
        owned_by_org(table)
    seen_by_both("partnership", privileges=("SELECT", "INSERT"))
    open_to_matcher("partnership", column="id", privileges=("SELECT", "UPDATE"))
    # Both sides' statements are made by one operator's command while both are hosted.
    seen_by_both("partnership_side", privileges=("SELECT", "INSERT"))
    _sharing()
    for table in ("token_segment", "token_change"):
        owned_by_org(table, privileges=("SELECT", "INSERT", "DELETE"))
        open_to_matcher(table, privileges=READ)
    protect("match_run")
    open_to_matcher("match_run")
    protect("evidence_request")
    allow("evidence_request", f"org_id = {ORG} AND {DUTY} = 'weigh'")
    grant("evidence_request", ("SELECT", "UPDATE"))
    open_to_matcher("evidence_request")
    _overlaps()
    protect("partnership_event")
    open_to_matcher("partnership_event", privileges=("SELECT", "INSERT"))
    allow(
        "partnership_event",
        f"(lo_org_id = {ORG} OR hi_org_id = {ORG}) AND {DUTY} = 'relay'",
        command="SELECT",
    )
    grant("partnership_event", READ)


def _sharing() -> None:
    protect("sharing_rule")
    allow("sharing_rule", f"partner_org_id = {ORG} AND level <> 'hidden'", command="SELECT")
    allow("sharing_rule", f"owner_org_id = {ORG}", name="sharing_rule_owner")
    grant("sharing_rule", WRITE)
    protect("shared_record")
    allow("shared_record", f"viewer_org_id = {ORG}", command="SELECT")
    allow("shared_record", f"owner_org_id = {ORG} AND {DUTY} = 'publish'", name="shared_record_owner")
    grant("shared_record", WRITE)


def _overlaps() -> None:
    """A side sees a pair once the other's record of it stands; a pair in review once both do."""
    protect("overlap")
    told = (
        f"(lo_org_id = {ORG} AND hi_shows AND (status <> 'review' OR lo_shows))"
        f" OR (hi_org_id = {ORG} AND lo_shows AND (status <> 'review' OR hi_shows))"
    )
    allow("overlap", told, command="SELECT")
    allow("overlap", f"(lo_org_id = {ORG} OR hi_org_id = {ORG}) AND {DUTY} = 'publish'", name="overlap_owner")
    grant("overlap", ("SELECT", "UPDATE"))
    open_to_matcher("overlap")


def downgrade() -> None:
    op.drop_table("evidence_request")
    op.drop_table("token_segment")
    op.drop_table("token_change")
    op.drop_table("sharing_rule")
    op.drop_table("shared_record")
    op.drop_table("partnership_side")
    op.drop_index("uq_overlap_id", table_name="overlap")
    op.drop_index("ix_overlap_hi", table_name="overlap")
    op.drop_table("overlap")
    op.drop_table("match_run")
    op.drop_table("import_error")
    op.drop_table("record_history")
    op.drop_index("uq_population_slug", table_name="population")
    op.drop_index("uq_population_bit", table_name="population")
    op.drop_table("population")
    op.drop_table("partnership_event")
    op.drop_table("partnership")
    op.drop_table("organization")
    op.drop_table("import")
    op.drop_index("uq_api_key_prefix", table_name="api_key")
    op.drop_table("api_key")
    op.drop_index("uq_account_reference_account", table_name="account_reference")
    op.drop_table("account_reference")
    op.drop_index("uq_account_identity", table_name="account")
    op.drop_index("ix_account_domain", table_name="account")
    op.drop_table("account")
