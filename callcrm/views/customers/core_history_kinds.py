"""The kinds of history entries that belong to no noun of `crm/`: calls, notes, recordings, messages."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import and_
from sqlmodel import Session, col, select

from callcrm.base.text import bidi_isolate
from callcrm.calls import search
from callcrm.crm.noun import HistoryEntry, HistoryKind, Reader, Source, source
from callcrm.crm.promises import texts as promise_texts
from callcrm.crm.promises.promises import of_calls
from callcrm.i18n.line import Line
from callcrm.models import Call, CallState, Message, Note, Promise, Recording, shown_to
from callcrm.views.calls.playback import Playback, playbacks
from callcrm.views.customers import texts
from callcrm.views.objects import messages as message_objects
from callcrm.views.objects import render
from callcrm.views.people import names_by_id

Row = TypeVar("Row", Note, Promise)
WRITTEN = col(Note.body) != ""


@dataclass(frozen=True, slots=True)
class Related:
    """What belongs to some calls, by call id: notes, the promise made, promises kept, playable recordings.

    `keepers` are the calls, by id, that kept a promise; `names` are those of our users.
    """

    notes: Mapping[str, Sequence[Note]]
    made: Mapping[str, Promise]
    kept: Mapping[str, Sequence[Promise]]
    keepers: Mapping[str, Call]
    playbacks: Mapping[str, Sequence[Playback]]
    names: Mapping[str, str]


def calls(session: Session, reader: Reader, rows: Sequence[Call]) -> list[HistoryEntry]:
    """History entries of calls, each with its notes, its recordings and its promise."""
    related = _related(session, reader, rows)
    return [_call(reader, row, related) for row in rows]


def _related(session: Session, reader: Reader, rows: Sequence[Call]) -> Related:
    ids = [row.id for row in rows]
    notes, made, kept = _notes(session, ids), of_calls(session, ids), _kept(session, reader, ids)
    promises = [*made.values(), *kept]
    keepers = search.calls_by_id(session, {row.kept_by for row in promises if row.kept_by})
    agents = {call.agent_id for call in (*rows, *keepers.values()) if call.agent_id}
    return Related(
        notes=_grouped(notes, lambda note: note.call_id),
        made=made,
        kept=_grouped(kept, lambda row: row.kept_by),
        keepers=keepers,
        playbacks=playbacks(session, reader.user, reader.locale, ids) if ids else {},
        names=names_by_id(session, agents | {row.owner_id for row in promises if row.owner_id}),
    )


def _call(reader: Reader, row: Call, related: Related) -> HistoryEntry:
    locale, agent = reader.locale, related.names.get(row.agent_id or "", "")
    kept, made = related.kept.get(row.id, ()), related.made.get(row.id)
    facts = texts.call_facts(locale, row)
    if row.state == CallState.IN_PROGRESS and row.answered_at:
        so_far = (reader.now - row.answered_at).total_seconds()
        facts.append(locale._("%(time)s so far", time=locale.duration(so_far)))
    if made is not None:
        facts.append(promise_texts.left_by_call(locale, made, related.keepers.get(made.kept_by or "")))
    recordings = related.playbacks.get(row.id, ())
    voicemail = next((recording.seconds for recording in recordings if recording.voicemail), None)
    line = texts.call(locale, row, agent, voicemail)
    return HistoryEntry(
        line=promise_texts.kept_by_call(locale, row, kept[0], agent) if kept else line,
        facts=facts,
        phone=row.phone,
        call=row,
        notes=related.notes.get(row.id, ()),
        playbacks=recordings,
        since=row.answered_at or row.started_at,
    )


def notes(session: Session, reader: Reader, rows: Sequence[Note]) -> list[HistoryEntry]:
    """History entries of notes, each with its call."""
    locale = reader.locale
    of_calls = search.calls_by_id(session, {row.call_id for row in rows if row.call_id})
    return [
        HistoryEntry(
            line=Line(locale._("%(name)s wrote", name=bidi_isolate(row.author)), "note", flip=True),
            facts=[],
            call=of_calls.get(row.call_id or ""),
            notes=[row],
        )
        for row in rows
    ]


def messages(session: Session, reader: Reader, rows: Sequence[Message]) -> list[HistoryEntry]:
    """History entries of messages."""
    authors = names_by_id(session, {row.author_id for row in rows if row.author_id})
    return [_message(reader, row, authors.get(row.author_id or "", "")) for row in rows]


def _message(reader: Reader, row: Message, author: str) -> HistoryEntry:
    facts = [text for text in (texts.message_state(reader.locale, row), bidi_isolate(author)) if text]
    ours, line = row.direction == "outbound", texts.message(reader.locale, row)
    return HistoryEntry(line=line, facts=facts, phone=row.phone, quote=row.body, ours=ours)


def recordings(_session: Session, _reader: Reader, rows: Sequence[Recording]) -> list[HistoryEntry]:
    """No entries: a recording is shown in its call's entry."""
    assert not rows, "no list of a page asks for recordings without their calls"
    return []


def _notes(session: Session, ids: Sequence[str]) -> Sequence[Note]:
    written = select(Note).where(col(Note.call_id).in_(ids), WRITTEN)
    return session.exec(written.order_by(col(Note.created_at), col(Note.id))).all() if ids else ()


def _kept(session: Session, reader: Reader, ids: Sequence[str]) -> Sequence[Promise]:
    statement = select(Promise).where(shown_to(reader.user.user_id), col(Promise.kept_by).in_(ids))
    return session.exec(statement.order_by(col(Promise.created_at))).all() if ids else ()


def _grouped(rows: Sequence[Row], key: Callable[[Row], str | None]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        group = key(row)
        if group is not None:
            grouped[group].append(row)
    return dict(grouped)


# At the same moment, the first of these comes first. A recording has its call's time, and so its place
# beside it: an index finds the newest even among a hundred thousand.
CORE: tuple[HistoryKind, ...] = (
    HistoryKind(
        name="note",
        title=lambda locale: locale._("Notes"),
        source=source(Note, Note.created_at),
        objects=lambda _session, rows: [render.note(row) for row in rows],
        entries=notes,
        in_all=and_(col(Note.call_id).is_(None), WRITTEN),
    ),
    HistoryKind(
        name="message",
        title=lambda locale: locale._("Messages"),
        source=source(Message, Message.created_at),
        objects=message_objects.messages,
        entries=messages,
    ),
    HistoryKind(
        name="recording",
        title=lambda locale: locale._("Recordings"),
        source=Source(
            select(Recording, col(Call.started_at)).join(Call, col(Call.id) == col(Recording.call_id)),
            Call.started_at,
            Recording.id,
            Call.customer_id,
        ),
        objects=lambda _session, rows: [render.recording(row) for row in rows],
        entries=recordings,
    ),
    HistoryKind(
        name="call",
        title=lambda locale: locale._("Calls"),
        source=source(Call, Call.started_at),
        objects=render.calls,
        entries=calls,
    ),
)
BY_NAME: Mapping[str, Any] = {kind.name: kind for kind in CORE}
