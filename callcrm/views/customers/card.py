"""The customer card beside a call: what an agent should know before speaking, and the latest contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from callcrm.crm.noun import CallPart, Part, Reader
from callcrm.models import Call, Message, Note
from callcrm.views.customers.core_history_kinds import BY_NAME
from callcrm.views.customers.history import HistoryRow, history
from callcrm.views.failing_parts import content_of
from callcrm.views.people import names_by_id

CONTACTS = 5
MOST_PINNED = 3
KINDS = (BY_NAME["message"], BY_NAME["call"])


@dataclass(frozen=True, slots=True)
class Contact:
    """One call or message. `note` is the first line of the note on it, `by` the agent or author."""

    kind: str
    at: datetime
    row: Call | Message
    note: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What an agent should know of a customer; `total` counts all contacts, `parts` are the nouns' with their
    templates.
    """

    pinned: Sequence[Note]
    contacts: Sequence[Contact]
    total: int
    parts: Sequence[tuple[str, object]]


def card_of(session: Session, reader: Reader, customer_id: str, call_id: str, parts: Sequence[Part]) -> Card:
    """The card of a customer beside this call, which is not counted among the contacts."""
    latest = history(session, customer_id, KINDS, reader.user, limit=CONTACTS + 1)
    entries = [entry for entry in latest if entry.row.id != call_id][:CONTACTS]
    people = names_by_id(session, {agent for entry in entries if (agent := _agent(entry.row))})
    notes = _first_lines(session, [entry.row.id for entry in entries if entry.kind.name == "call"])
    return Card(
        _pinned(session, customer_id),
        [_contact(entry, notes, people) for entry in entries],
        _total(session, customer_id, call_id),
        shown_parts(session, reader, customer_id, parts),
    )


def shown_parts(
    session: Session, reader: Reader, customer_id: str, parts: Sequence[Part]
) -> list[tuple[str, object]]:
    """The nouns' parts for this customer, each with its template; parts without content are left out."""
    loaded = [
        (part.template, content_of(part, lambda part: part.load(session, reader, customer_id)))
        for part in parts
    ]
    return [(template, content) for template, content in loaded if content is not None]


def call_parts(
    session: Session, reader: Reader, call: Call, parts: Sequence[CallPart]
) -> list[tuple[str, object]]:
    """The nouns' parts for this call, whoever calls, each with its template; empty ones are left out."""
    loaded = [
        (part.template, content_of(part, lambda part: part.load(session, reader, call))) for part in parts
    ]
    return [(template, content) for template, content in loaded if content is not None]


def _contact(entry: HistoryRow, notes: Mapping[str, str], people: Mapping[str, str]) -> Contact:
    by = people.get(_agent(entry.row) or "", "")
    return Contact(entry.kind.name, entry.at, entry.row, notes.get(entry.row.id, ""), by)


def _agent(row: Any) -> str | None:
    agent: str | None = row.agent_id if isinstance(row, Call) else row.author_id
    return agent


def _pinned(session: Session, customer_id: str) -> Sequence[Note]:
    pinned = select(Note).where(Note.customer_id == customer_id, col(Note.pinned_at).is_not(None))
    return session.exec(pinned.order_by(col(Note.pinned_at).desc()).limit(MOST_PINNED)).all()


def _first_lines(session: Session, calls: Sequence[str]) -> dict[str, str]:
    """By call: the first line of a note on it, the oldest one's."""
    if not calls:
        return {}
    rows = select(Note.call_id, func.substr(Note.body, 1, 300)).where(col(Note.call_id).in_(calls))
    newest_first = session.exec(rows.order_by(col(Note.created_at).desc(), col(Note.id).desc())).all()
    return {call: body.strip().split("\n")[0] for call, body in newest_first if call}


def _total(session: Session, customer_id: str, call_id: str) -> int:
    calls = select(func.count()).where(col(Call.customer_id) == customer_id, col(Call.id) != call_id)
    messages = select(func.count()).where(col(Message.customer_id) == customer_id)
    return session.exec(calls).one() + session.exec(messages).one()
