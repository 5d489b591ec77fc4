"""A customer's history on one timeline."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import Ask, answer
from callcrm.api.http.paging import Cursor, PageQuery, cut
from callcrm.api.http.parse import Moment
from callcrm.api.objects import render, shapes
from callcrm.customers import customers
from callcrm.customers.history import KINDS, Entry, history


class HistoryQuery(PageQuery):
    """What a history can be asked for by."""

    kind: Literal["call", "note", "recording", "message", "promise"] | None = None
    since: Moment | None = Field(default=None, description="Happened at or after this time.")
    until: Moment | None = Field(default=None, description="Happened before this time.")


async def customer_history(ask: Ask) -> Response:
    """Everything that passed between a customer and us, newest first."""
    customer_id, said = ask.id, ask.query(HistoryQuery)
    kinds = [said.kind] if said.kind else KINDS

    def verb(session: Session) -> shapes.Listing[shapes.Moment]:
        customers.get(session, customer_id)
        rows = history(
            session,
            customer_id,
            kinds=kinds,
            since=said.since,
            until=said.until,
            after=said.after,
            limit=said.limit + 1,
        )
        page, following = cut(rows, said.limit, lambda entry: Cursor(entry.at, entry.place))
        return shapes.Listing[shapes.Moment](items=_moments(session, page), next=following)

    return answer(await ask.read(verb), exclude_unset=True)


RENDER: dict[str, Callable[[Session, Sequence[Any]], Sequence[BaseModel]]] = {
    "call": render.calls,
    "note": lambda _session, rows: [render.note(row) for row in rows],
    "recording": lambda _session, rows: [render.recording(row) for row in rows],
    "message": render.messages,
    "promise": render.promises,
}


def _moments(session: Session, page: Sequence[Entry]) -> list[shapes.Moment]:
    told: dict[str, BaseModel] = {}
    for kind, rendered in RENDER.items():
        entries = [entry for entry in page if entry.kind == kind]
        shown = rendered(session, [entry.item for entry in entries])
        told |= zip((entry.place for entry in entries), shown, strict=True)
    return [_moment({"kind": entry.kind, "at": entry.at, entry.kind: told[entry.place]}) for entry in page]


def _moment(fields: dict[str, Any]) -> shapes.Moment:
    return shapes.Moment(**fields)
