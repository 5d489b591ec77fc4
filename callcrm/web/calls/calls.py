"""The list of calls: figures, saved views, filters, and a page of rows, newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents import roster
from callcrm.base.paging import CURSOR_LIMIT, Cursor, ListPage, PageRequest, list_page, page_request
from callcrm.calls import search
from callcrm.calls.disposition import CODES
from callcrm.calls.search import CallQuery
from callcrm.crm.subjects import subjects
from callcrm.i18n import labels
from callcrm.models import Call
from callcrm.reports import call_counts
from callcrm.reports.call_counts import CallCounts
from callcrm.reports.measures import Figure, figure
from callcrm.views.calls import outcomes
from callcrm.views.calls.rows import Row, rows
from callcrm.web.calls import periods
from callcrm.web.calls.filters import LOST, PARAMETERS, CallFilters, parse_filters, saved_views
from callcrm.web.kept_search import kept_search, redirect_to_search
from callcrm.web.page import Page
from callcrm.web.routes import get, post
from callcrm.web.security import PLAYER

LAST_WEEK = timedelta(days=7)
PAGE_SIZE = 50
MAX_NEW = 100
MAX_QUERY = 200
FIND = "/calls/find"
SEARCHED = (*PARAMETERS, "before", "after")


@dataclass(frozen=True, slots=True)
class CallList:
    """One page of the list, with the figures above it."""

    list_page: ListPage[Row]
    counts: CallCounts
    today: CallCounts
    late: int
    figures: Sequence[Figure]
    agents: Sequence[tuple[str, str]]
    subjects: Sequence[tuple[str, str]]


async def calls(page: Page) -> Response:
    """The list for the filters of the URL."""
    query = page.request.query_params
    return await _render(page, parse_filters(page.locale, query), page_request(query))


async def find(page: Page) -> Response:
    """A redirect to the list for the words; posted, since a URL must hold no names or numbers."""
    form = {name: str(value) for name, value in (await page.form()).items()}
    q = form.get("q", "").strip()[:MAX_QUERY]
    filters = parse_filters(page.locale, form, q)
    if not q:
        return page.redirect(filters.path())
    fields = {name: form[name][:CURSOR_LIMIT] for name in SEARCHED if form.get(name)}
    return await redirect_to_search(page, FIND, fields | {"q": q})


async def results(page: Page) -> Response:
    """The list for words that were searched for; all calls for a search that is not kept."""
    kept = await kept_search(page, FIND)
    if kept is None:
        return page.redirect("/calls")
    return await _render(page, parse_filters(page.locale, kept, kept["q"]), page_request(kept))


async def _render(page: Page, filters: CallFilters, paging: PageRequest) -> Response:
    listed = await page.read(lambda session: _call_list(session, page, filters, paging))
    locale, today = page.locale, listed.today
    return page.respond(
        "calls/calls.html",
        filters=filters,
        listed=listed,
        paging=paging,
        views=saved_views(page, filters, today.lost, today.voicemails, today.waited),
        codes=CODES,
        today=periods.format_day(locale, locale.today()),
        newest=_newest(listed),
        options=_options(page),
    )


def _newest(listed: CallList) -> str:
    """The cursor of the newest call shown, with which a page asks for newer ones; "" if none is shown."""
    calls = listed.list_page.rows
    return Cursor(calls[0].call.started_at, calls[0].call.id).to_cursor() if calls else ""


def _options(page: Page) -> Mapping[str, object]:
    """By filter: its options, as pairs of value and text."""
    locale, flows = page.locale, page.services.runtime.flows
    languages = sorted({code for flow in flows.flows.values() for code in flow.languages})
    return {
        "when": periods.choices(locale),
        "outcome": [("", locale._("Any")), (LOST, locale._("Lost")), *outcomes.outcome_names(locale).items()],
        "queue": [("", locale._("Any")), *((queue, labels.queue(locale, queue)) for queue in flows.queues)],
        "language": [
            ("", locale._("Any")),
            *((language, labels.language(locale, language)) for language in languages),
        ],
        "direction": [
            ("", locale._("Any")),
            ("inbound", locale._("They called")),
            ("outbound", locale._("We called")),
        ],
        "recorded": [("", locale._("Any")), ("yes", locale._("With")), ("no", locale._("Without"))],
        "tier": [("", locale._("Any")), *page.tier_options()],
    }


def _wanted(session: Session, filters: CallFilters) -> CallQuery:
    """The filters as a query; a subject's parts are of it too."""
    subject = filters.values.get("subject")
    about = subjects.tree(session).with_parts(subject) if subject else None
    return replace(filters.call_query, subjects=about)


