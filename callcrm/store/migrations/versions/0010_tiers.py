"""tiers"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """To this revision from the one before."""
    op.create_table(
        "tier_standing",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
            name=op.f("fk_tier_standing_customer_id_customer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_tier_standing")),
    )
    op.create_table(
        "tier_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tiers_version", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("after", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_run")),
    )
    op.add_column(
        "customer", sa.Column("tier_by_hand", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    # Until now all of them were set by hand.
    op.execute("UPDATE customer SET tier_by_hand = true WHERE tier IS NOT NULL")
    op.drop_index("ix_purchase_customer", "purchase")
    op.create_index(
        "ix_purchase_customer",
        "purchase",
        ["customer_id", "at", "id", "currency", "amount", "returned", "payment"],
        unique=False,
    )
