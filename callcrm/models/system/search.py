"""What is searched."""

from sqlalchemy import BigInteger, Column, Index, Integer, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


class SearchEntry(SQLModel, table=True):
    """The searchable text of one call, customer, message, note or promise (`kind`, `subject_id`), written by
    triggers alone. Ids grow with the time of their subject: seconds since 1970, shifted by 28 bits.

    PostgreSQL has the text in a column `vector` as well, SQLite in the FTS5 table `search_fts`.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        Index("ix_search_entry_newest", "kind", "id"),
    )

    # On SQLite it has to be the rowid itself.
    id: int = Field(sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True))
    kind: str = Field(max_length=16)
    subject_id: str = Field(max_length=40)
    text: str = Field(sa_column=Column(Text, nullable=False))
