"""what could not be taken in"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """To this revision from the one before."""
    dead = sa.text("dead_at IS NOT NULL")
    op.create_index(
        "ix_job_dead", "job", ["dead_at"], if_not_exists=True, sqlite_where=dead, postgresql_where=dead
    )
