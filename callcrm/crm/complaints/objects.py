"""Complaints as objects of the API."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field
from sqlmodel import Session, col, select

from callcrm import models
from callcrm.base.objects import Named, OurPath, Shape, Time, VersionedShape
from callcrm.business.hours import minutes_between
from callcrm.crm.complaints import find
from callcrm.crm.references import named
from callcrm.ivr.flows.hours import Hours
from callcrm.models.crm.complaint import About, ComplaintFile, Remedy, Stage
from callcrm.models.crm.complaint import Complaint as Row


class File(Shape):
    """A file that belongs to a complaint; `media_url` is relative to the server."""

    id: str
    name: str
    content_type: str | None
    bytes: int
    sha256: str
    media_url: OurPath


class Complaint(VersionedShape):
    """A customer's complaint."""

    id: str
    customer: Named | None = Field(description="Null where the sender of a form is unknown.")
    name: str | None = Field(description="What an unknown sender calls themselves.")
    phone: str | None = Field(description="The number an unknown sender gave.")
    about: About
    product: str | None
    staff: Named | None
    call: str | None
    second: int | None = Field(description="Where in the call's audio it is said.")
    body: str
    stage: Stage
    owner: Named | None
    offer: Remedy | None
    resolution: str | None
    root_cause: str | None
    lesson: str | None
    opened_at: Time
    acknowledged_at: Time | None
    closed_at: Time | None
    due_at: Time
    late: bool
    business_minutes: int = Field(description="From opened to closed or now, while the business is open.")
    repeat_of: str | None = Field(
        description="The newest earlier one of the same customer about the same product, person or service."
    )
    files: list[File]


def objects(session: Session, complaints: Sequence[Row], hours: Hours, now: datetime) -> list[Complaint]:
    """The complaints as objects, in their order; what they refer to is loaded once for all."""
    people = named(
        session, models.User, {user for row in complaints for user in (row.owner_id, row.staff_id)}
    )
    customers = named(session, models.Customer, {row.customer_id for row in complaints})
    repeats, files = find.repeats(session, complaints), files_of(session, [row.id for row in complaints])
    return [
        Complaint(
            **row.model_dump(include=_PLAIN),
            customer=customers.get(row.customer_id or ""),
            staff=people.get(row.staff_id or ""),
            owner=people.get(row.owner_id or ""),
            call=row.call_id,
            late=find.is_late(row, now),
            business_minutes=minutes_between(hours, row.opened_at, row.closed_at or now),
            repeat_of=repeats.get(row.id),
            files=[file_object(file) for file in files.get(row.id, ())],
        )
        for row in complaints
    ]


_PLAIN = {
    *("id", "name", "phone", "about", "product", "second", "body", "stage", "offer", "resolution"),
    *("root_cause", "lesson", "opened_at", "acknowledged_at", "closed_at", "due_at", "version"),
}


def file_object(row: ComplaintFile) -> File:
    """This file as an object."""
    return File(
        **row.model_dump(include={"id", "name", "content_type", "bytes", "sha256"}),
        media_url=f"/api/v1/complaints/{row.complaint_id}/files/{row.id}",
    )


def files_of(session: Session, complaints: Sequence[str]) -> dict[str, list[ComplaintFile]]:
    """By complaint: its files, the first first."""
    if not complaints:
        return {}
    by_complaint: dict[str, list[ComplaintFile]] = {}
    rows = select(ComplaintFile).where(col(ComplaintFile.complaint_id).in_(complaints))
    for file in session.exec(rows.order_by(col(ComplaintFile.created_at), col(ComplaintFile.id))):
        by_complaint.setdefault(file.complaint_id, []).append(file)
    return by_complaint
