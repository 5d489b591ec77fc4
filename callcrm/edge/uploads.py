"""Files that are sent, with a few fields: `multipart/form-data`, read as it comes and kept on disk meanwhile.

Starlette's own reader decodes fields by whatever codec the request names; here everything is UTF-8.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from tempfile import TemporaryFile
from typing import IO, Any

import structlog
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from callcrm.base.errors import Refused, TooLarge, Unavailable, fault_fields
from callcrm.base.text import storable

log = structlog.get_logger()
MEDIA_TYPE = "multipart/form-data"
MOST_FIELDS = 50
LONGEST_FIELD = 100_000  # bytes
LONGEST_NAME = 200


@dataclass(slots=True)
class Upload:
    """What was sent: the fields, and the file, if there was one. Whoever reads it closes it."""

    fields: dict[str, str] = field(default_factory=dict)
    file: IO[bytes] | None = None
    file_name: str = ""
    size: int = 0

    def close(self) -> None:
        """Forgets the file."""
        if self.file is not None:
            with suppress(OSError):  # a full disk takes not even what was still to be written
                self.file.close()


def is_upload(request: Request) -> bool:
    """Whether the body is a form with a file."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == MEDIA_TYPE


async def read_upload(request: Request, limit: int) -> Upload:
    """The fields and the file `file` of the body; TooLarge for a file of more bytes than that, Refused for a
    body that is no such form, Unavailable where the disk has no room for it.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit + MOST_FIELDS * LONGEST_FIELD:
        raise _too_large(limit)
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if not boundary or not is_upload(request):
        raise Refused("The file must be sent as multipart/form-data.", field="file")
    reader = _Reader(limit)
    try:
        parser = MultipartParser(boundary, reader.callbacks)
        async for chunk in request.stream():
            parser.write(chunk)
        parser.finalize()
        if not reader.ended:
            raise Refused("The file was cut short on its way.", field="file")
        if reader.upload.file is not None:
            reader.upload.file.seek(0)
    except OSError as fault:
        reader.upload.close()
        raise no_room(fault) from fault
    except MultipartParseError:
        reader.upload.close()
        raise Refused("The file must be sent as multipart/form-data.", field="file") from None
    except BaseException:
        reader.upload.close()
        raise
    return reader.upload


def no_room(fault: OSError) -> Unavailable:
    """What somebody is told whose file could not be written to our disk; the log says why."""
    log.error("a file that was sent could not be kept", **fault_fields(fault))
    return Unavailable("The file could not be kept: our disk takes no more. Nothing was changed.")


def _too_large(limit: int) -> TooLarge:
    return TooLarge("A file may have %(most)s MB at most.", most=limit >> 20)


class _Reader:
    """Takes the parts of a body as they are parsed."""

    def __init__(self, limit: int) -> None:
        self.upload, self.ended = Upload(), False
        self._limit = limit
        self._header, self._value = bytearray(), bytearray()
        self._headers: dict[str, str] = {}
        self._name, self._text, self._to_file = "", bytearray(), False

    @property
    def callbacks(self) -> Any:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._in_header,
            "on_header_value": self._in_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._keep,
            "on_part_end": self._end,
            "on_end": self._all_ended,
        }

    def _begin(self) -> None:
        self._headers, self._text = {}, bytearray()

    def _in_header(self, chunk: bytes, start: int, end: int) -> None:
        self._header += chunk[start:end]

    def _in_value(self, chunk: bytes, start: int, end: int) -> None:
        self._value += chunk[start:end]
        if len(self._value) > LONGEST_FIELD:
            raise Refused("The form has too many fields.", field="file")

    def _header_end(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = self._value.decode("utf-8", "replace")
        self._header.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        header = Message()
        header["content-disposition"] = self._headers.get("content-disposition", "")
        name = header.get_param("name", "", "content-disposition")
        file_name = header.get_filename()
        self._name = str(name)[:LONGEST_NAME]
        self._to_file = file_name is not None and self._name == "file" and self.upload.file is None
        if self._to_file:
            self.upload.file = TemporaryFile()  # noqa: SIM115  # closed by whoever reads it
            self.upload.file_name = storable(str(file_name))[-LONGEST_NAME:]

    def _keep(self, chunk: bytes, start: int, end: int) -> None:
        if not self._to_file:
            self._text += chunk[start:end]
            if len(self._text) > LONGEST_FIELD:
                raise Refused("One of the fields is too long.", field=self._name)
            return
        self.upload.size += end - start
        if self.upload.size > self._limit:
            raise _too_large(self._limit)
        assert self.upload.file is not None
        self.upload.file.write(chunk[start:end])

    def _end(self) -> None:
        if self._to_file:
            return
        if len(self.upload.fields) >= MOST_FIELDS:
            raise Refused("The form has too many fields.", field="file")
        self.upload.fields[self._name] = storable(self._text.decode("utf-8", "replace"))

    def _all_ended(self) -> None:
        self.ended = True
