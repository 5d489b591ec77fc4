"""Calls as rows of a list, with what belongs to each, in a fixed number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from callcrm.agents.sessions import SignedInUser
from callcrm.crm.promises.promises import of_calls
from callcrm.customers import identity
from callcrm.i18n.locale import Locale
from callcrm.models import Call, Customer, Note, Promise, PromiseState, Recording, RecordingStatus, User
from callcrm.recordings.access import hearable_ids
from callcrm.views.calls.outcomes import outcome

SNIPPET = 160


@dataclass(frozen=True, slots=True)
class Row:
    """A call in a list. `sharers`: how many customers have its number, if it has no customer; `tape`: the id
    of the recording that can be played; `silent`: there is one, not fetched yet.
    """

    call: Call
    outcome: str
    tone: str
    customer: Customer | None
    sharers: int
    agent: str | None
    note: str
    promise: Promise | None
    tape: str | None
    silent: bool

    @property
    def owed(self) -> bool:
        """Whether the promise the call made is open."""
        return self.promise is not None and self.promise.state == PromiseState.OPEN


def rows(session: Session, user: SignedInUser, locale: Locale, calls: Sequence[Call]) -> list[Row]:
    """These calls as rows, in their order."""
    ids = [call.id for call in calls]
    customers = _by_id(session, [call.customer_id for call in calls])
    nobodys = {call.phone for call in calls if call.customer_id is None and call.phone}
    sharers = identity.candidates_of(session, nobodys)
    promises = of_calls(session, ids)
    owners = [promise.owner_id for promise in promises.values()]
    names = _names(session, [*(call.agent_id for call in calls), *owners])
    notes, (audible, silent) = _notes(session, ids), _tapes(session, user, ids)
    listed = []
    for call in calls:
        text, tone = outcome(locale, call)
        listed.append(
            Row(
                call=call,
                outcome=text,
                tone=tone,
                customer=customers.get(call.customer_id or ""),
                sharers=len(sharers.get(call.phone or "", ())) if call.customer_id is None else 0,
                agent=names.get(call.agent_id or ""),
                note=notes.get(call.id, ""),
                promise=promises.get(call.id),
                tape=audible.get(call.id),
                silent=call.id in silent,
            )
        )
    return listed


def _by_id(session: Session, ids: Iterable[str | None]) -> dict[str, Customer]:
    wanted = {key for key in ids if key}
    return {row.id: row for row in session.exec(select(Customer).where(col(Customer.id).in_(wanted)))}


def _names(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    wanted = {key for key in ids if key}
    return dict(session.exec(select(User.id, User.name).where(col(User.id).in_(wanted))).all())


def _notes(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """By call: the beginning of its latest note."""
    begins = func.substr(col(Note.body), 1, SNIPPET)
    statement = select(Note.call_id, begins).where(col(Note.call_id).in_(ids))
    ordered = statement.order_by(col(Note.created_at), col(Note.id))
    return {call_id: body for call_id, body in session.exec(ordered) if call_id and body}


def _tapes(session: Session, user: SignedInUser, ids: Sequence[str]) -> tuple[dict[str, str], set[str]]:
    """By call: the first recording this user may play; and the calls whose recordings are not fetched yet."""
    statement = select(Recording).where(col(Recording.call_id).in_(ids))
    ordered = statement.order_by(col(Recording.created_at), col(Recording.carrier_sid))
    # SQLModel types the column as its value.
    rows = session.exec(ordered.options(defer(Recording.peaks))).all()  # type: ignore[arg-type]
    audible = hearable_ids(session, user.user_id, user.role, rows)
    plays: dict[str, str] = {}
    for row in rows:
        if row.id in audible and row.status == RecordingStatus.STORED:
            plays.setdefault(row.call_id, row.id)
    pending = {row.call_id for row in rows if row.status == RecordingStatus.PENDING}
    return plays, pending - plays.keys()
