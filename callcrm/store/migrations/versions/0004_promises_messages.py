"""promises: whose caller, whose decision; messages: every form"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OPEN_TO_CALLER = sa.text("state = 'open' AND part_of IS NULL")
# Of several open promises to one caller the one that says most stays, then the earliest; the others join it.
FIRST_OF_CALLER = """
    SELECT head.id FROM promise AS head
    WHERE head.caller = promise.caller AND head.state = 'open'
    ORDER BY CASE WHEN head.arranged_by IS NULL THEN 1 ELSE 0 END,
             CASE head.kind WHEN 'voicemail' THEN 0 WHEN 'callback' THEN 1 ELSE 2 END,
             head.created_at, head.id
    LIMIT 1
"""


def upgrade() -> None:
    """To this revision from the one before."""
    op.add_column("call", sa.Column("answered_by", sa.String(length=8), nullable=True))
    _promises()


def _promises() -> None:
    for column in (
        sa.Column("caller", sa.String(length=40), nullable=True),
        sa.Column("part_of", sa.String(length=40), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("promise", column)
    op.execute("ALTER TABLE promise RENAME COLUMN closed_by TO decided_by")
    # What was closed stays closed: by the rules of today many a call of the past would prove nothing.
    op.execute("UPDATE promise SET decided_at = closed_at WHERE state <> 'open'")
    op.execute(
        "UPDATE promise SET caller = COALESCE(customer_id,"
        " (SELECT call.phone FROM call WHERE call.id = promise.call_id), phone) WHERE kind <> 'promised'"
    )
    op.create_index("ix_promise_caller", "promise", ["caller", "created_at", "id"])
    op.execute(f"UPDATE promise SET part_of = ({FIRST_OF_CALLER}) WHERE state = 'open'")  # noqa: S608
    op.execute("UPDATE promise SET part_of = NULL WHERE part_of = id")
    op.execute(
        "UPDATE promise SET due_at = (SELECT MIN(part.due_at) FROM promise AS part"
        " WHERE part.part_of = promise.id OR part.id = promise.id)"
        " WHERE state = 'open' AND part_of IS NULL AND caller IS NOT NULL AND arranged_by IS NULL"
    )
    op.create_index(
        "uq_promise_open_caller",
        "promise",
        ["caller"],
        unique=True,
        sqlite_where=OPEN_TO_CALLER,
        postgresql_where=OPEN_TO_CALLER,
    )
