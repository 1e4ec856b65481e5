"""What changed, by number: accounts as they are written, tokens as a base with changes, and what a match run has applied.

Revision: 20261122_1810
After: 20261122_1800

Tokens are made anew from the accounts, so those that stand go; overlaps stay as they are until the queued jobs have compared them.
"""

import sqlalchemy as sa
from alembic import op

from service.db.names import MATCHER_ROLE
from service.db.policies import DUTY, ORG, PARTNERSHIP, allow, erasable, grant, owned_by_org, protect

revision = "20261122_1810"
down_revision = "20261122_1800"
branch_labels = None
depends_on = None

NOT_ERASING = f"({DUTY} IN ('erase', 'wipe')) IS NOT TRUE"
CURRENT = "nullif(current_setting('app.account_change', true), '')::bigint"
"""The number of this statement's change; null outside of one."""
PLPGSQL = "RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS"
# Each statement of a transaction that reads committed rows sees what was committed while it waited for the lock; in another
# it would number below what is there. Whoever goes past policies sets no tenant, and numbers above everybody's.
BEGIN_CHANGE = f"""
    DECLARE highest bigint;
    BEGIN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE EXCEPTION 'accounts are written in transactions that read what is committed';
        END IF;
        IF {ORG} IS NULL THEN
            SELECT greatest((SELECT max(change) FROM account), (SELECT max(number) FROM account_departure)) INTO highest;
        ELSE
            PERFORM pg_advisory_xact_lock(hashtextextended('storing:' || {ORG}::text, 0));
            SELECT greatest((SELECT max(change) FROM account WHERE org_id = {ORG}),
                            (SELECT max(number) FROM account_departure WHERE org_id = {ORG})) INTO highest;
        END IF;
        PERFORM set_config('app.account_change', (coalesce(highest, 0) + 1)::text, true);
        RETURN NULL;
    END
"""
NUMBER = f"""
    BEGIN
        NEW.change := {CURRENT};
        IF NEW.domain IS DISTINCT FROM OLD.domain THEN
            INSERT INTO account_departure (org_id, number, account_id, domain) VALUES (OLD.org_id, NEW.change, OLD.id, OLD.domain);
        END IF;
        RETURN NEW;
    END
"""
NOTE = f"""
    BEGIN
        INSERT INTO account_departure (org_id, number, account_id, domain) SELECT org_id, {CURRENT}, id, domain FROM gone;
        RETURN NULL;
    END
"""
SEGMENT_KEY = ("partnership_id", "org_id", "change", "kind", "number")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _number_accounts()
    _forget_tokens()
    _layers()
    _runs()
    _publish_requests()


