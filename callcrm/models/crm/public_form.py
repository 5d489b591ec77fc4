"""What was sent through the public forms, kept as long as it counts."""

from datetime import datetime

from sqlmodel import Field, Index, SQLModel


class FormSubmission(SQLModel, table=True):
    """Something that a public form took: `form` is its name, `subject_id` the promise or complaint that it
    became.

    `client_key` and `site_key` are hashes of the networks it came from, under which the limit counts;
    `digest` is one of what was sent, so that the same is taken once.
    """

    __tablename__ = "form_submission"
    __table_args__ = (
        Index("ix_form_submission_client", "client_key", "at"),
        Index("ix_form_submission_site", "site_key", "at"),
        Index("ix_form_submission_digest", "digest", "at"),
    )

    id: str = Field(primary_key=True, max_length=40)
    form: str = Field(max_length=16)
    client_key: str = Field(max_length=64)
    site_key: str = Field(max_length=64)
    digest: str = Field(max_length=64)
    subject_id: str = Field(max_length=40)
    at: datetime = Field(index=True)


class ComplaintLink(SQLModel, table=True):
    """A link under which the sender of a complaint sees how it goes; its secret is in the link alone."""

    __tablename__ = "complaint_link"

    token_hash: str = Field(primary_key=True, max_length=64)
    complaint_id: str = Field(foreign_key="complaint.id", max_length=40, index=True, ondelete="CASCADE")
    created_at: datetime
