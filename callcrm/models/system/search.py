"""What is searched."""

from sqlalchemy import BigInteger, Column, Index, Integer, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


class SearchEntry(SQLModel, table=True):
    """The searchable text of one call, customer, message, note or promise (`kind`, `subject_id`), derived
    from the rows alone. Ids grow with the time of their subject: seconds since 1970, shifted by 28 bits.

    SQLite has its words in the FTS5 table `search_fts`. On PostgreSQL they are in a column `vector`, and
    `text` is empty.
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


class SearchDue(SQLModel, table=True):
    """A subject whose entry has to be derived anew, written by triggers in the transaction that changed it.
    It may be there several times: a write that is added waits for no other.
    """

    __tablename__ = "search_due"

    id: int = Field(sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True))
    kind: str = Field(max_length=16)
    subject_id: str = Field(max_length=40)
