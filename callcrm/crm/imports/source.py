"""A file as rows of text: CSV in whatever encoding and with whatever separator, or an Excel workbook."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from callcrm.base.errors import Refused, TooLarge
from callcrm.lazy import charset_normalizer, python_calamine

SAMPLE = 256 * 1024  # bytes
SEPARATORS = ",;\t|"
MOST_COLUMNS = 200
LONGEST_CELL = 1 << 20  # letters
XLSX_MARK = b"PK\x03\x04"
# Of a workbook's sheets once unpacked: they are read whole.
MOST_UNPACKED = 400 << 20
# What spreadsheets of other countries write, the likely ones first.
ENCODINGS = ("cp1256", "cp1252", "iso8859_15", "cp1250", "cp1251", "mac_roman")
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

csv.field_size_limit(LONGEST_CELL)


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written."""

    encoding: str
    separator: str
    is_workbook: bool = False

    def as_json(self) -> dict[str, Any]:
        """The form as JSON keeps it."""
        return asdict(self)


def form_of(file: IO[bytes]) -> Form:
    """How this file is written; Refused for an empty one, or one that is no table."""
    file.seek(0)
    sample = file.read(SAMPLE)
    if not sample.strip():
        raise Refused("The file is empty.", field="file")
    if sample.startswith(XLSX_MARK):
        return Form("utf-8", ",", is_workbook=True)
    encoding = _encoding(file, sample)
    text = sample.decode(encoding, "replace")
    if (
        text.count("\x00")
        or sum(letter < " " and letter not in "\t\r\n" for letter in text) > len(text) / 100
    ):
        raise Refused("This is neither a CSV file nor an Excel workbook (.xlsx).", field="file")
    return Form(encoding, _separator(text))


def _encoding(file: IO[bytes], sample: bytes) -> str:
    for mark, encoding in MARKS:
        if sample.startswith(mark):
            return encoding
    if _is_utf8(file):
        return "utf-8"
    best = charset_normalizer.from_bytes(sample, cp_isolation=list(ENCODINGS)).best()
    return best.encoding if best else "cp1252"


def _is_utf8(file: IO[bytes]) -> bool:
    file.seek(0)
    reader = io.TextIOWrapper(file, "utf-8", newline="")
    try:
        while reader.read(SAMPLE):
            pass
    except UnicodeDecodeError:
        return False
    finally:
        reader.detach()
    return True


def _separator(text: str) -> str:
    """The separator that makes the most columns of the first lines, all of them alike."""
    lines = text.splitlines(keepends=True)[:51]
    lines = lines[:-1] if len(lines) > 50 else lines
    best = (0, ",")
    for separator in SEPARATORS:
        with suppress(csv.Error):
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if row)
            width, count = max(widths.items(), key=lambda pair: pair[1], default=(1, 0))
            if width > 1:
                best = max(best, (width * count, separator))
    return best[1]


def rows_of(file: IO[bytes], form: Form) -> Iterator[Sequence[str]]:
    """The rows of the file, the headings first; Refused where it can't be read on."""
    if form.is_workbook:
        yield from _workbook_rows(file)
        return
    file.seek(0)
    text = io.TextIOWrapper(file, form.encoding, errors="replace", newline="")
    try:
        for row in csv.reader(text, delimiter=form.separator):
            yield row[:MOST_COLUMNS]
    except csv.Error:
        raise Refused("A quotation mark in the file is never closed.", field="file") from None
    finally:
        with suppress(ValueError):  # whoever reads no further has closed the file
            text.detach()


def _workbook_rows(file: IO[bytes]) -> Iterator[Sequence[str]]:
    _check_unpacked(file)
    file.seek(0)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(file)
        for row in workbook.get_sheet_by_index(0).iter_rows():
            yield [_cell(value) for value in row[:MOST_COLUMNS]]
    except python_calamine.CalamineError:
        raise Refused("The Excel workbook can’t be read.", field="file") from None


def _check_unpacked(file: IO[bytes]) -> None:
    try:
        with ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (BadZipFile, OSError, ValueError):
        raise Refused("The Excel workbook can’t be read.", field="file") from None
    if size > MOST_UNPACKED:
        raise TooLarge("The Excel workbook is too large. Save it as CSV, which may have any number of rows.")


def _cell(value: object) -> str:
    """A cell of a workbook as text that reads as what it is, whatever the language of its reader."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        # With six decimals a point can't be taken for one between thousands.
        return str(int(value)) if value.is_integer() else f"{value:.6f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def unpacked(file: IO[bytes], form: Form) -> tuple[IO[bytes], Form]:
    """The file as CSV in UTF-8, of which any row is soon found again; a file of ours if it was a workbook."""
    if not form.is_workbook:
        return file, form
    plain: IO[bytes] = TemporaryFile()  # noqa: SIM115  # whoever asked for it closes it
    text = io.TextIOWrapper(plain, "utf-8", newline="")
    csv.writer(text).writerows(rows_of(file, form))
    text.detach()
    return plain, Form("utf-8", ",")
