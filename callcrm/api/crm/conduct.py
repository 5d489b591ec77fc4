"""Endpoints of the ladder of conduct, and of contact plans."""

from functools import partial
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import create
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Ident, Moment, Prose, Text
from callcrm.crm.conduct import incidents, ladder, objects, plans, steps
from callcrm.crm.conduct.ladder import Plan, Wish
from callcrm.crm.conduct.objects import Channel, ContactPlan, Ladder, LadderStep
from callcrm.customers import customers
from callcrm.models import Role
from callcrm.models.crm.conduct import ConductStep, Step, StepState
from callcrm.views.objects.shapes import Listing

endpoints = Endpoints("conduct")
INCIDENTS_SHOWN = 50
LONGEST_IN_ADDRESS = 500


@endpoints.get("/customers/{id}/conduct")
async def get_ladder(context: ApiContext) -> Ladder:
    """Where a customer stands, and every step that led there."""

    def verb(session: Session) -> Ladder:
        customer = customers.get(session, context.id)
        plan = plans.of_customer(session, customer.id)
        latest = incidents.page(session, customer.id, limit=INCIDENTS_SHOWN)
        return Ladder(
            customer=objects.named_customers(session, (customer.id,))[customer.id],
            standing=steps.standing(session, customer.id),
            plan=objects.contact_plan(session, plan) if plan else None,
            steps=objects.ladder_steps(session, steps.of_customer(session, customer.id)),
            incidents=objects.incidents(session, latest),
        )

    return await context.read(verb)


class StepIn(Body):
    """A step of the ladder. A contact plan has an address of its own."""

    step: Annotated[Step, Field(json_schema_extra={"enum": ["warned", "ended"]})]
    reason: Annotated[Prose, Field(max_length=ladder.LONGEST_TEXT)]
    text: Annotated[Text, Field(max_length=ladder.LONGEST_TEXT)] = Field(
        default="", description="The wording of a warning."
    )
    incident: Ident | None = Field(default=None, description="The incident it rests on.")
    review_at: Moment | None = None


@endpoints.post(
    "/customers/{id}/conduct", answers=LadderStep, status=201, idempotent=True, role=Role.SUPERVISOR
)
async def take_step(context: ApiContext, body: StepIn) -> Response:
    """The next step of the ladder, in force at once."""

    def verb(session: Session) -> LadderStep:
        wish = Wish(
            step=body.step,
            reason=body.reason,
            text=body.text,
            incident_id=body.incident,
            review_at=body.review_at,
        )
        row = ladder.take(session, context.id, wish, by=context.actor, now=context.now)
        return objects.ladder_steps(session, [row])[0]

    return await create(context, body, verb)


class StepQuery(PageQuery):
    """Filters of a list of steps."""

    customer: str | None = Field(default=None, description="A customer's id.")
    state: StepState | None = None


@endpoints.get("/conduct-steps")
async def list_steps(context: ApiContext, query: StepQuery) -> Listing[LadderStep]:
    """Steps of all ladders, the latest proposed first."""

    def verb(session: Session) -> Listing[LadderStep]:
        rows = steps.page(
            session,
            state=query.state,
            customer_id=query.customer,
            after=query.after,
            limit=query.limit + 1,
        )
        page, following = cut_page(rows, query.limit, lambda row: Cursor(row.proposed_at, row.id))
        return Listing[LadderStep](items=objects.ladder_steps(session, page), next=following)

    return await context.read(verb)


def _step(session: Session, row: ConductStep) -> LadderStep:
    return objects.ladder_steps(session, [row])[0]


@endpoints.get("/conduct-steps/{id}")
async def get_step(context: ApiContext) -> LadderStep:
    """A step."""
    return await context.read(lambda session: _step(session, steps.get(session, context.id)))


class StepDecision(Body):
    """What becomes of a step: a proposed one is approved or refused, one in force lifted."""

    state: Annotated[StepState, Field(json_schema_extra={"enum": ["in_force", "refused", "lifted"]})]
    reason: Annotated[Text, Field(max_length=ladder.LONGEST_TEXT)] = Field(
        default="", description="Why; asked of a refusal and of what is lifted."
    )


