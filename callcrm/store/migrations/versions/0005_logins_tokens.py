"""logins under attack; tokens that end"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """To this revision from the one before."""
    op.create_table(
        "account_guesses",
        sa.Column("account_key", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_key", name=op.f("pk_account_guesses")),
    )
    with op.batch_alter_table("account_guesses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_guesses_last_at"), ["last_at"], unique=False)
    # Columns that may be empty are added in place, on either engine: no table is copied.
    op.add_column("user", sa.Column("attacked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("token", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("token", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
