"""A customer's history as the page shows it: by day, each entry in words with its notes and recordings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session

from callcrm.agents.signins import SignedIn
from callcrm.base.text import isolated
from callcrm.customers import timeline
from callcrm.customers.history import Entry
from callcrm.customers.timeline import Around
from callcrm.desk import moments
from callcrm.desk.moments import Said
from callcrm.desk.recordings import Tape, tapes
from callcrm.desk.words import Words
from callcrm.edge.keyset import Mark, cut
from callcrm.models import Call, CallState, Message, Note, Promise, PromiseState

MOST = 30
LONGEST = 200  # of what is drawn anew because something happened


@dataclass(slots=True)
class Line:
    """One entry. `facts` are short texts, `quote` is a message's text, `since` is what the second of a note
    on the call is counted from.
    """

    at: datetime
    said: Said
    facts: list[str] = field(default_factory=list)
    phone: str | None = None
    call: Call | None = None
    quote: str = ""
    ours: bool = False
    notes: Sequence[Note] = ()
    tapes: Sequence[Tape] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A day's entries; `goes_on`: the day was begun on the page before."""

    date: date
    goes_on: bool
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class History:
    """A page of a history, and where the next one begins."""

    days: list[Day]
    older: str | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a history, in which words, and at what time."""

    who: SignedIn
    words: Words
    now: datetime


def load(
    session: Session,
    reader: Reader,
    customer_id: str,
    view: str,
    after: tuple[datetime, str] | None,
    down: tuple[datetime, str] | None = None,
) -> History:
    """A page of a customer's history; with a place to go `down` to, everything as far as that."""
    limit = MOST if down is None else LONGEST
    since = down[0] if down else None
    found = timeline.entries(session, customer_id, view, since=since, after=after, limit=limit + 1)
    page, older = cut(found, limit, lambda entry: Mark(entry.at, entry.place))
    page = _as_far_as(page, down)
    items = [entry.item for entry in page]
    around = timeline.around(session, items)
    calls = [item.id for item in items if isinstance(item, Call)]
    heard = tapes(session, reader.who, reader.words, calls) if calls else {}
    lines = [_line(reader, entry, around, heard) for entry in page]
    return History(_days(reader.words, lines, after), older)


def _as_far_as(page: list[Entry], down: tuple[datetime, str] | None) -> list[Entry]:
    """Without those of the same moment that come behind the place."""
    places = [entry.place for entry in page]
    return page[: places.index(down[1]) + 1] if down and down[1] in places else page


def _days(words: Words, lines: Sequence[Line], after: tuple[datetime, str] | None) -> list[Day]:
    days: list[Day] = []
    last = words.local(after[0]).date() if after else None
    for line in lines:
        today = words.local(line.at).date()
        if not days or days[-1].date != today:
            days.append(Day(today, today == last, []))
        days[-1].lines.append(line)
    return days


def _line(reader: Reader, entry: Entry, around: Around, heard: Mapping[str, Sequence[Tape]]) -> Line:
    item = entry.item
    if isinstance(item, Call):
        return _call(reader, item, around, heard.get(item.id, ()))
    if isinstance(item, Note):
        return _note(reader.words, item, around)
    if isinstance(item, Message):
        return _message(reader.words, item, around)
    assert isinstance(item, Promise), "a view asks for no other kind"
    return _promise(reader.words, item, around)


def _call(reader: Reader, row: Call, around: Around, heard: Sequence[Tape]) -> Line:
    words, agent = reader.words, around.names.get(row.agent_id or "", "")
    kept, made = around.kept.get(row.id, ()), around.made.get(row.id)
    facts = moments.call_facts(words, row)
    if row.state == CallState.IN_PROGRESS and row.answered_at:
        so_far = (reader.now - row.answered_at).total_seconds()
        facts.append(words._("%(time)s so far", time=words.duration(so_far)))
    if made is not None:
        facts.append(moments.left_owed(words, made, around.calls))
    message = next((tape.seconds for tape in heard if tape.voicemail), None)
    said = moments.call(words, row, agent, message)
    if kept:
        said = moments.rang_back(words, row, kept[0], agent)
    notes = around.notes.get(row.id, ())
    return Line(
        row.started_at,
        said,
        facts,
        row.phone,
        row,
        notes=notes,
        tapes=heard,
        since=row.answered_at or row.started_at,
    )


def _note(words: Words, row: Note, around: Around) -> Line:
    said = Said(words._("%(name)s wrote", name=isolated(row.author)), "note", flip=True)
    return Line(row.created_at, said, call=around.calls.get(row.call_id or ""), notes=[row])


def _message(words: Words, row: Message, around: Around) -> Line:
    author = around.names.get(row.author_id or "", "")
    facts = [text for text in (moments.message_state(words, row), isolated(author)) if text]
    ours = row.direction == "outbound"
    return Line(row.created_at, moments.message(words, row), facts, row.phone, quote=row.body, ours=ours)


def _promise(words: Words, row: Promise, around: Around) -> Line:
    owner = around.names.get(row.owner_id or "", "")
    facts = [_state(words, row, around)]
    facts.append(isolated(owner) if owner else words._("nobody’s yet"))
    call = around.calls.get(row.call_id or "") or around.calls.get(row.kept_by or "")
    return Line(row.created_at, moments.promise(words, row), facts, row.phone, call)


def _state(words: Words, row: Promise, around: Around) -> str:
    closer = isolated(around.names.get(row.closed_by or "", ""))
    said: dict[str, Callable[[str], str]] = {
        PromiseState.OPEN: lambda _: words._("due %(time)s", time=words.when(row.due_at)),
        PromiseState.KEPT: lambda at: words._("kept %(time)s", time=at),
        PromiseState.DROPPED: lambda at: (
            words._("dropped by %(name)s %(time)s", name=closer, time=at)
            if closer
            else words._("dropped %(time)s", time=at)
        ),
    }
    return said[row.state](words.when(row.closed_at) if row.closed_at else "")
