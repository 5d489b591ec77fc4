"""A noun's rows as a table of comma-separated values (RFC 4180) that no spreadsheet takes for formulas."""

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from io import StringIO

from sqlmodel import Session

from callcrm.agents.principal import Principal
from callcrm.base.clock import rfc3339
from callcrm.crm.noun import Export

FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
A_NUMBER = re.compile(r"\+\d+")  # a telephone number: a spreadsheet shows it as it is


def lines(session: Session, export: Export, user: Principal | None = None) -> Iterator[str]:
    """The heading and then a line for each row that exists for this user, as they are read; None is the
    business itself.
    """
    yield _line(export.columns)
    for row in export.rows(session):
        if user is not None and not export.shows(user, row):
            continue
        cells = export.row(row)
        yield _line([cell(cells[name]) for name in export.columns])


def cell(value: object) -> str:
    """A value as the text of a cell: times in UTC, and what would be a formula after an apostrophe."""
    if value is None:
        return ""
    text = (rfc3339(value) or "") if isinstance(value, datetime) else str(value)
    return f"'{text}" if FORMULA.match(text) and not A_NUMBER.fullmatch(text) else text


def _line(cells: object) -> str:
    text = StringIO()
    # The caller passes an iterable: cells of a noun, which declares them as objects.
    csv.writer(text).writerow(cells)  # type: ignore[arg-type]
    return text.getvalue()
