"""The customer card beside a call: what to know before speaking, and the last contacts in a line each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlmodel import Session, col, func, select
from starlette.responses import Response

from callcrm.calls import search
from callcrm.customers.history import Entry, history
from callcrm.models import Call, Message, Note, Promise, PromiseState, User
from callcrm.web.desk import identify
from callcrm.web.page import Page
from callcrm.web.routes import get

CONTACTS = 5
MOST_PINNED = 3
MOST_OWED = 4
KINDS = ("call", "message")


@dataclass(frozen=True, slots=True)
class Contact:
    """One time we were in touch. `said` is the first line of the note on it, `by` who of ours it was."""

    kind: str
    at: datetime
    item: Call | Message
    said: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What an agent should know of a customer; `total` counts every contact there was."""

    pinned: Sequence[Note]
    owed: Sequence[Promise]
    people: Mapping[str, str]
    contacts: Sequence[Contact]
    total: int


def card_of(session: Session, customer_id: str, call_id: str) -> Card:
    """The card of a customer beside this call, which is none of its contacts yet."""
    owed = _owed(session, customer_id)
    entries = [
        one
        for one in history(session, customer_id, kinds=KINDS, limit=CONTACTS + 1)
        if one.item.id != call_id
    ][:CONTACTS]
    people = _names(session, [*(one.owner_id for one in owed), *(_agent(one.item) for one in entries)])
    notes = _first_lines(session, [one.item.id for one in entries if one.kind == "call"])
    contacts = [_contact(one, notes, people) for one in entries]
    return Card(_pinned(session, customer_id), owed, people, contacts, _total(session, customer_id, call_id))


def _contact(entry: Entry, notes: Mapping[str, str], people: Mapping[str, str]) -> Contact:
    assert isinstance(entry.item, Call | Message), "only these kinds were asked for"
    by = people.get(_agent(entry.item) or "", "")
    return Contact(entry.kind, entry.at, entry.item, notes.get(entry.item.id, ""), by)


def _agent(item: object) -> str | None:
    if isinstance(item, Call):
        return item.agent_id
    return item.author_id if isinstance(item, Message) else None


def _pinned(session: Session, customer_id: str) -> Sequence[Note]:
    pinned = select(Note).where(Note.customer_id == customer_id, col(Note.pinned_at).is_not(None))
    return session.exec(pinned.order_by(col(Note.pinned_at).desc()).limit(MOST_PINNED)).all()


def _owed(session: Session, customer_id: str) -> Sequence[Promise]:
    owed = select(Promise).where(Promise.customer_id == customer_id, Promise.state == PromiseState.OPEN)
    return session.exec(owed.order_by(col(Promise.due_at), col(Promise.id)).limit(MOST_OWED)).all()


def _names(session: Session, ids: Sequence[str | None]) -> dict[str, str]:
    wanted = {one for one in ids if one}
    if not wanted:
        return {}
    return dict(session.exec(select(User.id, User.name).where(col(User.id).in_(wanted))).all())


def _first_lines(session: Session, calls: Sequence[str]) -> dict[str, str]:
    """By call: how the first note on it begins."""
    if not calls:
        return {}
    rows = select(Note.call_id, func.substr(Note.body, 1, 300)).where(col(Note.call_id).in_(calls))
    newest_first = session.exec(rows.order_by(col(Note.created_at).desc(), col(Note.id).desc())).all()
    return {call: body.strip().split("\n")[0] for call, body in newest_first if call}


def _total(session: Session, customer_id: str, call_id: str) -> int:
    calls = select(func.count()).where(col(Call.customer_id) == customer_id, col(Call.id) != call_id)
    messages = select(func.count()).where(col(Message.customer_id) == customer_id)
    return session.exec(calls).one() + session.exec(messages).one()


async def card(page: Page) -> Response:
    """The card of whoever a call is with; who it is has to be said first where the number does not tell."""
    call = await page.read(partial(search.call, ref=page.id))
    if call.customer_id is None:
        return await identify.asked(page, call)
    found = await page.read(partial(card_of, customer_id=call.customer_id, call_id=call.id))
    return page.show("desk/_customer_card.html", card=found, call=call)


routes = [get("/desk/card/{id}", card, acts=False)]
