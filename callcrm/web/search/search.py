"""Finding: customers, numbers, calls and notes, by a few words or digits that stand in no address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from callcrm.calls import search
from callcrm.customers import customers, listing, lookup, timeline
from callcrm.models import Call, Customer, Note
from callcrm.web import timeline_text
from callcrm.web.customers import customers as people
from callcrm.web.customers.customers import Row
from callcrm.web.page import Page
from callcrm.web.routes import get, post
from callcrm.web.timeline_text import Line

MOST = 10
LONGEST = 200
AROUND = 90  # characters of a note shown before and after what was found in it


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call that was found, in words."""

    call: Call
    said: Line
    customer: Customer | None


@dataclass(frozen=True, slots=True)
class FoundNote:
    """A note that was found, with what stands around the words."""

    note: Note
    text: str
    customer: Customer | None


@dataclass(frozen=True, slots=True)
class Found:
    """Whatever says what was searched for."""

    customers: Sequence[Row]
    numbers: Sequence[lookup.UnknownNumber]
    calls: Sequence[FoundCall]
    notes: Sequence[FoundNote]

    @property
    def anything(self) -> bool:
        """Whether there is anything."""
        return bool(self.customers or self.numbers or self.calls or self.notes)


async def ask(page: Page) -> Response:
    """What can be found, for whoever comes without words."""
    return page.show("search/search.html", q="", found=None)


async def find(page: Page) -> Response:
    """What says these words, or has these digits."""
    q = str((await page.form()).get("q", "")).strip()[:LONGEST]
    if not q:
        return page.show("search/search.html", q="", found=None)
    region = page.services.settings.default_region

    def verb(session: Session) -> Found:
        whom = customers.find(session, q=q, region=region, limit=MOST)
        asked = search.CallQuery(q=q)
        calls = search.calls(session, asked, region=region, after=None, limit=MOST)
        notes = lookup.notes(session, q, limit=MOST)
        theirs = _customers(session, [*calls, *notes])
        agents = timeline.names(session, {one.agent_id for one in calls if one.agent_id})
        return Found(
            customers=people.rows(session, page.locale, listing.those(session, whom)),
            numbers=lookup.unknown_numbers(session, q, region=region, limit=MOST),
            calls=[_call(page, one, agents, theirs) for one in calls],
            notes=[FoundNote(one, excerpt(one.body, q), theirs.get(one.customer_id or "")) for one in notes],
        )

    return page.show("search/search.html", q=q, found=await page.read(verb))


def _customers(session: Session, rows: Sequence[Call | Note]) -> dict[str, Customer]:
    return lookup.by_id(session, {one.customer_id for one in rows if one.customer_id})


def _call(page: Page, row: Call, agents: Mapping[str, str], theirs: Mapping[str, Customer]) -> FoundCall:
    said = timeline_text.call(page.locale, row, agents.get(row.agent_id or "", ""))
    return FoundCall(row, said, theirs.get(row.customer_id or ""))


def excerpt(body: str, q: str) -> str:
    """What stands in a note around the first of the words that was found; its beginning if none is seen."""
    text = " ".join(body.split())
    places = [place for word in q.casefold().split() if (place := text.casefold().find(word)) >= 0]
    at = min(places, default=0)
    first, last = max(0, at - AROUND), at + AROUND
    return f"{'…' if first else ''}{text[first:last].strip()}{'…' if last < len(text) else ''}"


routes = [get("/find", ask), post("/find", find)]
