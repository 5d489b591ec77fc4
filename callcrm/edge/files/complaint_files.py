"""Files of complaints: taken in, and served. They are a stranger's: they may be shown, and never run."""

import hashlib
import shutil
import tempfile
from mimetypes import guess_type
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import quote

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from callcrm.agents.principal import Principal
from callcrm.base.errors import Refused
from callcrm.base.threads import Threads
from callcrm.crm.complaints import complaints, files
from callcrm.crm.complaints.files import NewFile
from callcrm.edge.files.message_media import INLINE_TYPES, SAVED_TYPES, UNKNOWN_TYPE
from callcrm.edge.files.stored_file import file_response
from callcrm.edge.uploads import Upload, no_room
from callcrm.models.crm.complaint import ComplaintFile
from callcrm.recordings.storage import Storage
from callcrm.store.store import Store

NAMELESS = "file"


class Services(Protocol):
    """The services that files need."""

    @property
    def store(self) -> Store: ...

    @property
    def storage(self) -> Storage: ...

    @property
    def threads(self) -> Threads: ...


async def check(services: Services, complaint_id: str, user: Principal) -> None:
    """NotFound where this user may know of no such complaint: before a byte of a file is read."""
    await services.store.read(lambda session: complaints.get(session, complaint_id, user))


async def stored(services: Services, upload: Upload) -> NewFile:
    """The file that was sent, put into our storage; Refused if there was none. One that no row comes to name
    is swept away later.
    """
    if upload.file is None:
        raise Refused("There is no file.", field="file")
    copy, sha256 = await services.threads.run(_to_scratch, upload.file, services.storage.scratch())
    return NewFile(
        name=_name(upload.file_name),
        content_type=guess_type(upload.file_name)[0],
        bytes=upload.size,
        sha256=sha256,
        storage_name=await services.storage.put(copy),
    )


def _to_scratch(file: IO[bytes], scratch: Path) -> tuple[Path, str]:
    """A copy in the folder from which it is stored, and its digest."""
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # IO reads bytes too
    file.seek(0)
    path: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=scratch, prefix="upload-", delete=False) as copy:
            path = Path(copy.name)
            shutil.copyfileobj(file, copy)
    except OSError as fault:
        if path is not None:
            path.unlink(missing_ok=True)  # a disk that is full has no room for half a file
        raise no_room(fault) from fault
    return path, sha256


def _name(sent: str) -> str:
    """The last part of the name, without what could be a path or a control."""
    last = sent.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable()).strip() or NAMELESS


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
