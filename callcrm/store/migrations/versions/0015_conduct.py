"""conduct: incidents, the ladder, cool-downs; the audit"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """To this revision from the one before."""
    _audit()
    _ladder()
    _incidents()


def _audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject_kind", sa.String(length=24), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at", "id"])
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject_id", "at", "id"])


def _ladder() -> None:
    op.create_table(
        "cool_down",
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("incident_id", sa.String(length=40), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["user.id"], name=op.f("fk_cool_down_agent_id_user")),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_cool_down")),
    )
    op.create_table(
        "conduct_step",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("incident_id", sa.String(length=40), nullable=True),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=True),
        sa.Column("hours", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=True),
        sa.Column("review_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=40), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["user.id"], name=op.f("fk_conduct_step_agent_id_user")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_conduct_step_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conduct_step")),
    )
    op.create_index("ix_conduct_step_customer", "conduct_step", ["customer_id", "proposed_at", "id"])
    op.create_index(op.f("ix_conduct_step_incident_id"), "conduct_step", ["incident_id"])
    op.create_index("ix_conduct_step_review", "conduct_step", ["state", "review_at"])
    op.create_index(
        "ix_conduct_step_rules",
        "conduct_step",
        ["customer_id"],
        sqlite_where=sa.text("state = 'in_force' AND step IN ('plan', 'ended')"),
        postgresql_where=sa.text("state = 'in_force' AND step IN ('plan', 'ended')"),
    )
    op.create_index("ix_conduct_step_state", "conduct_step", ["state", "proposed_at", "id"])


def _incidents() -> None:
    op.create_table(
        "incident",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
        sa.Column("call_id", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("second", sa.Float(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=True),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("help_wanted", sa.Boolean(), nullable=False),
        sa.Column("helped_by", sa.String(length=40), nullable=True),
        sa.Column("helped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["user.id"], name=op.f("fk_incident_agent_id_user")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_incident_call_id_call")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_incident_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(["helped_by"], ["user.id"], name=op.f("fk_incident_helped_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(op.f("ix_incident_call_id"), "incident", ["call_id"])
    op.create_index("ix_incident_created", "incident", ["created_at", "id"])
    op.create_index("ix_incident_customer", "incident", ["customer_id", "created_at", "id"])
    op.create_index(
        "ix_incident_help",
        "incident",
        ["created_at"],
        sqlite_where=sa.text("help_wanted"),
        postgresql_where=sa.text("help_wanted"),
    )
