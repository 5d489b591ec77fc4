"""Which column is which field: as it was the last time, else as the headings say."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from callcrm.base.errors import Refused
from callcrm.base.text import one_line
from callcrm.base.words import words
from callcrm.crm.import_kind import ImportKind
from callcrm.models.crm.file_import import ImportMapping

LONGEST = 200  # letters
NO_HEADING = "#{}"


def headings_of(row: Sequence[str]) -> list[str]:
    """The names of the columns; one without a name is named by its number. Of two alike the second gets one
    more letter.
    """
    names: list[str] = []
    for number, text in enumerate(row, 1):
        name = one_line(text)[:LONGEST] or NO_HEADING.format(number)
        stars = 0
        while name in names:
            stars += 1
            name = f"{name.removesuffix('*' * (stars - 1))[: LONGEST - stars]}{'*' * stars}"
        names.append(name)
    return names


def guessed(kind: ImportKind, headings: Sequence[str]) -> dict[str, str]:
    """By column: the field that its heading names; each field once."""
    own = {_key(field.name): field.name for field in kind.fields}
    others = {_key(text): field.name for field in kind.fields for text in field.headings.split(";")}
    mapping: dict[str, str] = {}
    for by_words in (own, others):
        for heading in headings:
            name = by_words.get(_key(heading))
            if name is not None and heading not in mapping and name not in mapping.values():
                mapping[heading] = name
    return mapping


def _key(text: str) -> str:
    return " ".join(words(text.replace("_", " ")))


def mapping_of(session: Session, kind: ImportKind, headings: Sequence[str]) -> dict[str, str]:
    """By column: the field that it was the last time that a file had these headings, else the guess."""
    row = session.get(ImportMapping, (kind.name, _headings_key(headings)))
    fields = {field.name for field in kind.fields}
    if row is None:
        return guessed(kind, headings)
    return {column: name for column, name in row.mapping.items() if name in fields and column in headings}


def remember(
    session: Session, kind: ImportKind, headings: Sequence[str], mapping: Mapping[str, str], now: datetime
) -> None:
    """Remembers this mapping for these headings."""
    key = kind.name, _headings_key(headings)
    row = session.get(ImportMapping, key) or ImportMapping(
        kind=kind.name, headings_key=key[1], mapping={}, used_at=now
    )
    row.mapping, row.used_at = dict(mapping), now
    session.add(row)


def _headings_key(headings: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(headings).encode()).hexdigest()


def checked(kind: ImportKind, headings: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping without columns that are to be left out; Refused for columns or fields that there are not,
    fields of two columns, and a mapping without what the kind needs.
    """
    fields = {field.name for field in kind.fields}
    wanted = {column: name for column, name in mapping.items() if name}
    for column, name in wanted.items():
        if column not in headings:
            raise Refused("The file has no column %(column)s.", field="mapping", column=column)
        if name not in fields:
            raise Refused("There is no field %(name)s.", field="mapping", name=name)
    if len(set(wanted.values())) < len(wanted):
        raise Refused("Two columns can’t be the same field.", field="mapping")
    kind.check(wanted.values())
    return wanted
