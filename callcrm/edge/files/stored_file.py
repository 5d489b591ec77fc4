"""A stored file as a response, whole or a range of bytes."""

from collections.abc import AsyncIterator, Mapping

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from callcrm.edge.ranges import parse_range
from callcrm.recordings.storage import Storage, StoredFile


def file_response(
    request: Request, storage: Storage, file: StoredFile, headers: Mapping[str, str]
) -> Response:
    """The file with these headers, an ETag and byte ranges; Unsatisfiable for bytes beyond its end."""
    headers = {**headers, "ETag": file.etag, "Accept-Ranges": "bytes"}
    if file.etag in request.headers.get("if-none-match", "").split(", "):
        return Response(status_code=304, headers=headers)
    # If-Range with another ETag: the client has an older version, and needs all of this one.
    unchanged = request.headers.get("if-range") in (None, file.etag)
    byte_range = parse_range(request.headers.get("range"), file.size) if unchanged else None
    start, end = byte_range or (0, file.size)
    headers["Content-Length"] = str(end - start)
    if byte_range:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    status = 206 if byte_range else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    chunks: AsyncIterator[bytes] = storage.stream(file.name, start, end)
    return StreamingResponse(chunks, status, headers)
