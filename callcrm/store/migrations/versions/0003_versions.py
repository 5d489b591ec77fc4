"""versions of what people edit"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

EDITED = ("agent", "call", "customer", "promise", "user")


def upgrade() -> None:
    """To this revision from the one before."""
    # Not in batches: these tables may be large, and a column with a constant default needs no copy of them.
    for table in EDITED:
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("idempotency_key", sa.Column("etag", sa.String(length=64), nullable=True))
    op.create_table(
        "form_token",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_form_token_user_id_user")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_form_token")),
    )
    op.create_index(op.f("ix_form_token_user_id"), "form_token", ["user_id"])
    op.create_index(op.f("ix_form_token_created_at"), "form_token", ["created_at"])
    op.create_table(
        "kept_form",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_kept_form_user_id_user")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_kept_form")),
    )
    op.create_index(op.f("ix_kept_form_user_id"), "kept_form", ["user_id"])
    op.create_index(op.f("ix_kept_form_kept_at"), "kept_form", ["kept_at"])
    # Sessions from before the upgrade: their forms are open on somebody's screen.
    op.execute(
        "INSERT INTO form_token (token, user_id, created_at) "
        "SELECT csrf, user_id, created_at FROM login_session"
    )
