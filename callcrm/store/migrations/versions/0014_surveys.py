"""surveys"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """To this revision from the one before."""
    op.create_table(
        "survey_digest",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_survey_digest_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_digest")),
    )
    with op.batch_alter_table("survey_digest", schema=None) as batch_op:
        batch_op.create_index("ix_survey_digest_user", ["user_id", "week"], unique=True)

    op.create_table(
        "survey_response",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("agent_id", sa.String(length=40), nullable=True),
        sa.Column("queue", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("menu", sa.String(length=200), nullable=False),
        sa.Column("talk_seconds", sa.Integer(), nullable=True),
        sa.Column("tier", sa.String(length=64), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("commented_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.Column("may_share", sa.Boolean(), nullable=False),
        sa.Column("story_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("story_by", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_survey_response_call_id_call")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_survey_response_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_response")),
        sa.UniqueConstraint("call_id", name=op.f("uq_survey_response_call_id")),
        sa.UniqueConstraint("token", name=op.f("uq_survey_response_token")),
    )
    with op.batch_alter_table("survey_response", schema=None) as batch_op:
        batch_op.create_index("ix_survey_response_agent", ["agent_id", "asked_at", "id"], unique=False)
        batch_op.create_index("ix_survey_response_answered", ["answered_at", "kind", "score"], unique=False)
        batch_op.create_index("ix_survey_response_asked", ["asked_at", "id"], unique=False)
        batch_op.create_index("ix_survey_response_customer", ["customer_id", "asked_at", "id"], unique=False)
        batch_op.create_index("ix_survey_response_phone", ["phone", "asked_at"], unique=False)
        batch_op.create_index("ix_survey_response_story", ["story_at", "id"], unique=False)
