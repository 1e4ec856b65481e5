"""The names of roles, the database and the settings that policies read: migrations and sessions share them."""

from enum import StrEnum

MIGRATOR_ROLE = "commonground_migrator"
"""Owns every table and runs the migrations."""

APP_ROLE = "commonground_app"
"""Serves requests and jobs of one tenant."""

MATCHER_ROLE = "commonground_matcher"
"""Compares the tokens of a partnership and has no right on any account."""

BACKUP_ROLE = "commonground_backup"
"""Reads every row past every policy, for backups only, and writes nothing."""

DATABASE = "commonground"

ORG_SETTING = "app.org_id"
PARTNERSHIP_SETTING = "app.partnership_id"
PERSON_SETTING = "app.person_id"
DUTY_SETTING = "app.duty"
INVITATION_SETTING = "app.invitation"
"""What the transaction has shown of an invitation's secret."""
INVITER_SETTING = "app.inviter"
"""The organization whose invitation that is."""


class Duty(StrEnum):
    """What a job does as a tenant that the tenant's own people may not: policies ask for it by name."""

    WEIGH = "weigh"
    """Answer which evidence stands beside the tokens of the tenant that met, which its own sessions may not know."""

    RELAY = "relay"
    """Turn what happened in the tenant's partnerships into what it is told."""

    PUBLISH = "publish"
    """Write what the tenant shows to a partner, which its own sessions can neither read nor count."""

    DECIDE = "decide"
    """Weigh both sides' words on a pair and tell what follows; what the other side said in silence is not for the tenant's people."""

    INVITE = "invite"
    """Take back what reached others of an invitation of the tenant, which its people may neither see nor count."""

    WIPE = "wipe"
    """Take a sandbox away, with its made-up partners and what it has with them."""

    END = "end"
    """Take away what the tenant had in a partnership that has ended."""

    ERASE = "erase"
    """Remove everything of the tenant, as the tables' owner: the operator's command alone."""
