"""Files of complaints: taken in, and served. They are a stranger's: they may be shown, and never run."""

from typing import Protocol
from urllib.parse import quote

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from callcrm.agents.principal import Principal
from callcrm.base.clock import Clock
from callcrm.crm.complaints import complaints, files
from callcrm.crm.complaints.files import LARGEST, NewFile
from callcrm.edge import uploads
from callcrm.edge.message_media import INLINE_TYPES, SAVED_TYPES, UNKNOWN_TYPE
from callcrm.edge.stored_file import file_response
from callcrm.edge.uploads import Upload
from callcrm.models.crm.complaint import ComplaintFile
from callcrm.recordings.storage import Storage
from callcrm.store.store import Store


class Services(Protocol):
    """The services that files need."""

    @property
    def store(self) -> Store: ...

    @property
    def storage(self) -> Storage: ...

    @property
    def clock(self) -> Clock: ...


async def receive(request: Request, services: Services, complaint_id: str, user: Principal) -> Upload:
    """The file that is sent for a complaint which this user may know of; NotFound for any other, before a
    byte of it is read.
    """
    await services.store.read(lambda session: complaints.get(session, complaint_id, user))
    return await uploads.receive(request, services.storage.scratch(), LARGEST)


async def stored(services: Services, upload: Upload) -> NewFile:
    """The file, put into our storage. One that no row comes to name is swept away later."""
    name = await services.storage.put(upload.file)
    return NewFile(
        name=upload.name,
        content_type=upload.content_type,
        bytes=upload.bytes,
        sha256=upload.sha256,
        storage_name=name,
    )


async def response(
    request: Request, services: Services, complaint_id: str, file_id: str, user: Principal
) -> Response:
    """The file, with ETag and byte ranges; NotFound if there is none, Unsatisfiable beyond its end."""

    def verb(session: Session) -> ComplaintFile:
        return files.get(session, complaint_id, file_id, user)

    row = await services.store.read(verb)
    file = await services.storage.describe(row.storage_name)
    return file_response(request, services.storage, file, _headers(row))


def _headers(row: ComplaintFile) -> dict[str, str]:
    """The headers of a file: its type only where that runs nothing, else it is bytes to be saved."""
    kind = row.content_type or UNKNOWN_TYPE
    way = "inline" if kind in INLINE_TYPES else "attachment"
    return {
        "Content-Type": kind if kind in INLINE_TYPES or kind in SAVED_TYPES else UNKNOWN_TYPE,
        "Content-Disposition": f"{way}; filename*=UTF-8''{quote(row.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