def _number_accounts() -> None:
    """The database numbers what is written to accounts, a number a statement, so that no writer can forget it.

    Whoever writes accounts of an organization holds its lock until the end of the transaction: numbers become visible in
    their order, and a reader that knows the highest has seen all below it. The highest number never goes down: a row that
    leaves is noted under a higher one, and the newest note stays. No sequence: it would tell how much the others write.
    """
    op.add_column("account", sa.Column("change", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("account", "change", server_default=sa.text(CURRENT))
    op.create_index("ix_account_change", "account", ["org_id", "change"])
    op.create_table(
        "account_departure",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "number", "account_id", name=op.f("pk_account_departure")),
    )
    owned_by_org("account_departure")
    op.execute(f"CREATE FUNCTION begin_account_change() {PLPGSQL} $$ {BEGIN_CHANGE} $$")
    op.execute(f"CREATE FUNCTION number_account() {PLPGSQL} $$ {NUMBER} $$")
    op.execute(f"CREATE FUNCTION note_departures() {PLPGSQL} $$ {NOTE} $$")
    op.execute(
        "CREATE TRIGGER account_begun BEFORE INSERT OR UPDATE OR DELETE ON account FOR EACH STATEMENT"
        " EXECUTE FUNCTION begin_account_change()"
    )
    op.execute("CREATE TRIGGER account_numbered BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION number_account()")
    op.execute(
        "CREATE TRIGGER account_departed AFTER DELETE ON account REFERENCING OLD TABLE AS gone FOR EACH STATEMENT"
        f" WHEN ({NOT_ERASING}) EXECUTE FUNCTION note_departures()"
    )


def _forget_tokens() -> None:
    op.execute("TRUNCATE token_segment, token_change, evidence_request, match_run")
    op.execute(
        "INSERT INTO pgqueuer (priority, status, entrypoint, payload) SELECT 0, 'queued', 'accounts.changed',"
        " convert_to(json_build_object('org_id', id)::text, 'UTF8') FROM organization"
    )


def _layers() -> None:
    for column, values in (("part", ("sent", "withheld", "accounts")), ("layer", ("base", "added", "removed"))):
        op.add_column("token_segment", sa.Column(column, sa.Text(), nullable=False))
        listed = ", ".join(repr(value) for value in values)
        op.create_check_constraint(op.f(f"ck_token_segment_{column}"), "token_segment", f"{column} IN ({listed})")
    op.drop_constraint("pk_token_segment", "token_segment", type_="primary")
    op.create_primary_key("pk_token_segment", "token_segment", [*SEGMENT_KEY[:3], "part", "kind", "layer", "number"])
    op.execute("DROP POLICY token_segment_matcher_all ON token_segment")
    # What an owner keeps beside its tokens (what a guard withholds, which account a reference names) is the owner's alone.
    allow("token_segment", f"partnership_id = {PARTNERSHIP} AND part = 'sent'", to=MATCHER_ROLE)
    for name, kind in (("seen", sa.BigInteger()), ("terms", sa.Text())):
        op.add_column("token_change", sa.Column(name, kind, nullable=False))
    op.add_column("token_change", sa.Column("touched", sa.LargeBinary(), nullable=True))
    grant("token_change", ("DELETE",), to=MATCHER_ROLE)


def _runs() -> None:
    for name in ("lo_touched", "hi_touched"):
        op.add_column("match_run", sa.Column(name, sa.LargeBinary(), nullable=True))
    op.add_column("match_run", sa.Column("left_out", sa.LargeBinary(), nullable=False))
    op.add_column("match_run", sa.Column("terms", sa.Text(), nullable=False))


def _publish_requests() -> None:
    op.create_table(
        "publish_request",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("lo_org_id", sa.Uuid(), nullable=False),
        sa.Column("hi_org_id", sa.Uuid(), nullable=False),
        sa.Column("refs", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("org_id IN (lo_org_id, hi_org_id)", name=op.f("ck_publish_request_of_the_pair")),
        sa.ForeignKeyConstraint(
            ["partnership_id", "lo_org_id", "hi_org_id"],
            ["partnership.id", "partnership.lo_org_id", "partnership.hi_org_id"],
            name=op.f("fk_publish_request_partnership_id_lo_org_id_hi_org_id"),
        ),
        sa.PrimaryKeyConstraint("partnership_id", "id", name=op.f("pk_publish_request")),
    )
    protect("publish_request")
    erasable("publish_request", "lo_org_id", "hi_org_id")
    allow("publish_request", f"org_id = {ORG} AND {DUTY} = 'publish'")
    allow("publish_request", f"org_id = {ORG}", command="INSERT", name="publish_request_own")
    # Whoever begins or ceases to show lets the other side say anew what it is told.
    sides = f"lo_org_id = {ORG} OR hi_org_id = {ORG}"
    allow("publish_request", f"({sides}) AND {DUTY} = 'publish'", command="INSERT", name="publish_request_partner")
    allow("publish_request", f"({sides}) AND {DUTY} = 'wipe'", name="publish_request_wipe")
    grant("publish_request", ("SELECT", "INSERT", "DELETE"))
    allow("publish_request", f"partnership_id = {PARTNERSHIP}", to=MATCHER_ROLE)
    grant("publish_request", ("INSERT",), to=MATCHER_ROLE)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("publish_request")
    for name in ("terms", "left_out", "hi_touched", "lo_touched"):
        op.drop_column("match_run", name)
    op.execute(f"REVOKE DELETE ON token_change FROM {MATCHER_ROLE}")
    for name in ("touched", "terms", "seen"):
        op.drop_column("token_change", name)
    _forget_tokens()
    op.execute("DROP POLICY token_segment_matcher_all ON token_segment")
    allow("token_segment", f"partnership_id = {PARTNERSHIP}", to=MATCHER_ROLE)
    op.drop_constraint("pk_token_segment", "token_segment", type_="primary")
    op.create_primary_key("pk_token_segment", "token_segment", list(SEGMENT_KEY))
    for column in ("layer", "part"):
        op.drop_column("token_segment", column)
    for trigger, function in (("departed", "note_departures"), ("numbered", "number_account"), ("begun", "begin_account_change")):
        op.execute(f"DROP TRIGGER account_{trigger} ON account")
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("account_departure")
    op.drop_index("ix_account_change", table_name="account")
    op.drop_column("account", "change")
