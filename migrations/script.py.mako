"""${message}

Revision: ${up_revision}
After: ${down_revision | comma,n}

Locks are waited for at most a few seconds (`service.db.migrate`). A new table is protected with the helpers of
`service.db.policies`, or named in `UNSCOPED_TABLES` with its reason.
"""

import sqlalchemy as sa
from alembic import op

from service.db import policies
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
