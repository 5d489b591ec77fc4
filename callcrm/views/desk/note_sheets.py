"""An agent's note sheets: one for each call, with its finished lines and the one being written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from callcrm.calls import search
from callcrm.models import Agent, AgentState, Call, Customer, Note, Outcome, Promise, shown_to
from callcrm.notes import notes

MOST_PROMISED = 10  # promises to a caller beside the notes of a call
RETENTION = timedelta(hours=12)  # of the last call on the notes panel, its note finished or not


@dataclass
class NoteSheet:
    """The agent's notes on a call, or on a customer without a call.

    `lines` are the notes without `draft`, the unfinished one. `current`: the agent is on this call.
    """

    call: Call | None
    customer: Customer | None
    lines: Sequence[Note] = ()
    draft: Note | None = None
    current: bool = False
    promised: Sequence[Promise] = ()

    @property
    def key(self) -> str:
        """Identifies the sheet within the panel."""
        return (
            f"call-{self.call.id}" if self.call else f"customer-{self.customer.id if self.customer else ''}"
        )

    @property
    def since(self) -> datetime | None:
        """The time that the offsets of its lines count from."""
        return (self.call.answered_at or self.call.started_at) if self.call else None


def note_sheets(session: Session, user_id: str, now: datetime) -> list[NoteSheet]:
    """The agent's sheets: first that of their current or last call, then those with an unfinished note."""
    drafts = notes.still_open(session, user_id)
    current = _current(session, user_id)
    first = current or _last(session, user_id, now)
    call_ids = _unique([*([first.id] if first else []), *(note.call_id for note in drafts)])
    loose = _unique(note.customer_id for note in drafts if note.call_id is None)
    calls = search.calls_by_id(session, call_ids)
    people = _customers(session, [*loose, *(call.customer_id for call in calls.values())])
    written, promised = _written(session, call_ids), _promised(session, list(calls.values()), user_id)
    sheets = [
        _of_call(calls[call_id], people, written[call_id], promised[call_id], user_id, current)
        for call_id in call_ids
    ]
    return sheets + [_of_customer(people.get(customer_id), customer_id, drafts) for customer_id in loose]


def _unique(ids: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(key for key in ids if key))


def _current(session: Session, user_id: str) -> Call | None:
    agent = session.get(Agent, user_id)
    if agent is None or agent.state != AgentState.ON_CALL or agent.call_id is None:
        return None
    return session.get(Call, agent.call_id)


def _last(session: Session, user_id: str, now: datetime) -> Call | None:
    spoke = or_(col(Call.answered_at).is_not(None), col(Call.outcome) == Outcome.ANSWERED)
    own = select(Call).where(Call.agent_id == user_id, spoke, Call.started_at > now - RETENTION)
    return session.exec(own.order_by(col(Call.started_at).desc(), col(Call.id).desc()).limit(1)).first()


def _customers(session: Session, ids: Iterable[str | None]) -> dict[str, Customer]:
    rows = session.exec(select(Customer).where(col(Customer.id).in_(_unique(ids)))).all()
    return {row.id: row for row in rows}


def _written(session: Session, call_ids: Sequence[str]) -> dict[str, list[Note]]:
    """By call: its notes, in the order they were begun."""
    by_call: dict[str, list[Note]] = {call_id: [] for call_id in call_ids}
    begun = select(Note).where(col(Note.call_id).in_(call_ids))
    for note in session.exec(begun.order_by(col(Note.created_at), col(Note.id))).all():
        by_call[note.call_id or ""].append(note)
    return by_call


def _promised(session: Session, calls: Sequence[Call], user_id: str) -> dict[str, list[Promise]]:
    """By call: the promises this agent gave the customer since it began, the first few."""
    by_call: dict[str, list[Promise]] = {call.id: [] for call in calls}
    if not calls:
        return by_call
    customers, phones = _unique(call.customer_id for call in calls), _unique(call.phone for call in calls)
    whose = or_(col(Promise.customer_id).in_(customers), col(Promise.phone).in_(phones))
    since = min(call.started_at for call in calls)
    own = (Promise.created_by == user_id, Promise.created_at >= since, shown_to(user_id))
    made = select(Promise).where(*own, whose)
    for promise in session.exec(made.order_by(col(Promise.created_at), col(Promise.id)).limit(500)).all():
        for call in calls:
            if _is_to_caller(promise, call) and len(by_call[call.id]) < MOST_PROMISED:
                by_call[call.id].append(promise)
    return by_call


def _is_to_caller(promise: Promise, call: Call) -> bool:
    same = promise.customer_id == call.customer_id if call.customer_id else promise.phone == call.phone
    return same and promise.created_at >= call.started_at


def _of_call(
    call: Call,
    people: Mapping[str, Customer],
    written: Sequence[Note],
    promised: Sequence[Promise],
    user_id: str,
    current: Call | None,
) -> NoteSheet:
    own = [note for note in written if note.author_id == user_id and note.finished_at is None]
    draft = own[-1] if own else None
    return NoteSheet(
        call,
        people.get(call.customer_id or ""),
        lines=[note for note in written if note is not draft],
        draft=draft,
        current=current is not None and current.id == call.id,
        promised=promised,
    )


def _of_customer(customer: Customer | None, customer_id: str, drafts: Sequence[Note]) -> NoteSheet:
    own = [note for note in drafts if note.call_id is None and note.customer_id == customer_id]
    return NoteSheet(None, customer, lines=own[1:], draft=own[0])
