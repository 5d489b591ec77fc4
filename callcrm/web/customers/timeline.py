"""A customer's history as the page shows it: by day, each entry in words with its notes and recordings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session

from callcrm.agents.sessions import SignedIn
from callcrm.base.text import isolated
from callcrm.customers import timeline
from callcrm.customers.history import Entry
from callcrm.customers.timeline import Related
from callcrm.edge.paging import Cursor, cut
from callcrm.i18n.locale import Locale
from callcrm.models import Call, CallState, Message, Note, Promise, PromiseState
from callcrm.web import timeline_text
from callcrm.web.calls.player import Playback, playbacks
from callcrm.web.timeline_text import Line

MOST = 30
LONGEST = 200  # of what is drawn anew because something happened


@dataclass(slots=True)
class TimelineEntry:
    """One entry. `facts` are short texts, `quote` is a message's text, `since` is what the second of a note
    on the call is counted from.
    """

    at: datetime
    said: Line
    facts: list[str] = field(default_factory=list)
    phone: str | None = None
    call: Call | None = None
    quote: str = ""
    ours: bool = False
    notes: Sequence[Note] = ()
    tapes: Sequence[Playback] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A day's entries; `goes_on`: the day was begun on the page before."""

    date: date
    goes_on: bool
    lines: list[TimelineEntry]


@dataclass(frozen=True, slots=True)
class History:
    """A page of a history, and where the next one begins."""

    days: list[Day]
    older: str | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a history, in which words, and at what time."""

    user: SignedIn
    locale: Locale
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
    page, older = cut(found, limit, lambda entry: Cursor(entry.at, entry.place))
    page = _as_far_as(page, down)
    items = [entry.item for entry in page]
    around = timeline.related(session, items)
    calls = [item.id for item in items if isinstance(item, Call)]
    heard = playbacks(session, reader.user, reader.locale, calls) if calls else {}
    lines = [_line(reader, entry, around, heard) for entry in page]
    return History(_days(reader.locale, lines, after), older)


def _as_far_as(page: list[Entry], down: tuple[datetime, str] | None) -> list[Entry]:
    """Without those of the same moment that come behind the place."""
    places = [entry.place for entry in page]
    return page[: places.index(down[1]) + 1] if down and down[1] in places else page


def _days(locale: Locale, lines: Sequence[TimelineEntry], after: tuple[datetime, str] | None) -> list[Day]:
    days: list[Day] = []
    last = locale.local(after[0]).date() if after else None
    for line in lines:
        today = locale.local(line.at).date()
        if not days or days[-1].date != today:
            days.append(Day(today, today == last, []))
        days[-1].lines.append(line)
    return days


def _line(
    reader: Reader, entry: Entry, around: Related, heard: Mapping[str, Sequence[Playback]]
) -> TimelineEntry:
    item = entry.item
    if isinstance(item, Call):
        return _call(reader, item, around, heard.get(item.id, ()))
    if isinstance(item, Note):
        return _note(reader.locale, item, around)
    if isinstance(item, Message):
        return _message(reader.locale, item, around)
    assert isinstance(item, Promise), "a view asks for no other kind"
    return _promise(reader.locale, item, around)


def _call(reader: Reader, row: Call, around: Related, heard: Sequence[Playback]) -> TimelineEntry:
    locale, agent = reader.locale, around.names.get(row.agent_id or "", "")
    kept, made = around.kept.get(row.id, ()), around.made.get(row.id)
    facts = timeline_text.call_facts(locale, row)
    if row.state == CallState.IN_PROGRESS and row.answered_at:
        so_far = (reader.now - row.answered_at).total_seconds()
        facts.append(locale._("%(time)s so far", time=locale.duration(so_far)))
    if made is not None:
        facts.append(timeline_text.left_owed(locale, made, around.calls))
    message = next((tape.seconds for tape in heard if tape.voicemail), None)
    said = timeline_text.call(locale, row, agent, message)
    if kept:
        said = timeline_text.rang_back(locale, row, kept[0], agent)
    notes = around.notes.get(row.id, ())
    return TimelineEntry(
        row.started_at,
        said,
        facts,
        row.phone,
        row,
        notes=notes,
        tapes=heard,
        since=row.answered_at or row.started_at,
    )


def _note(locale: Locale, row: Note, around: Related) -> TimelineEntry:
    said = Line(locale._("%(name)s wrote", name=isolated(row.author)), "note", flip=True)
    return TimelineEntry(row.created_at, said, call=around.calls.get(row.call_id or ""), notes=[row])


def _message(locale: Locale, row: Message, around: Related) -> TimelineEntry:
    author = around.names.get(row.author_id or "", "")
    facts = [text for text in (timeline_text.message_state(locale, row), isolated(author)) if text]
    ours = row.direction == "outbound"
    return TimelineEntry(
        row.created_at, timeline_text.message(locale, row), facts, row.phone, quote=row.body, ours=ours
    )


def _promise(locale: Locale, row: Promise, around: Related) -> TimelineEntry:
    owner = around.names.get(row.owner_id or "", "")
    facts = [_state(locale, row, around)]
    facts.append(isolated(owner) if owner else locale._("nobody’s yet"))
    call = around.calls.get(row.call_id or "") or around.calls.get(row.kept_by or "")
    return TimelineEntry(row.created_at, timeline_text.promise(locale, row), facts, row.phone, call)


def _state(locale: Locale, row: Promise, around: Related) -> str:
    closer = isolated(around.names.get(row.closed_by or "", ""))
    said: dict[str, Callable[[str], str]] = {
        PromiseState.OPEN: lambda _: locale._("due %(time)s", time=locale.when(row.due_at)),
        PromiseState.KEPT: lambda at: locale._("kept %(time)s", time=at),
        PromiseState.DROPPED: lambda at: (
            locale._("dropped by %(name)s %(time)s", name=closer, time=at)
            if closer
            else locale._("dropped %(time)s", time=at)
        ),
    }
    return said[row.state](locale.when(row.closed_at) if row.closed_at else "")
