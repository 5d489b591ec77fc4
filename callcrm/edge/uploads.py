"""A file that is sent as multipart/form-data, written into a scratch folder as it comes.

Starlette's own reader is not used: see `forms`. The names that a browser sends are UTF-8; what is not becomes
U+FFFD.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from callcrm.base.errors import Refused, TooLarge

MEDIA_TYPE = "multipart/form-data"
FIELD = "file"
MOST_AROUND = 64 * 1024  # bytes of a request that are no bytes of the file
LONGEST_NAME, LONGEST_TYPE = 200, 100
TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in the scratch folder, as its sender calls it."""

    file: Path
    name: str
    content_type: str | None
    bytes: int
    sha256: str


@dataclass(slots=True)
class _Part:
    """The part that is being read."""

    headers: dict[str, str] = field(default_factory=dict)
    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    is_file: bool = False
    filename: str = ""


class _Receiver:
    """What the parser tells, as the first file of the field `file`."""

    def __init__(self, target: IO[bytes], most: int) -> None:
        self._target, self._most, self._part = target, most, _Part()
        self._digest = hashlib.sha256()
        self.size, self.done, self.filename, self.content_type = 0, False, "", ""

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def on_part_begin(self) -> None:
        self._part = _Part()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value += data[start:end]

    def on_header_end(self) -> None:
        part = self._part
        part.headers[part.name.decode("ascii", "replace").lower()] = part.value.decode("utf-8", "replace")
        part.name.clear()
        part.value.clear()

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._part.headers.get("content-disposition", "").encode())
        wanted = options.get(b"name") == FIELD.encode() and b"filename" in options and not self.done
        self._part.is_file = wanted
        if wanted:
            self.filename = options[b"filename"].decode("utf-8", "replace")
            self.content_type = self._part.headers.get("content-type", "")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if not self._part.is_file:
            return
        self.size += end - start
        if self.size > self._most:
            raise TooLarge("The file is larger than %(most)s MB.", most=self._most // 1_000_000)
        self._target.write(data[start:end])
        self._digest.update(data[start:end])

    def on_part_end(self) -> None:
        self.done = self.done or self._part.is_file


async def receive(request: Request, scratch: Path, most: int) -> Upload:
    """The file in the field `file`, in the scratch folder, at most so many bytes; Refused if there is none,
    TooLarge if it is larger. Whoever is given it moves or deletes it.
    """
    kind, options = parse_options_header(request.headers.get("content-type", "").encode("latin-1"))
    if kind.decode().lower() != MEDIA_TYPE or b"boundary" not in options:
        raise Refused("Send the file as multipart/form-data, in the field `file`.", field=FIELD)
    with _scratch_file(scratch) as (target, path):
        receiver = _Receiver(target, most)
        names = [name for name in dir(receiver) if name.startswith("on_")]
        callbacks = {name: getattr(receiver, name) for name in names}
        await _feed(request, MultipartParser(options[b"boundary"], callbacks), most)  # type: ignore[arg-type]
        if not receiver.done:
            raise Refused("Choose a file.", field=FIELD)
        target.flush()
        return Upload(path, _name(receiver.filename), _type(receiver), receiver.size, receiver.sha256)


async def _feed(request: Request, parser: MultipartParser, most: int) -> None:
    total = 0
    try:
        async for chunk in request.stream():
            total += len(chunk)
            if total > most + MOST_AROUND:
                raise TooLarge("The file is larger than %(most)s MB.", most=most // 1_000_000)
            parser.write(chunk)
        parser.finalize()
    except MultipartParseError:
        raise Refused("The file did not come whole: send it again.", field=FIELD) from None


@contextmanager
def _scratch_file(scratch: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A new file in the scratch folder, which is gone again if anything goes wrong."""
    handle, name = tempfile.mkstemp(dir=scratch, prefix="upload-")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            yield target, path
    except BaseException:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def _name(sent: str) -> str:
    """The last part of the name, without what could be a path or a control."""
    last = re.split(r"[/\\]", unquote(sent))[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[-LONGEST_NAME:] or FIELD


def _type(receiver: _Receiver) -> str | None:
    kind = receiver.content_type.partition(";")[0].strip().lower()
    return kind if len(kind) <= LONGEST_TYPE and TYPE.fullmatch(kind) else None