@endpoints.patch("/conduct-steps/{id}", role=Role.SUPERVISOR)
async def decide_step(context: ApiContext, body: StepDecision) -> LadderStep:
    """A step, decided or lifted; what it is already, it stays."""
    by, now = context.actor, context.now

    def verb(session: Session) -> LadderStep:
        row = steps.lock(session, context.id)
        context.check_version(row, partial(_step, session, row))
        if body.state == row.state:
            return _step(session, row)
        if body.state == StepState.IN_FORCE:
            row = ladder.approve(session, row.id, by=by, now=now)
        elif body.state == StepState.REFUSED:
            row = ladder.refuse(session, row.id, body.reason, by=by, now=now)
        else:
            row = ladder.lift(session, row.id, body.reason, by=by, now=now)
        return _step(session, row)

    return await context.write(verb)


def _id_of(value: object) -> object:
    """What GET answers with is taken as well as the id alone."""
    return value.get("id") if isinstance(value, dict) else value


AgentRef = Annotated[
    Ident,
    BeforeValidator(_id_of),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": 64},
                {
                    "type": "object",
                    "properties": {"id": {"type": "string", "maxLength": 64}},
                    "required": ["id"],
                },
            ]
        }
    ),
]


Period = Annotated[str, StringConstraints(max_length=20)]


class PlanIn(Body):
    """Whom alone a customer speaks with; without `hours` always, without `channel` any way. What is left out
    stays as in the plan that is in force; the first one needs an agent and a reason.
    """

    agent: AgentRef = Field(default="", description="The id of the one agent.")
    hours: dict[str, Annotated[list[Period], Field(max_length=24)]] | None = Field(
        default=None, max_length=7, description='As a flow’s: {"monday": ["09:00-12:00"]}.'
    )
    channel: Channel | None = None
    reason: Annotated[Prose, Field(max_length=ladder.LONGEST_TEXT)] = ""
    review_at: Moment | None = None

    def wish(self, before: ConductStep | None) -> Wish:
        """The plan as it is to be, after the one before it."""
        fields = self.model_dump(exclude_unset=before is not None)
        if before is not None:
            kept = {name: getattr(before, name) for name in ("hours", "channel", "reason", "review_at")}
            fields = {"agent": before.agent_id, **kept, **fields}
        plan = Plan(agent_id=fields["agent"], hours=fields["hours"], channel=fields["channel"])
        return Wish(step=Step.PLAN, reason=fields["reason"], review_at=fields["review_at"], plan=plan)


@endpoints.get("/customers/{id}/contact-plan")
async def get_plan(context: ApiContext) -> ContactPlan:
    """A customer's contact plan."""

    def verb(session: Session) -> ContactPlan:
        return objects.contact_plan(session, plans.get(session, customers.get(session, context.id).id))

    return await context.read(verb)


@endpoints.put("/customers/{id}/contact-plan", role=Role.SUPERVISOR)
async def put_plan(context: ApiContext, body: PlanIn) -> ContactPlan:
    """A customer's contact plan, in force from now on."""

    def verb(session: Session) -> ContactPlan:
        customer = customers.lock(session, context.id)
        wish = body.wish(_checked_version(context, session, customer.id))
        row = plans.put(session, customer.id, wish, by=context.actor, now=context.now)
        return objects.contact_plan(session, row)

    return await context.write(verb)


class PlanEnd(BaseModel):
    """Why a plan ends."""

    reason: str = Field(default="", max_length=LONGEST_IN_ADDRESS, description="Why; kept on the ladder.")


@endpoints.delete("/customers/{id}/contact-plan", answers="", status=204, role=Role.SUPERVISOR)
async def end_plan(context: ApiContext, query: PlanEnd) -> Response:
    """Lifts a customer's contact plan."""

    def verb(session: Session) -> None:
        customer = customers.lock(session, context.id)
        _checked_version(context, session, customer.id)
        plans.end(session, customer.id, query.reason, by=context.actor, now=context.now)

    await context.write(verb)
    return Response(status_code=204)


def _checked_version(context: ApiContext, session: Session, customer_id: str) -> ConductStep | None:
    """The plan in force, if there is one, in a version that the change may be based on."""
    row = plans.of_customer(session, customer_id)
    if row is not None:
        context.check_version(row, partial(objects.contact_plan, session, row))
    return row
