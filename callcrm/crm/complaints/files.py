"""Files that belong to a complaint, as evidence."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, func, select

from callcrm.agents.principal import Principal
from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import new_id
from callcrm.crm.complaints import complaints
from callcrm.crm.complaints.record import record
from callcrm.models.crm.complaint import ComplaintFile

LARGEST = 25_000_000  # bytes
MOST = 50  # of one complaint


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file that is in our storage under `storage_name`, as its sender calls it."""

    name: str
    content_type: str | None
    bytes: int
    sha256: str
    storage_name: str


def add(session: Session, complaint_id: str, file: NewFile, *, by: Principal, now: datetime) -> ComplaintFile:
    """Adds a stored file to the complaint. Refused for the 51st; NotFound where there is no complaint, also
    for whoever is complained of.
    """
    complaint = complaints.lock(session, complaint_id, by)
    count = select(func.count()).where(ComplaintFile.complaint_id == complaint.id)
    if session.exec(count).one() >= MOST:
        raise Refused("A complaint has at most %(most)s files.", field="file", most=MOST)
    row = ComplaintFile(
        id=new_id("file", now),
        complaint_id=complaint.id,
        name=file.name,
        content_type=file.content_type,
        bytes=file.bytes,
        sha256=file.sha256,
        storage_name=file.storage_name,
        created_by=by.user_id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    record(session, complaint, "file", by=by, now=now, after=file.name)
    return row


def get(session: Session, complaint_id: str, file_id: str, user: Principal) -> ComplaintFile:
    """A file of the complaint; NotFound if it has none of this id, also for whoever is complained of."""
    complaint = complaints.get(session, complaint_id, user)
    row = session.get(ComplaintFile, file_id)
    if row is None or row.complaint_id != complaint.id:
        raise NotFound("There is no such file.")
    return row
