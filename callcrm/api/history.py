"""The endpoint of a customer's history."""

from typing import Any

from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext, json_response
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Moment
from callcrm.api.http.problems import Problem
from callcrm.crm.noun import HistoryKind
from callcrm.customers import customers
from callcrm.recordings.access import permitted_ids
from callcrm.views.customers import history
from callcrm.views.objects import render, shapes

endpoints = Endpoints()


class HistoryQuery(PageQuery):
    """Filters of a customer's history."""

    kind: str | None = Field(default=None, description="Entries of this kind alone: call, note, promise, …")
    since: Moment | None = Field(default=None, description="Happened at or after this time.")
    until: Moment | None = Field(default=None, description="Happened before this time.")


@endpoints.get("/customers/{id}/history", answers=shapes.Listing[shapes.Moment])
async def customer_history(context: ApiContext, query: HistoryQuery) -> Response:
    """Everything that passed between a customer and us, newest first."""
    kinds = _kinds(history.with_core(context.seams.history_kinds), query.kind)

    def verb(session: Session) -> shapes.Listing[shapes.Moment]:
        customers.get(session, context.id)
        entries = history.history(
            session,
            context.id,
            kinds,
            context.principal,
            since=query.since,
            until=query.until,
            after=query.after,
            limit=query.limit + 1,
        )
        page, following = cut_page(entries, query.limit, lambda entry: Cursor(entry.at, entry.place))
        objects = _without_unheard(session, context, history.objects(session, context.reader, page))
        items = [_moment(entry.kind.name, entry.at, objects[entry.place]) for entry in page]
        return shapes.Listing[shapes.Moment](items=items, next=following)

    return json_response(await context.read(verb), prefix=context.prefix, exclude_unset=True)


def _without_unheard(
    session: Session, context: ApiContext, objects: dict[str, BaseModel]
) -> dict[str, BaseModel]:
    """The objects, with no address of a recording that the reader may not hear."""
    recordings = {place: row for place, row in objects.items() if isinstance(row, shapes.Recording)}
    reader, ids = context.principal, [row.id for row in recordings.values()]
    permitted = permitted_ids(session, reader.user_id, reader.role, ids)
    hidden = {place: row for place, row in recordings.items() if row.id not in permitted}
    return objects | {place: render.without_address(row) for place, row in hidden.items()}


def _kinds(kinds: tuple[HistoryKind, ...], name: str | None) -> tuple[HistoryKind, ...]:
    """The kind of this name, or all kinds; a Problem for an unknown one."""
    wanted = tuple(kind for kind in kinds if name in (None, kind.name))
    if not wanted:
        names = ", ".join(kind.name for kind in kinds)
        fault = {"pointer": "#/kind", "detail": f"There are {names}."}
        raise Problem(400, "There is no such kind of entry.", errors=[fault])
    return wanted


def _moment(kind: str, at: Any, row: Any) -> shapes.Moment:
    return shapes.Moment(**{"kind": kind, "at": at, kind: row})
