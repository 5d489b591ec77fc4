"""Calls: found, looked at, placed, assigned, noted."""

from typing import Literal

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import Ask, answer
from callcrm.api.http.idempotency import once
from callcrm.api.http.paging import Cursor, PageQuery, cut
from callcrm.api.http.parse import Body, Code, Ident, Moment, Prose
from callcrm.base.errors import NotFound
from callcrm.base.phones import to_e164
from callcrm.calls import identification, pops, search
from callcrm.calls.disposition import set_disposition
from callcrm.models import Call, CallState, Direction, Outcome
from callcrm.notes import call_notes
from callcrm.views.objects import render, shapes


class CallQuery(PageQuery):
    """What calls can be asked for by."""

    customer: str | None = Field(default=None, description="A customer's id.")
    phone: str | None = Field(default=None, description="The other party's number, in any spelling.")
    agent: str | None = Field(default=None, description="An agent's id.")
    queue: str | None = None
    direction: Direction | None = None
    outcome: Outcome | None = None
    state: CallState | None = None
    since: Moment | None = Field(default=None, description="Started at or after this time.")
    until: Moment | None = Field(default=None, description="Started before this time.")
    q: str | None = Field(default=None, max_length=200, description="Words in notes, names and numbers.")


async def list_calls(ask: Ask) -> Response:
    """Calls, newest first."""
    said = ask.query(CallQuery)
    region = ask.services.runtime.settings.default_region
    phone = to_e164(said.phone, region) if said.phone else None
    if said.phone and phone is None:
        return answer(shapes.Listing[shapes.Call](items=[]))
    wanted = search.CallQuery(**said.model_dump(exclude={"limit", "cursor", "phone"}), phone=phone)

    def verb(session: Session) -> shapes.Listing[shapes.Call]:
        rows = search.calls(session, wanted, region=region, after=said.after, limit=said.limit + 1)
        page, following = cut(rows, said.limit, _cursor)
        return shapes.Listing[shapes.Call](items=render.calls(session, page), next=following)

    return answer(await ask.read(verb))


def _cursor(row: Call) -> Cursor:
    return Cursor(row.started_at, row.id)


async def get_call(ask: Ask) -> Response:
    """A call with its whole story."""
    ref = ask.id
    return answer(await ask.read(lambda session: render.call_detail(session, search.call(session, ref))))


class CallPatch(Body):
    """What people decide about a call; a field left out stays as it is."""

    customer: Ident | None = Field(default=None, description="A customer's id; null for nobody.")
    disposition: Code | None = None


async def patch_call(ask: Ask) -> Response:
    """The call with what was decided."""
    ref, said = ask.id, await ask.body(CallPatch)
    who = ask.who.user_id or ask.who.token_id

    def verb(session: Session) -> shapes.Call:
        row = search.call(session, ref)
        if "customer" in said.model_fields_set:
            identification.assign(session, row, said.customer, who, ask.now)
        if "disposition" in said.model_fields_set:
            set_disposition(session, row, said.disposition)
        return render.call(session, row)

    return answer(await ask.write(verb))


class NoteIn(Body):
    """A note, kept to the letter."""

    body: Prose


async def add_note(ask: Ask) -> Response:
    """The note, added once."""
    ref, said = ask.id, await ask.body(NoteIn)
    this = once(ask, said)

    def verb(session: Session) -> shapes.Note:
        return render.note(call_notes.add(session, search.call(session, ref), ask.who, said.body, ask.now))

    given = await ask.write(lambda session: this.act(session, verb))
    return given.response()


class ReceiptIn(Body):
    """How far a pop got on its agent's screen."""

    receipt: Literal["delivered", "seen"]


async def add_receipt(ask: Ask) -> Response:
    """The call, its latest pop at this agent marked as delivered or seen; the first word counts."""
    ref, said, agent = ask.id, await ask.body(ReceiptIn), ask.who.user_id

    def verb(session: Session) -> shapes.Call:
        row = search.call(session, ref)
        if agent is None or agent not in pops.agents(session, row.id):
            raise NotFound("This call was not offered to you.")
        pops.receipt(session, row.id, agent, said.receipt, ask.now)
        return render.call(session, row)

    return answer(await ask.write(verb))
