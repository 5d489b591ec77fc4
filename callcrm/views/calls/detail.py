"""One call with everything that belongs to it, in a fixed number of statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from callcrm.agents.sessions import SignedInUser
from callcrm.calls import search
from callcrm.calls.survey_question import sees_mark
from callcrm.crm.promises import promises
from callcrm.customers import identity
from callcrm.i18n.locale import Locale
from callcrm.ledger import event_store
from callcrm.models import Call, Customer, Leg, Note, Pop, Promise, User
from callcrm.views.calls.playback import Playback, playbacks
from callcrm.views.calls.record import CallRecord


@dataclass(frozen=True, slots=True)
class CallDetail:
    """A call with everything that belongs to it; without a customer, `sharers` are those of its number."""

    call: Call
    record: CallRecord
    tapes: Sequence[Playback]
    customer: Customer | None
    sharers: Sequence[Customer]
    promise: Promise | None

    def name(self, user_id: str | None) -> str:
        """The name of one of our users; "" if unknown."""
        return self.record.names.get(user_id or "", "")


def call_detail(session: Session, user: SignedInUser, locale: Locale, ref: str) -> CallDetail:
    """The call of this id or carrier SID; NotFound."""
    call = search.call(session, ref)
    events = event_store.events_of_call(session, call.carrier_sid)
    legs = session.exec(
        select(Leg).where(Leg.call_id == call.id).order_by(col(Leg.position), col(Leg.carrier_sid))
    ).all()
    pops = session.exec(
        select(Pop).where(Pop.call_id == call.id).order_by(col(Pop.sent_at), col(Pop.id))
    ).all()
    notes = session.exec(
        select(Note).where(Note.call_id == call.id).order_by(col(Note.created_at), col(Note.id))
    ).all()
    promise = promises.of_calls(session, [call.id]).get(call.id)
    people = {call.agent_id, promise.owner_id if promise else None}
    people |= {leg.agent_id for leg in legs} | {pop.agent_id for pop in pops}
    people |= {event.facts.agent for event in events}
    return CallDetail(
        call=call,
        record=CallRecord(
            call, events, legs, pops, notes, _names(session, people), not sees_mark(user.principal, call)
        ),
        tapes=playbacks(session, user.principal, locale, [call.id]).get(call.id, ()),
        customer=session.get(Customer, call.customer_id) if call.customer_id else None,
        sharers=[] if call.customer_id else identity.candidates(session, call.phone),
        promise=promise,
    )


def _names(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    wanted = [key for key in ids if key]
    rows = select(User.id, User.name).where(col(User.id).in_(wanted))
    return dict(session.exec(rows).all())
