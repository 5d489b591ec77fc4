"""times of delivery, customers by name"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """To this revision from the one before."""
    with op.batch_alter_table("purchase", schema=None) as batch_op:
        batch_op.create_index(
            "ix_purchase_delivered",
            ["delivered_at", "requested_at", "id"],
            unique=False,
            sqlite_where=sa.text("requested_at IS NOT NULL AND delivered_at IS NOT NULL"),
            postgresql_where=sa.text("requested_at IS NOT NULL AND delivered_at IS NOT NULL"),
        )
    op.create_index(op.f("ix_customer_name"), "customer", ["name"], unique=False)
