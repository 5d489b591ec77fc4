"""Search over customers, numbers, calls, notes and the nouns' own kinds, by words or digits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from callcrm.base.phones import to_e164
from callcrm.base.text import fold_text
from callcrm.calls import search as call_search
from callcrm.crm.noun import Hit, Reader, SearchKind
from callcrm.customers import customers
from callcrm.customers.customers import FEWEST_DIGITS, MOST_WORDS, NOT_DIGITS
from callcrm.i18n.line import Line
from callcrm.models import Call, Customer, CustomerPhone, Note
from callcrm.views.customers import listing, texts
from callcrm.views.customers.listing import CustomerRow
from callcrm.views.people import names_by_id

MOST = 10
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
        return bool(self.customers or self.numbers or self.calls or self.notes or self.others)


def find(session: Session, reader: Reader, q: str, *, region: str, kinds: Sequence[SearchKind]) -> Results:
    """Everything that matches these words or digits; at most ten of each kind, newest first."""
    people = customers.find(session, q=q, region=region, limit=MOST)
    query = call_search.CallQuery(q=q)
    calls = call_search.calls(session, query, region=region, after=None, limit=MOST)
    notes = notes_with(session, q, limit=MOST)
    owners = _customers(session, {call.customer_id for call in calls} | {note.customer_id for note in notes})
    agents = names_by_id(session, {call.agent_id for call in calls if call.agent_id})
    hits = {kind.title(reader.locale): kind.find(session, reader, q, MOST) for kind in kinds}
    return Results(
        customers=listing.rows(session, reader.locale, listing.rows_for(session, people)),
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


def notes_with(session: Session, q: str, *, limit: int) -> Sequence[Note]:
    """At most `limit` notes that contain all the words, newest first."""
    words = fold_text(q).split()[:MOST_WORDS]
    if not words:
        return ()
    with_words = [col(Note.search_text).contains(word, autoescape=True) for word in words]
    newest = select(Note).where(*with_words).order_by(col(Note.created_at).desc(), col(Note.id).desc())
    return session.exec(newest.limit(limit)).all()


def unknown_numbers(session: Session, q: str, *, region: str, limit: int) -> list[UnknownNumber]:
    """At most `limit` numbers with these digits that no customer has, the latest first."""
    digits = NOT_DIGITS.sub("", fold_text(q))
    if not digits.isdecimal() or len(digits) < FEWEST_DIGITS:
        return []
    last = func.max(col(Call.started_at))
    # A number written nationally begins with zeros that its E.164 form doesn't have.
    like = col(Call.phone).contains(digits.lstrip("0") or digits, autoescape=True)
    customers_own = select(CustomerPhone.e164)
    statement = (
        select(Call.phone, func.count(), last)
        .where(
            or_(like, col(Call.phone) == (to_e164(q, region) or "")), col(Call.phone).not_in(customers_own)
        )
        .group_by(col(Call.phone))
        .order_by(last.desc(), col(Call.phone))
    )
    rows = session.exec(statement.limit(limit)).all()
    return [UnknownNumber(phone, count, at) for phone, count, at in rows if phone]


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
