"""The results of surveys, the responses behind them, and what may be told of them."""

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.paging import Cursor, ListPage, list_page, page_request
from callcrm.crm.surveys import stories, texts
from callcrm.crm.surveys.reports.results import GroupBy
from callcrm.crm.surveys.responses import ResponseFilter
from callcrm.models import Role
from callcrm.models.crm.survey import SurveyResponse
from callcrm.views import surveys as views
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post

PAGE_SIZE = 40


async def results_page(page: Page) -> Response:
    """Response rate and score, by agents, queues, menus and months, and who answers; an agent's own alone."""
    query = page.request.query_params
    period = query.get("period", "")
    period = period if period in views.PERIODS else views.DEFAULT_PERIOD
    verb = partial(views.results_page, reader=page.reader, period=period, kind=query.get("kind"))
    shown = await page.read(verb)
    menus = [row.key for by, rows in shown.groups if by == GroupBy.MENU for row in rows]
    names = views.group_names(page.reader, page.services.runtime.flows, shown.names, menus)
    return page.respond("surveys/surveys.html", shown=shown, names=names, period=period, texts=texts)


async def list_page_of(page: Page) -> Response:
    """The responses behind a figure, those asked last first."""
    query = page.request.query_params
    wanted = ResponseFilter(
        kind=query.get("kind") or None, since=views.since_of(query.get("period", ""), page.now)
    )
    by = GroupBy(query["by"]) if query.get("by") in set(GroupBy) else None
    group, paging = (by, query.get("key", "")) if by else None, page_request(query)
    answered = bool(query.get("answered"))

    def verb(session: Session) -> ListPage[views.ResponseRow]:
        responses = views.responses_behind(
            session, page.reader, wanted, group, answered=answered, after=paging.key, limit=PAGE_SIZE + 1
        )
        listing = list_page(responses, PAGE_SIZE, paging, _cursor)
        return ListPage(views.rows(session, listing.rows), listing.before, listing.after)

    shown = await page.read(verb)
    names = ("period", "kind", "by", "key", "answered")
    kept = urlencode([(name, query[name]) for name in names if query.get(name) is not None])
    return page.respond("surveys/responses.html", list_page=shown, kept=kept, texts=texts, paging=paging)


def _cursor(row: SurveyResponse) -> Cursor:
    return Cursor(row.asked_at, row.id)


async def stories_page(page: Page) -> Response:
    """The success stories, for everybody to tell."""

    def verb(session: Session) -> Sequence[views.ResponseRow]:
        return views.rows(session, stories.page(session, views.STORIES))

    return page.respond("surveys/stories.html", rows=await page.read(verb), texts=texts)


async def mark_story(page: Page) -> Response:
    """Makes a comment a story, or no story any more."""
    form = await page.form()
    verb = partial(
        stories.mark,
        response_id=page.id,
        is_story=form.get("story") == "on",
        by=page.user.user_id,
        now=page.now,
    )
    await page.write(verb)
    return page.redirect("/surveys/stories")


routes = of_module(
    "surveys",
    [
        get("/surveys", results_page),
        get("/surveys/responses", list_page_of),
        get("/surveys/stories", stories_page),
        post("/surveys/responses/{id}/story", mark_story, role=Role.SUPERVISOR),
    ],
)