def _call_list(session: Session, page: Page, filters: CallFilters, paging: PageRequest) -> CallList:
    region = page.services.settings.default_region
    if filters.period.fault:
        matching: Sequence[Call] = ()
    else:
        matching = search.calls(
            session,
            _wanted(session, filters),
            region=region,
            after=paging.key,
            limit=PAGE_SIZE + 1,
            back=paging.back,
        )
    listing = list_page(matching, PAGE_SIZE, paging, lambda call: Cursor(call.started_at, call.id))
    period, this_day = filters.period, periods.parse_period(page.locale, {})
    counts = call_counts.call_counts(session, period.since, period.until)
    same_day = (period.since, period.until) == (this_day.since, this_day.until)
    today = counts if same_day else call_counts.call_counts(session, this_day.since, this_day.until)
    call_rows = rows(session, page.user, page.locale, listing.rows)
    return CallList(
        list_page=ListPage(call_rows, listing.before, listing.after),
        counts=counts,
        today=today,
        late=call_counts.overdue_promises(session, page.user.user_id, page.now),
        figures=_figures(session, page),
        agents=roster.agent_names(session),
        subjects=_subjects(session, filters.values.get("subject")),
    )


def _subjects(session: Session, chosen: str | None) -> list[tuple[str, str]]:
    """The subjects to choose from, and the chosen one if it is in the tree no more."""
    tree = subjects.tree(session)
    removed = {chosen: tree.name(chosen)} if chosen and chosen not in tree.names else {}
    return list((tree.names | removed).items())


def _figures(session: Session, page: Page) -> list[Figure]:
    """The nouns' headlines over the last week; for supervisors only."""
    if not page.user.supervises:
        return []
    measures = [measure for measure in page.seams.measures.values() if measure.headline]
    user, since = page.user.principal, page.now - LAST_WEEK
    figures = [figure(session, measure, since, page.now, user) for measure in measures]
    # A mean of nothing says nothing, as of a question that is not asked.
    return [shown for shown in figures if shown.measure.summed is None or shown.value is not None]


async def new_calls(page: Page) -> Response:
    """How many calls have begun since the newest one shown."""
    query = page.request.query_params
    filters, mark = parse_filters(page.locale, query), page_request({"before": query.get("seen", "")}).key
    region, count = page.services.settings.default_region, 0
    if mark is not None and not filters.period.fault:
        count = await page.read(
            lambda session: search.newer(
                session, _wanted(session, filters), region=region, than=mark, most=MAX_NEW
            )
        )
    return page.respond("calls/list/_new_calls.html", count=count, most=MAX_NEW, filters=filters)


async def row(page: Page) -> Response:
    """One row, as it is now."""

    def verb(session: Session) -> Row:
        return rows(session, page.user, page.locale, [search.call(session, page.id)])[0]

    return page.respond("calls/list/_row.html", row=await page.read(verb))


routes = [
    get("/calls", calls, policy=PLAYER),
    get("/calls/news", new_calls, keeps_session=False),
    post(FIND, find, refill=find),
    get("/calls/find/{id}", results, policy=PLAYER),
    get("/calls/{id}/row", row, keeps_session=False),
]
