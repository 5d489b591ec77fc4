"""Search over customers, numbers, calls, notes and the nouns' own kinds, by words or digits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists
from sqlmodel import Session, col, func, select

from callcrm.calls import search as call_search
from callcrm.crm.noun import Hit, Reader, SearchKind
from callcrm.customers import customers
from callcrm.i18n.line import Line
from callcrm.models import Call, Customer, CustomerPhone, Note
from callcrm.store.search import lookup, query
from callcrm.views.customers import listing, texts
from callcrm.views.customers.listing import CustomerRow
from callcrm.views.people import names_by_id

MOST = 10
MOST_LOOKED_AT = 1000  # calls of which unknown numbers are taken
AROUND = 90  # characters of a note shown before and after what was found in it


@dataclass(frozen=True, slots=True)
class UnknownNumber:
    """A number of calls that no customer has: how many calls, and when the last was."""

    phone: str
    calls: int
    last: datetime


@dataclass(frozen=True, slots=True)
class CallHit:
    """A call that matches, in words."""

    call: Call
    line: Line
    customer: Customer | None


@dataclass(frozen=True, slots=True)
class NoteHit:
    """A note that matches, with an excerpt around the match."""

    note: Note
    text: str
    customer: Customer | None


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that matches; `others` are the nouns' hits, by the title of their kind."""

    customers: Sequence[CustomerRow]
    numbers: Sequence[UnknownNumber]
    calls: Sequence[CallHit]
    notes: Sequence[NoteHit]
    others: Mapping[str, Sequence[Hit]]

    @property
    def anything(self) -> bool:
        """Whether anything matches."""
        return any((self.customers, self.numbers, self.calls, self.notes, self.others))


def find(session: Session, reader: Reader, q: str, *, region: str, kinds: Sequence[SearchKind]) -> Results:
    """Everything that matches these words or digits; at most ten of each kind, newest first."""
    people = customers.find(session, q=q, region=region, limit=MOST)
    calls = call_search.calls(session, call_search.CallQuery(q=q), region=region, after=None, limit=MOST)
    notes = notes_with(session, q, region=region, limit=MOST)
    rows: Sequence[Call | Note] = [*calls, *notes]
    owners = _customers(session, {row.customer_id for row in rows})
    agents = names_by_id(session, {call.agent_id for call in calls if call.agent_id})
    hits = {kind.title(reader.locale): kind.find(session, reader, q, MOST) for kind in kinds}
    return Results(
        customers=listing.rows(
            session, reader.locale, listing.rows_for(session, reader.user.user_id, people)
        ),
        numbers=unknown_numbers(session, q, region=region, limit=MOST),
        calls=[
            CallHit(
                call,
                texts.call(reader.locale, call, agents.get(call.agent_id or "", "")),
                owners.get(call.customer_id or ""),
            )
            for call in calls
        ],
        notes=[NoteHit(note, excerpt(note.body, q), owners.get(note.customer_id or "")) for note in notes],
        others={title: rows for title, rows in hits.items() if rows},
    )


def notes_with(session: Session, q: str, *, region: str, limit: int) -> Sequence[Note]:
    """At most `limit` notes with all the words, newest first."""
    words, columns = query.parse(q, region), (Note.created_at, Note.id)
    return lookup.page(session, "note", words, select(Note), columns, after=None, limit=limit)


def unknown_numbers(session: Session, q: str, *, region: str, limit: int) -> list[UnknownNumber]:
    """At most `limit` numbers with these digits that no customer has, the latest first, among the newest
    MOST_LOOKED_AT calls of numbers with such digits.
    """
    digits = query.numbers(q, region)
    phones: dict[str, None] = {}
    looked_at = 0
    for _second, ids in lookup.batches(session, "call", digits):
        phones |= dict.fromkeys(_nobodys_numbers(session, ids))
        looked_at += len(ids)
        if len(phones) >= limit or looked_at >= MOST_LOOKED_AT:
            break
    counted = select(Call.phone, func.count(), func.max(col(Call.started_at)))
    of_numbers = counted.where(col(Call.phone).in_(list(phones))).group_by(col(Call.phone))
    rows = [UnknownNumber(phone, count, at) for phone, count, at in session.exec(of_numbers).all() if phone]
    return sorted(rows, key=lambda row: (row.last, row.phone), reverse=True)[:limit]


def _nobodys_numbers(session: Session, ids: list[str]) -> list[str]:
    """The numbers of these calls that no customer has, the latest first."""
    held = exists().where(col(CustomerPhone.e164) == col(Call.phone))
    calls = select(Call.phone).where(col(Call.id).in_(ids), col(Call.phone).is_not(None), ~held)
    newest = calls.order_by(col(Call.started_at).desc(), col(Call.id).desc())
    return [phone for phone in session.exec(newest).all() if phone]


def excerpt(body: str, q: str) -> str:
    """The part of a note around the first match; its beginning if none is found."""
    text = " ".join(body.split())
    folded = text.casefold()
    places = [place for word in set(q.casefold().split()) if (place := folded.find(word)) >= 0]
    at = min(places, default=0)
    first, last = max(0, at - AROUND), at + AROUND
    return f"{'…' if first else ''}{text[first:last].strip()}{'…' if last < len(text) else ''}"


def _customers(session: Session, ids: Collection[str | None]) -> dict[str, Customer]:
    rows = session.exec(select(Customer).where(col(Customer.id).in_(ids))).all() if ids else ()
    return {row.id: row for row in rows}
