"""A file as rows of text: CSV in whatever encoding and with whatever separator, or an Excel workbook."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import IO, Any

from callcrm.base.errors import Refused
from callcrm.base.text import NUL
from callcrm.crm.imports import workbook
from callcrm.crm.imports.workbook import MOST_COLUMNS
from callcrm.lazy import charset_normalizer

SAMPLE = 256 * 1024  # bytes
SEPARATORS = ",;\t|"
LONGEST_CELL = 1 << 20  # letters
XLSX_MARK = b"PK\x03\x04"
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
    """The rows of the file, which is CSV, the headings first; Refused where it can't be read on."""
    file.seek(0)
    text = io.TextIOWrapper(file, form.encoding, errors="replace", newline="")
    try:
        for row in csv.reader((line.replace(NUL, "") for line in text), delimiter=form.separator):
            yield row[:MOST_COLUMNS]
    except csv.Error:
        raise Refused("A quotation mark in the file is never closed.", field="file") from None
    finally:
        with suppress(ValueError):  # whoever reads no further has closed the file
            text.detach()


def unpacked(file: IO[bytes], form: Form, most: int | None = None) -> tuple[IO[bytes], Form]:
    """The file as CSV, of which any row is soon found again; of a workbook a file of ours, with at most so
    many of its rows.
    """
    return (workbook.unpacked(file, most), Form("utf-8", ",")) if form.is_workbook else (file, form)
