"""limits of outgoing calls"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """To this revision from the one before."""
    click = sa.Column("channel", sa.String(length=12), nullable=False, server_default="click")
    op.add_column("dial_request", click)
    op.add_column("dial_request", sa.Column("country", sa.String(length=3), nullable=True))
    op.add_column("dial_request", sa.Column("price", sa.BigInteger(), nullable=True))
