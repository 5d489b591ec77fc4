"""settings"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """To this revision from the one before."""
    op.create_table(
        "setting",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.add_column("promise", sa.Column("about_kind", sa.String(length=16), nullable=True))
    op.add_column("promise", sa.Column("about_id", sa.String(length=40), nullable=True))
    op.add_column("promise", sa.Column("hidden_from", sa.String(length=40), nullable=True))
    op.create_index("ix_promise_about", "promise", ["about_id"], unique=False)
