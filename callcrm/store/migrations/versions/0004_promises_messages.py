"""promises: whose caller, whose decision; messages: every form"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from callcrm.base.text import fold_text
from callcrm.base.words import search_text

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UNANSWERED = sa.text("direction = 'inbound' AND answered_at IS NULL")
MESSAGE = sa.table(
    "message",
    *map(sa.column, ("id", "direction", "from_raw", "to_raw", "phone", "body", "party", "search_text")),
)
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
    _messages()


def _promises() -> None:
    for column in (
        sa.Column("caller", sa.String(length=40), nullable=True),
        sa.Column("part_of", sa.String(length=40), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_by", sa.String(length=40), nullable=True),
    ):
        op.add_column("promise", column)
    op.execute("UPDATE promise SET assigned_by = arranged_by WHERE owner_id IS NOT NULL")
    op.execute("ALTER TABLE promise RENAME COLUMN closed_by TO decided_by")
    # What was closed stays closed: by the rules of today many a call of the past would prove nothing.
    op.execute("UPDATE promise SET decided_at = closed_at WHERE state <> 'open'")
    op.execute(
        "UPDATE promise SET caller = COALESCE(customer_id,"
        " (SELECT call.phone FROM call WHERE call.id = promise.call_id), phone) WHERE kind <> 'promised'"
    )
    op.create_index("ix_promise_caller", "promise", ["caller", "created_at", "id"])
    op.create_index("ix_promise_closed", "promise", ["state", "closed_at", "id"])
    part = sa.text("part_of IS NOT NULL")
    op.create_index("ix_promise_part_of", "promise", ["part_of"], sqlite_where=part, postgresql_where=part)
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


def _messages() -> None:
    for column in (
        sa.Column("party", sa.String(length=255), nullable=False, server_default=""),
        sa.Column("details", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("search_text", sa.Text(), nullable=False, server_default=""),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=40), nullable=True),
    ):
        op.add_column("message", column)
    _fill_texts()
    op.execute(
        "UPDATE message SET answered_by = (SELECT MIN(answer.id) FROM message AS answer"
        " WHERE answer.direction = 'outbound' AND answer.party = message.party"
        " AND answer.created_at >= message.created_at AND answer.status_rank BETWEEN 5 AND 8)"
        " WHERE direction = 'inbound'"
    )
    op.execute("UPDATE message SET answered_at = received_at WHERE answered_by IS NOT NULL")
    op.create_index("ix_message_created", "message", ["created_at", "id"])
    op.create_index("ix_message_party", "message", ["party", "created_at", "id"])
    op.create_index("ix_message_answered_by", "message", ["answered_by"])
    op.create_index(
        "ix_message_unanswered",
        "message",
        ["created_at", "id"],
        sqlite_where=UNANSWERED,
        postgresql_where=UNANSWERED,
    )
    _message_tables()


def _fill_texts() -> None:
    """Whom each message is with, and what it is found by: as the app has it, a thousand at a time."""
    connection, after = op.get_bind(), ""
    page = sa.select(MESSAGE).where(MESSAGE.c.id > sa.bindparam("after")).order_by(MESSAGE.c.id).limit(1000)
    change = (
        sa.update(MESSAGE)
        .where(MESSAGE.c.id == sa.bindparam("key"))
        .values(party=sa.bindparam("whom"), search_text=sa.bindparam("words"))
    )
    while rows := connection.execute(page, {"after": after}).all():
        after = rows[-1].id
        whom = [
            row.phone or fold_text(row.from_raw if row.direction == "inbound" else row.to_raw)[:255]
            for row in rows
        ]
        connection.execute(
            change,
            [
                {"key": row.id, "whom": party, "words": search_text(f"{row.body} {party}")}
                for row, party in zip(rows, whom, strict=True)
            ],
        )


def _message_tables() -> None:
    op.create_table(
        "message_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_event_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_event")),
        sa.UniqueConstraint("key", name=op.f("uq_message_event_key")),
    )
    op.create_index(op.f("ix_message_event_message_id"), "message_event", ["message_id"])
    op.create_table(
        "message_media",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("content_type", sa.String(length=128), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("storage_name", sa.String(length=64), nullable=True),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_media_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_media")),
    )
    op.create_index(op.f("ix_message_media_message_id"), "message_media", ["message_id"])
    op.create_index(op.f("ix_message_media_storage_name"), "message_media", ["storage_name"])
