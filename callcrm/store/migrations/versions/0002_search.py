"""full-text search, and indexes for the pages"""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import op

from callcrm.base.words import name_search_text, search_text

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BATCH = 2000  # rows
LONGEST_NAME = 400
# Table, the column that people wrote, and its words for searching.
FOLDED: Sequence[tuple[str, str, Callable[[str], str]]] = (
    ("customer", "name", lambda text: name_search_text(text, LONGEST_NAME)),
    ("note", "body", search_text),
    ("promise", "what", search_text),
)


def upgrade() -> None:
    """To this revision from the one before. Not in batches: the tables may be large."""
    _create_tables()
    _index_for_pages()
    for table, column, fold in FOLDED:
        _fold(table, column, fold)


def _create_tables() -> None:
    op.create_table(
        "search_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_search_entry_kind")),
    )
    op.create_table(
        "search_due",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_due")),
    )
    op.create_table(
        "kept_search",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("path", sa.String(length=100), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_search")),
    )
    op.create_index(op.f("ix_kept_search_session_id"), "kept_search", ["session_id"])
    op.create_index(op.f("ix_kept_search_kept_at"), "kept_search", ["kept_at"])
    op.create_index("ix_search_entry_newest", "search_entry", ["kind", "id"])
    op.create_table(
        "customer_touch",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
            name=op.f("fk_customer_touch_customer_id_customer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer_touch")),
    )
    op.create_index("ix_customer_touch_at", "customer_touch", ["at", "customer_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE search_entry_number OWNED BY search_entry.id")
        op.execute("ALTER TABLE search_entry ADD COLUMN vector tsvector NOT NULL DEFAULT ''")
        op.execute("""CREATE TABLE search_fts_terms (term text COLLATE "C" PRIMARY KEY)""")
        op.execute(
            "CREATE INDEX ix_search_entry_vector ON search_entry USING gin (vector) WITH (fastupdate = off)"
        )


def _index_for_pages() -> None:
    op.drop_index("ix_customer_search_text", "customer")
    op.drop_index("ix_call_agent_id", "call")
    op.create_index("ix_call_agent", "call", ["agent_id", "started_at", "id"])
    op.drop_index("ix_call_started", "call")
    counted = ["direction", "outcome", "wait_seconds"]
    op.create_index("ix_call_started", "call", ["started_at", "id", *counted])
    op.create_index("ix_recording_status", "recording", ["status", "created_at"])
    op.create_index(op.f("ix_recording_storage_name"), "recording", ["storage_name"])
    done = sa.text("done_at IS NOT NULL")
    op.create_index("ix_job_done", "job", ["done_at"], sqlite_where=done, postgresql_where=done)
    op.create_index("ix_promise_due", "promise", ["due_at"])


def _fold(table: str, column: str, fold: Callable[[str], str]) -> None:
    """Writes the words for searching of every row."""
    rows = sa.table(table, sa.column("id"), sa.column(column), sa.column("search_text"))
    connection, last = op.get_bind(), ""
    write = sa.update(rows).where(rows.c.id == sa.bindparam("row")).values(search_text=sa.bindparam("words"))
    while True:
        batch = connection.execute(
            sa.select(rows.c.id, rows.c[column]).where(rows.c.id > last).order_by(rows.c.id).limit(BATCH)
        ).all()
        if not batch:
            return
        connection.execute(write, [{"row": row[0], "words": fold(row[1] or "")} for row in batch])
        last = batch[-1][0]
