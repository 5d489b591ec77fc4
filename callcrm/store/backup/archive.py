"""The file of a backup: a zip with a table a member, one JSON array a row, and a manifest written last.

Values are as SQLite holds them, on both engines: times in UTC as text, booleans as 0 and 1, JSON as text.
So a backup of SQLite can be restored on PostgreSQL, and the other way round.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from callcrm.base.errors import Refused

FORMAT = "callcrm backup 1"
MANIFEST = "manifest.json"
BATCH = 1000  # rows
CHUNK = 1 << 20  # bytes
COMPRESSION = 3  # of 9: a third of the time of the default, for a tenth more bytes
Row = list[Any]
# What zipfile and json raise for a file that was cut short or changed.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, TypeError, NotImplementedError)


def _hex(value: object) -> dict[str, str]:
    """Bytes, which JSON has no word for."""
    if isinstance(value, bytes | memoryview):
        return {"hex": bytes(value).hex()}
    raise TypeError(type(value).__name__)


def _bytes(pairs: dict[str, str]) -> bytes:
    return bytes.fromhex(pairs["hex"])


# Made once: json.dumps and json.loads with options make them anew for each row.
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_hex).encode
DECODE = json.JSONDecoder(object_hook=_bytes).decode


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A table of the backup: its columns, how many rows, and the SHA-256 of its member."""

    columns: list[str]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup: which schema (`revision`), of which program, taken when and on which engine."""

    revision: str
    program: str
    made_at: str
    engine: str
    tables: dict[str, TableEntry] = field(default_factory=dict)
    format: str = FORMAT

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return sum(table.rows for table in self.tables.values())


def _parse_manifest(text: bytes) -> Manifest:
    values = json.loads(text)
    if values["format"] != FORMAT:
        raise ValueError(values["format"])
    tables = {name: TableEntry(**entry) for name, entry in values.pop("tables").items()}
    return Manifest(**values, tables=tables)


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows, BATCH at a time; fewer where they hold files, whose parts have a megabyte each."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(len(value) for value in row if isinstance(value, bytes | memoryview))
        if len(batch) == BATCH or size >= CHUNK:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _member_name(table: str) -> str:
    return f"tables/{table}.jsonl"


def _damaged(path: Path) -> Refused:
    return Refused(f"{path} is no backup of callcrm, or it is damaged or was cut short")


class ArchiveWriter:
    """Writes tables into a backup, and the manifest once all are in."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._archive = archive
        self._manifest = manifest

    def add_table(self, name: str, columns: list[str], rows: Iterable[Row]) -> None:
        """Adds a table with its rows."""
        digest, count = hashlib.sha256(), 0
        with self._archive.open(_member_name(name), "w", force_zip64=True) as member:
            for batch in batches(rows):
                lines = "".join(f"{ENCODE(row)}\n" for row in batch).encode()
                digest.update(lines)
                member.write(lines)
                count += len(batch)
        self._manifest.tables[name] = TableEntry(columns, count, digest.hexdigest())

    def finish(self) -> None:
        """Adds the manifest, without which the file is no backup."""
        self._archive.writestr(MANIFEST, json.dumps(asdict(self._manifest), indent=1))


@contextmanager
def create(path: Path, manifest: Manifest) -> Iterator[ArchiveWriter]:
    """A new file at this path, for its owner alone; `manifest` gets each table that is added."""
    path.touch(mode=0o600, exist_ok=False)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
        writer = ArchiveWriter(archive, manifest)
        yield writer
        writer.finish()


class Archive:
    """An open backup. Whatever of it is damaged is Refused."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path = path
        self._archive = archive
        self.manifest: Manifest = self._read(lambda: _parse_manifest(archive.read(MANIFEST)))

    def rows(self, table: str) -> Iterator[Row]:
        """The table's rows; Refused at their end if they are not those that were written."""
        digest, count = hashlib.sha256(), 0
        with self._open(table) as member:
            while line := self._read(member.readline):
                digest.update(line)
                count += 1
                yield self._read(lambda line=line: DECODE(line.decode()))  # type: ignore[misc]
        self._compare(table, count, digest.hexdigest())

    def verify(self) -> None:
        """Reads all of it; Refused if anything differs from what was written."""
        for table in self.manifest.tables:
            digest, count = hashlib.sha256(), 0
            with self._open(table) as member:
                while chunk := self._read(partial(member.read, CHUNK)):
                    digest.update(chunk)
                    count += chunk.count(b"\n")
            self._compare(table, count, digest.hexdigest())

    def _open(self, table: str) -> IO[bytes]:
        member: IO[bytes] = self._read(lambda: self._archive.open(_member_name(table)))
        return member

    def _compare(self, table: str, rows: int, sha256: str) -> None:
        entry = self.manifest.tables[table]
        if (rows, sha256) != (entry.rows, entry.sha256):
            raise _damaged(self._path)

    def _read(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except DAMAGE as fault:
            raise _damaged(self._path) from fault


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The backup at this path; Refused if there is none, or it can't be read."""
    try:
        archive = zipfile.ZipFile(path)
    except OSError as fault:
        raise Refused(f"{path} can't be read ({fault.strerror})") from None
    except zipfile.BadZipFile:
        raise _damaged(path) from None
    with archive:
        yield Archive(path, archive)
