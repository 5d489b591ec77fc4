"""The page of one call: who, how it ended, the replay, the story, and what can be added to it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import NotFound, Refused
from callcrm.base.text import clean
from callcrm.calls import search
from callcrm.calls.disposition import CODES
from callcrm.calls.survey_question import without_mark
from callcrm.crm.noun import CallPart
from callcrm.crm.subjects import subjects
from callcrm.customers import customers
from callcrm.i18n import labels
from callcrm.ledger.event_store import Event
from callcrm.models import Call, Customer, Direction
from callcrm.notes import call_notes, notes
from callcrm.recordings.carrier_words import heard_sids, without_unheard
from callcrm.views.calls.detail import CallDetail, call_detail
from callcrm.views.calls.outcomes import outcome
from callcrm.views.customers import texts
from callcrm.views.customers.card import call_parts
from callcrm.views.failing_parts import read_around
from callcrm.web.calls.decisions import choose_customer, decisions, save_customer
from callcrm.web.calls.replay import replay
from callcrm.web.calls.story.explain import missed_reasons
from callcrm.web.calls.story.story import story
from callcrm.web.editing import BothChanged
from callcrm.web.page import Page
from callcrm.web.routes import get, post
from callcrm.web.security import PLAYER

MAX_RESULTS = 8
MIN_QUERY = 2
# `action`: which sheet of actions is open.
NOTHING_TYPED = {"action": "", "body": "", "q": ""}


async def call(page: Page) -> Response:
    """The page."""
    return await _render(page, "calls/call.html")


async def details(page: Page) -> Response:
    """The part of the page that may change, for htmx."""
    return await _render(page, "calls/_details.html")


async def refill_note(page: Page) -> Response:
    """The page with the note as it was sent."""
    return await _render(page, "calls/call.html", {"action": "note", **await _typed(page, "body")})


async def refill_search(page: Page) -> Response:
    """The page with the words that a customer was looked for by."""
    return await _render(page, "calls/call.html", {"action": "customer", **await _typed(page, "q")})


async def refill_disposition(page: Page) -> Response:
    """The page with the disposition as it was chosen."""
    typed = {"action": "disposition", **await _typed(page, "disposition")}
    return await _render(page, "calls/call.html", typed)


async def refill_subject(page: Page) -> Response:
    """The page with the subject as it was chosen."""
    return await _render(page, "calls/call.html", {"action": "subject", **await _typed(page, "subject")})


async def _typed(page: Page, name: str) -> dict[str, str]:
    return {name: str((await page.form()).get(name, ""))}


async def _render(page: Page, template: str, typed: Mapping[str, str] = NOTHING_TYPED) -> Response:
    detail = await _detail(page)
    locale, row = page.locale, detail.call

    def load(session: Session, parts: Sequence[CallPart]) -> list[tuple[str, object]]:
        return call_parts(session, page.reader, row, parts)

    word, tone = outcome(locale, row)
    return page.respond(
        template,
        detail=detail,
        parts=await read_around(page.read, page.seams.call_page_parts, load),
        call=row,
        outcome=word,
        tone=tone,
        sentence=texts.call(locale, row, detail.name(row.agent_id)).title,
        facts=_facts(page, row),
        replay=replay(locale, detail.record, detail.tapes, page.now),
        sentences=story(locale, detail.record),
        explanations=missed_reasons(locale, detail.record),
        codes=CODES,
        subjects=await page.read(subjects.tree),
        editings=decisions(row),
        typed={
            **NOTHING_TYPED,
            "disposition": row.disposition or "",
            "subject": row.subject or "",
            **typed,
        },
        outbound=row.direction == Direction.OUTBOUND,
    )


def _facts(page: Page, row: Call) -> list[str]:
    queue, language = labels.queue(page.locale, row.queue), labels.language(page.locale, row.language)
    return [fact for fact in (queue, language) if fact]


async def _detail(page: Page) -> CallDetail:
    return await page.read(lambda session: call_detail(session, page.user, page.locale, page.id))


async def carrier_events(page: Page) -> Response:
    """The carrier's events behind one sentence of the story, verbatim."""
    detail = await _detail(page)
    key = str(page.request.path_params["key"])
    sentences = story(page.locale, detail.record)
    events = next((sentence.events for sentence in sentences if sentence.key == key), None)
    if events is None:
        raise NotFound("There is no such event.")
    user, call_id = page.user, detail.call.id
    heard = await page.read(lambda session: heard_sids(session, user.user_id, user.role, call_id))
    return page.respond(
        "calls/_carrier_events.html", events=[_verbatim(_shown(event, detail), heard) for event in events]
    )


def _shown(event: Event, detail: CallDetail) -> Event:
    """The event, without the mark where it is not for the reader."""
    if not detail.record.hides_mark:
        return event
    return replace(event, data=without_mark(event.data, {"mark": event.facts.mark}))


def _verbatim(event: Event, heard: Collection[str] | None) -> tuple[Event, Sequence[tuple[str, str]]]:
    """An event's fields as the carrier sent them; empty ones, and what leads to a recording that the reader
    may not hear, are left out.
    """
    pairs = ((name, _plain(value)) for name, value in without_unheard(event.data, heard).items())
    return event, [(name, value) for name, value in pairs if value]


def _plain(value: object) -> str:
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value or "")


async def add_note(page: Page) -> Response:
    """Adds a note to the call."""
    typed = str((await page.form()).get("body", ""))
    notes.check_text(typed.replace("\r\n", "\n"))
    body = clean(typed).strip()
    if not body:
        raise Refused("Write something first.", field="body")

    def verb(session: Session) -> None:
        call_notes.add(session, search.call(session, page.id), page.user.principal, body, page.now)

    await page.write(verb)
    return page.redirect(f"/calls/{page.id}")


async def assign(page: Page) -> Response:
    """Sets the call's customer; with none named, clears it."""
    try:
        await save_customer(page)
    except BothChanged as both:
        return await choose_customer(page, both.editing)
    return page.redirect(f"/calls/{page.id}")


async def find(page: Page) -> Response:
    """Customers who match a name or number, to choose the call's customer from."""
    q = str((await page.form()).get("q", "")).strip()[:200]
    row = await page.read(partial(search.call, ref=page.id))
    region = page.services.settings.default_region
    matching: Sequence[Customer] = ()
    if len(q) >= MIN_QUERY:
        matching = await page.read(partial(customers.find, q=q, region=region, limit=MAX_RESULTS))
    return page.respond(
        "calls/actions/_found_customers.html",
        customers=matching,
        q=q,
        call_id=page.id,
        editing=decisions(row)["customer"],
    )


routes = [
    get("/calls/{id}", call, policy=PLAYER),
    get("/calls/{id}/details", details, keeps_session=False),
    get("/calls/{id}/carrier/{key}", carrier_events),
    post("/calls/{id}/notes", add_note, refill=refill_note),
    post("/calls/{id}/customer", assign),
    post("/calls/{id}/find", find, refill=refill_search),
]
