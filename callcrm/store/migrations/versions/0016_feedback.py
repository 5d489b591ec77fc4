"""feedback, public forms"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """To this revision from the one before."""
    op.create_table(
        "feedback_theme",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=False),
        sa.Column("product_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("part_of", sa.String(length=40), nullable=True),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["part_of"], ["feedback_theme.id"], name=op.f("fk_feedback_theme_part_of_feedback_theme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_theme")),
    )
    with op.batch_alter_table("feedback_theme", schema=None) as batch_op:
        batch_op.create_index("ix_feedback_theme_created", ["created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_theme_part_of"), ["part_of"], unique=False)
        batch_op.create_index(
            "ix_feedback_theme_product", ["product_key", "kind", "created_at", "id"], unique=False
        )
        batch_op.create_index("ix_feedback_theme_state", ["state", "created_at", "id"], unique=False)

    op.create_table(
        "form_submission",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("client_key", sa.String(length=64), nullable=False),
        sa.Column("site_key", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_submission")),
    )
    with op.batch_alter_table("form_submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_form_submission_at"), ["at"], unique=False)
        batch_op.create_index("ix_form_submission_client", ["client_key", "at"], unique=False)
        batch_op.create_index("ix_form_submission_digest", ["digest", "at"], unique=False)
        batch_op.create_index("ix_form_submission_site", ["site_key", "at"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("theme_id", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=False),
        sa.Column("product_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
        sa.Column("call_id", sa.String(length=40), nullable=True),
        sa.Column("created_by", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_by", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_feedback_call_id_call")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_feedback_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["theme_id"], ["feedback_theme.id"], name=op.f("fk_feedback_theme_id_feedback_theme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_call_id"), ["call_id"], unique=False)
        batch_op.create_index("ix_feedback_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_feedback_customer", ["customer_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_feedback_kind", ["kind", "created_at", "id"], unique=False)
        batch_op.create_index(
            "ix_feedback_product", ["product_key", "kind", "created_at", "id"], unique=False
        )
        batch_op.create_index("ix_feedback_theme_id", ["theme_id", "created_at", "id"], unique=False)

    op.create_table(
        "complaint_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("complaint_id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"],
            ["complaint.id"],
            name=op.f("fk_complaint_link_complaint_id_complaint"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_complaint_link")),
    )
    with op.batch_alter_table("complaint_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complaint_link_complaint_id"), ["complaint_id"], unique=False)
