"""A file that came with a message as a response. It is a stranger's: it may be shown, and never run."""

from starlette.requests import Request
from starlette.responses import Response

from callcrm.base.errors import NotFound
from callcrm.edge.audio import AudioServices
from callcrm.edge.files.stored_file import file_response
from callcrm.models import MediaStatus, MessageMedia

UNKNOWN_TYPE = "application/octet-stream"
# What a browser shows without running anything in it; all else is to be saved. No SVG: it holds scripts.
INLINE_TYPES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "video/webm": "webm",
}
SAVED_TYPES = {"application/pdf": "pdf", "text/vcard": "vcf", "text/x-vcard": "vcf", "text/plain": "txt"}
NOT_STORED = {
    MediaStatus.PENDING: "This file has not been fetched from the carrier yet.",
    MediaStatus.FAILED: "This file could not be had from the carrier.",
}


async def media_response(request: Request, services: AudioServices, media_id: str) -> Response:
    """The file, with ETag and byte ranges; NotFound if there is none, Unsatisfiable beyond its end."""
    row = await services.store.read(lambda session: session.get(MessageMedia, media_id))
    if row is None:
        raise NotFound("There is no such file.")
    if row.status != MediaStatus.STORED:
        raise NotFound(NOT_STORED[MediaStatus(row.status)])
    file = await services.storage.describe(row.storage_name or "")
    return file_response(request, services.storage, file, headers(row))


def headers(row: MessageMedia) -> dict[str, str]:
    """The headers of a file: its type only where that runs nothing, else it is bytes to be saved."""
    kind = row.content_type or UNKNOWN_TYPE
    suffix = INLINE_TYPES.get(kind) or SAVED_TYPES.get(kind)
    way = "inline" if kind in INLINE_TYPES else "attachment"
    return {
        "Content-Type": kind if suffix else UNKNOWN_TYPE,
        "Content-Disposition": f'{way}; filename="{row.id}.{suffix or "bin"}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
