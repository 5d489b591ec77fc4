"""Complaints: the list, how many are late, what causes them, and what was learnt."""

from dataclasses import dataclass
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.paging import Cursor, ListPage, list_page, page_request
from callcrm.crm.complaints import find, lessons, policy, texts
from callcrm.models.crm.complaint import About, Complaint, Stage
from callcrm.views import complaints as views
from callcrm.views.complaints import CauseBar, ComplaintRow
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module

PAGE_SIZE = 40
OPEN, CLOSED, LATE = "open", "closed", "late"
WHOSE = ("mine", "all")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the list is narrowed to; "" for everything."""

    whose: str
    state: str
    stage: str = ""
    about: str = ""
    cause: str = ""

    def filters(self, user_id: str) -> find.Filters:
        """The same for the store."""
        return find.Filters(
            owner=user_id if self.whose == "mine" else None,
            stage=self.stage or (CLOSED if self.state == CLOSED else None),
            about=self.about or None,
            cause=self.cause or None,
            behind=self.state == LATE,
            is_open=self.state == OPEN and not self.stage,
        )

    def path(self, **changes: str) -> str:
        """The address of the list with these changes."""
        values = {"whose": self.whose, "state": self.state, "stage": self.stage, "about": self.about}
        values |= {"cause": self.cause, **changes}
        return "/complaints?" + "&".join(f"{name}={value}" for name, value in values.items() if value)


def _chosen(page: Page) -> Chosen:
    query = page.request.query_params

    def one_of(name: str, values: object, default: str) -> str:
        value = query.get(name, "")
        return value if value in set(values) else default  # type: ignore[call-overload]

    return Chosen(
        whose=one_of("whose", WHOSE, "mine" if page.user.takes_calls else "all"),
        state=one_of("state", (OPEN, CLOSED, LATE, "any"), OPEN),
        stage=one_of("stage", Stage, ""),
        about=one_of("about", About, ""),
        cause=query.get("cause", "") if query.get("cause", "").isidentifier() else "",
    )


async def index(page: Page) -> Response:
    """The complaints that the URL asks for."""
    chosen, paging = _chosen(page), page_request(page.request.query_params)

    def verb(session: Session) -> ListPage[ComplaintRow]:
        rows = find.page(
            session,
            chosen.filters(page.user.user_id),
            page.user.principal,
            now=page.now,
            after=paging.key,
            back=paging.back,
            limit=PAGE_SIZE + 1,
        )
        cut = list_page(rows, PAGE_SIZE, paging, _cursor)
        return ListPage(views.rows(session, page.reader, cut.rows), cut.before, cut.after)

    return page.respond("complaints/complaints.html", shown=await page.read(verb), chosen=chosen, texts=texts)


def _cursor(row: Complaint) -> Cursor:
    return Cursor(row.opened_at, row.id)


async def late(page: Page) -> Response:
    """How many are late, for the navigation's badge: an agent's own and nobody's, else all."""
    owner = page.user.user_id if page.user.takes_calls else None
    verb = partial(find.count_behind, user=page.user.principal, now=page.now, owner=owner)
    return page.respond("complaints/_late.html", count=await page.read(verb), most=find.MOST_COUNTED)


async def causes(page: Page) -> Response:
    """The root causes of what was closed within a year, the most frequent first."""

    def verb(session: Session) -> list[CauseBar]:
        return views.cause_bars(session, page.reader)

    return page.respond("complaints/causes.html", bars=await page.read(verb))


async def learnt(page: Page) -> Response:
    """Lessons that may be told to other customers."""
    paging = page_request(page.request.query_params)

    def verb(session: Session) -> ListPage[ComplaintRow]:
        rows = lessons.page(
            session, page.user.principal, after=paging.key, back=paging.back, limit=PAGE_SIZE + 1
        )
        cut = list_page(rows, PAGE_SIZE, paging, lambda row: Cursor(row.closed_at or row.opened_at, row.id))
        return ListPage(views.rows(session, page.reader, cut.rows), cut.before, cut.after)

    return page.respond("complaints/lessons.html", shown=await page.read(verb))


routes = of_module(
    policy.NAME,
    [
        get("/complaints", index),
        get("/complaints/late", late, keeps_session=False),
        get("/complaints/causes", causes),
        get("/complaints/lessons", learnt),
    ],
)
