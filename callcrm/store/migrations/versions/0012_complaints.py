"""complaints"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """To this revision from the one before."""
    op.create_table(
        "complaint",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("call_id", sa.String(length=40), nullable=True),
        sa.Column("second", sa.Integer(), nullable=True),
        sa.Column("about", sa.String(length=8), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=True),
        sa.Column("product_key", sa.String(length=200), nullable=True),
        sa.Column("staff_id", sa.String(length=40), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("owner_id", sa.String(length=40), nullable=True),
        sa.Column("offer", sa.String(length=8), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("root_cause", sa.String(length=64), nullable=True),
        sa.Column("lesson", sa.Text(), nullable=True),
        sa.Column("lesson_told", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("investigating_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("following_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution_seconds", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_complaint_call_id_call")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_complaint_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_complaint_owner_id_user")),
        sa.ForeignKeyConstraint(["staff_id"], ["user.id"], name=op.f("fk_complaint_staff_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
    )
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.create_index("ix_complaint_about", ["about", "opened_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_call_id"), ["call_id"], unique=False)
        batch_op.create_index("ix_complaint_cause", ["root_cause", "closed_at", "id"], unique=False)
        batch_op.create_index("ix_complaint_closed", ["closed_at", "root_cause", "staff_id"], unique=False)
        batch_op.create_index("ix_complaint_customer", ["customer_id", "opened_at", "id"], unique=False)
        batch_op.create_index(
            "ix_complaint_late",
            ["late_from", "id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_complaint_lesson",
            ["product_key", "closed_at", "id"],
            unique=False,
            sqlite_where=sa.text("lesson_told"),
            postgresql_where=sa.text("lesson_told"),
        )
        batch_op.create_index(
            "ix_complaint_open",
            ["opened_at", "id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index("ix_complaint_opened", ["opened_at", "id"], unique=False)
        batch_op.create_index("ix_complaint_owner", ["owner_id", "opened_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_phone"), ["phone"], unique=False)
        batch_op.create_index("ix_complaint_product", ["product_key", "opened_at", "id"], unique=False)
        batch_op.create_index("ix_complaint_staff", ["staff_id", "opened_at", "id"], unique=False)
        batch_op.create_index("ix_complaint_stage", ["stage", "opened_at", "id"], unique=False)

    op.create_table(
        "complaint_action",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("complaint_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"],
            ["complaint.id"],
            name=op.f("fk_complaint_action_complaint_id_complaint"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_action")),
    )
    with op.batch_alter_table("complaint_action", schema=None) as batch_op:
        batch_op.create_index("ix_complaint_action_complaint", ["complaint_id", "at", "id"], unique=False)

    op.create_table(
        "complaint_file",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("complaint_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("storage_name", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"],
            ["complaint.id"],
            name=op.f("fk_complaint_file_complaint_id_complaint"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_file")),
    )
    with op.batch_alter_table("complaint_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complaint_file_complaint_id"), ["complaint_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_file_storage_name"), ["storage_name"], unique=False)

    op.add_column("live_event", sa.Column("hidden_from", sa.String(length=40), nullable=True))
