"""An agent's note sheets: one for each call, with its finished lines and the one being written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from callcrm.models import Agent, AgentState, Call, Customer, Note, Outcome, Promise
from callcrm.notes import notes

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
    calls = _unique([*([first.id] if first else []), *(note.call_id for note in drafts)])
    customers = _unique(note.customer_id for note in drafts if note.call_id is None)
    sheets = [_of_call(session, call_id, user_id, current) for call_id in calls]
    return sheets + [_of_customer(session, customer_id, drafts) for customer_id in customers]


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


def _of_call(session: Session, call_id: str, user_id: str, current: Call | None) -> NoteSheet:
    call = session.get_one(Call, call_id)
    customer = session.get(Customer, call.customer_id) if call.customer_id else None
    written = notes.of_call(session, call_id)
    own = [note for note in written if note.author_id == user_id and note.finished_at is None]
    draft = own[-1] if own else None
    return NoteSheet(
        call,
        customer,
        lines=[note for note in written if note is not draft],
        draft=draft,
        current=current is not None and current.id == call.id,
        promised=_promised(session, call, user_id),
    )


def _promised(session: Session, call: Call, user_id: str) -> Sequence[Promise]:
    """The promises this agent gave the customer since the call began."""
    whose = Promise.customer_id == call.customer_id if call.customer_id else Promise.phone == call.phone
    made = select(Promise).where(Promise.created_by == user_id, Promise.created_at >= call.started_at, whose)
    return session.exec(made.order_by(col(Promise.created_at), col(Promise.id)).limit(10)).all()


def _of_customer(session: Session, customer_id: str, drafts: Sequence[Note]) -> NoteSheet:
    own = [note for note in drafts if note.call_id is None and note.customer_id == customer_id]
    return NoteSheet(None, session.get(Customer, customer_id), lines=own[1:], draft=own[0])
