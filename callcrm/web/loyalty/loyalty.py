"""Loyalty at a glance: what waits for approval, who is suggested for a reward, what was redeemed lately."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.base.paging import Cursor, cut_page, page_request
from callcrm.crm.loyalty import faults, objects, programmes, redemptions
from callcrm.crm.loyalty.faults import Fault
from callcrm.models import Role
from callcrm.models.crm.loyalty import GoodwillState, Redemption, RedemptionState
from callcrm.views.people import customer_names
from callcrm.web.loyalty.redeem import actor, wants_part
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post

PAGE_SIZE, MOST_WAITING, MOST_SUGGESTED = 40, 40, 40
MOST_ON_TOP, ON_THE_LINE = 3, timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LoyaltyPage:
    """The page's three lists; `names` are the programmes', `customers` those of the suggestions, by id."""

    waiting: Sequence[objects.Redemption]
    suggested: Sequence[Fault]
    customers: dict[str, str]
    lately: Sequence[objects.Redemption]
    older: str | None
    names: dict[str, str]


async def overview(page: Page) -> Response:
    """The page."""
    return page.respond("loyalty/loyalty.html", shown=await page.read(partial(_load, page=page)))


async def waiting(page: Page) -> Response:
    """What waits for approval, as a part of the page."""
    if not wants_part(page):
        return page.redirect("/loyalty")
    return page.respond("loyalty/_waiting.html", shown=await page.read(partial(_load, page=page)))


def _load(session: Session, page: Page) -> LoyaltyPage:
    key = page_request(page.request.query_params).key
    requested = redemptions.find(session, state=RedemptionState.REQUESTED, limit=MOST_WAITING)
    listed = redemptions.find(session, decided=True, after=key, limit=PAGE_SIZE + 1)
    lately, older = cut_page(listed, PAGE_SIZE, lambda row: Cursor(row.created_at, row.id))
    suggested = faults.newest(session, page.reader, MOST_SUGGESTED)
    return LoyaltyPage(
        waiting=objects.redemptions(session, requested),
        suggested=suggested,
        customers=customer_names(session, {fault.customer_id for fault in suggested}),
        lately=objects.redemptions(session, lately),
        older=older,
        names=programmes.names(session, {row.programme_id for row in (*requested, *lately)}),
    )


async def notice(page: Page) -> Response:
    """What agents ask for while their customer is on the line, above every page of a supervisor."""

    def verb(session: Session) -> tuple[list[objects.Redemption], dict[str, str]]:
        requested = redemptions.find(session, state=RedemptionState.REQUESTED, limit=MOST_ON_TOP)
        fresh = [row for row in requested if page.now - row.created_at < ON_THE_LINE]
        return objects.redemptions(session, fresh), programmes.names(
            session, {row.programme_id for row in fresh}
        )

    rows, names = await page.read(verb)
    return page.respond("loyalty/_notice.html", rows=rows, names=names)


async def count(page: Page) -> Response:
    """How much waits for approval, for the navigation; nothing for those who can't give it."""
    if not page.user.principal.supervises:
        return page.respond("loyalty/_count.html", count=0)
    requested = await page.read(
        partial(redemptions.find, state=RedemptionState.REQUESTED, limit=MOST_WAITING)
    )
    return page.respond("loyalty/_count.html", count=len(requested))


async def approve(page: Page) -> Response:
    """Gives what an agent asked for."""
    verb = partial(redemptions.approve, redemption_id=page.id, actor=actor(page))
    return await _decided(page, verb, page.locale._("Approved."))


async def refuse(page: Page) -> Response:
    """Refuses what an agent asked for."""
    reason = str((await page.form()).get("reason", ""))
    verb = partial(redemptions.refuse, redemption_id=page.id, reason=reason, actor=actor(page))
    return await _decided(page, verb, page.locale._("Refused."))


async def undo(page: Page) -> Response:
    """Takes back what was redeemed."""
    reason = str((await page.form()).get("reason", ""))
    verb = partial(redemptions.undo, redemption_id=page.id, reason=reason, actor=actor(page))
    return await _decided(page, verb, page.locale._("Taken back."))


async def _decided(page: Page, verb: Callable[[Session], Redemption], message: str) -> Response:
    def both(session: Session) -> tuple[objects.Redemption, dict[str, str]]:
        row = verb(session)
        return objects.redemptions(session, [row])[0], programmes.names(session, [row.programme_id])

    row, names = await page.write(both)
    if not wants_part(page):
        return page.redirect("/loyalty")
    return page.respond("loyalty/_row_after.html", row=row, names=names, message=message)


async def goodwill(page: Page) -> Response:
    """Marks the suggestion of a reward for a customer as used or set aside."""
    form = await page.form()
    state = str(form.get("state", ""))
    if state not in set(GoodwillState):
        raise Refused("Say whether something was given.", field="state")
    note = str(form.get("note", ""))
    by, now = page.user.user_id, page.now
    verb = partial(
        faults.deal_with, customer_id=page.id, state=GoodwillState(state), note=note, by=by, now=now
    )
    row = await page.write(verb)
    if not wants_part(page):
        return page.redirect(f"/customers/{page.id}")
    return page.respond("loyalty/_dealt_with.html", goodwill=row)


routes = of_module(
    "loyalty",
    [
        get("/loyalty", overview),
        get("/loyalty/notice", notice, role=Role.SUPERVISOR, keeps_session=False),
        get("/loyalty/count", count, keeps_session=False),
        get("/loyalty/waiting", waiting, keeps_session=False),
        post("/redemptions/{id}/approve", approve, role=Role.SUPERVISOR),
        post("/redemptions/{id}/refuse", refuse, role=Role.SUPERVISOR),
        post("/redemptions/{id}/undo", undo, role=Role.SUPERVISOR),
        post("/customers/{id}/goodwill", goodwill),
    ],
)
