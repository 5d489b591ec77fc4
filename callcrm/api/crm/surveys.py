"""Surveys: their setting, the responses, and the results."""

from pydantic import Field
from sqlmodel import Session

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Moment
from callcrm.business import surveys
from callcrm.business.surveys import SurveySettings
from callcrm.crm.references import named
from callcrm.crm.surveys import objects, responses, texts
from callcrm.crm.surveys.objects import Response, ResultGroup, Results, Settings
from callcrm.crm.surveys.reports import results
from callcrm.crm.surveys.reports.results import GroupBy, Result
from callcrm.crm.surveys.responses import ResponseFilter
from callcrm.models import Role, User
from callcrm.models.crm.survey import SurveyChannel, SurveyKind, SurveyResponse
from callcrm.views.objects.shapes import Listing

endpoints = Endpoints("surveys")


class ResponseQuery(PageQuery):
    """What responses can be asked for by; the times are those of the asking."""

    kind: SurveyKind | None = Field(default=None, description="The kind of question.")
    agent: str | None = Field(default=None, description="The id of the agent who had the call.")
    queue: str | None = Field(default=None, description="The name of the call's queue.")
    customer: str | None = Field(default=None, description="A customer's id.")
    channel: SurveyChannel | None = Field(default=None, description="How it was asked.")
    since: Moment | None = Field(default=None, description="From this time on.")
    until: Moment | None = Field(default=None, description="Before this time.")

    @property
    def filter(self) -> ResponseFilter:
        """The filter of these parameters."""
        return ResponseFilter(**{name: getattr(self, name) for name in ResponseFilter.__slots__})


class ResultsQuery(ResponseQuery):
    """What results can be asked for by."""

    by: GroupBy | None = Field(default=None, description="What to group by.")


@endpoints.get("/surveys/settings")
async def get_settings(context: ApiContext) -> Settings:
    """How callers are asked for a mark."""
    return await context.read(lambda session: _settings(surveys.get(session)))


class SettingsIn(Body):
    """How callers are to be asked; what is left out stays."""

    kind: SurveyKind | None = None
    channel: SurveyChannel | None = None
    active: bool | None = None
    every_days: int | None = Field(default=None, ge=1, le=surveys.MOST_DAYS)


@endpoints.put("/surveys/settings", role=Role.SUPERVISOR)
async def put_settings(context: ApiContext, body: SettingsIn) -> Settings:
    """The setting, changed. NPS can't be asked by a key: 0 is a person at all times."""

    def verb(session: Session) -> Settings:
        present = surveys.lock(session, context.now)
        context.preconditions.check(present.version, lambda: _settings(present))
        sent = body.model_dump(exclude_none=True)
        fields = {name: getattr(present, name) for name in ("kind", "channel", "active", "every_days")}
        wanted = SurveySettings(**(fields | sent))
        return _settings(surveys.put(session, wanted, by=context.actor, now=context.now))

    return await context.write(verb)


def _settings(setting: SurveySettings) -> Settings:
    return Settings(
        **{name: getattr(setting, name) for name in ("kind", "channel", "active", "every_days", "version")}
    )


@endpoints.get("/surveys/responses")
async def list_responses(context: ApiContext, query: ResponseQuery) -> Listing[Response]:
    """Answers, those asked last first. Agents get those after their own calls."""

    def verb(session: Session) -> Listing[Response]:
        rows = responses.find(
            session,
            context.principal,
            query.filter,
            responses.ANSWERED,
            after=query.after,
            limit=query.limit + 1,
        )
        page, following = cut_page(rows, query.limit, _cursor)
        return Listing[Response](items=objects.objects(session, page), next=following)

    return await context.read(verb)


def _cursor(row: SurveyResponse) -> Cursor:
    return Cursor(row.asked_at, row.id)


@endpoints.get("/surveys/responses/{id}")
async def get_response(context: ApiContext) -> Response:
    """One response; to an agent those after other agents' calls do not exist."""

    def verb(session: Session) -> Response:
        return objects.objects(session, [responses.get(session, context.principal, context.id)])[0]

    return await context.read(verb)


@endpoints.get("/surveys/results")
async def get_results(context: ApiContext, query: ResultsQuery) -> Results:
    """How many were asked and answered, and their score, by groups if asked for; of one kind of question, the
    present one if none is named. Agents get those after their own calls.
    """

    def verb(session: Session) -> Results:
        wanted = query.filter.of_kind(query.kind or surveys.get(session).kind)
        total = results.total(session, context.principal, wanted)
        groups = _groups(context, session, wanted, query.by) if query.by else []
        return Results(
            asked=total.asked,
            answered=total.answered,
            rate=total.rate,
            score=total.score,
            groups=groups,
        )

    return await context.read(verb)


def _groups(context: ApiContext, session: Session, wanted: ResponseFilter, by: GroupBy) -> list[ResultGroup]:
    reader = context.reader
    rows = results.grouped(session, context.principal, wanted, by, reader.locale.zone)
    agents = named(session, User, {row.key for row in rows}) if by == GroupBy.AGENT else {}

    def label(row: Result) -> str:
        return agents[row.key].name if row.key in agents else texts.group(reader.locale, by, row.key)

    return [
        ResultGroup(
            key=row.key,
            label=label(row),
            asked=row.asked,
            answered=row.answered,
            rate=row.rate,
            score=row.score,
        )
        for row in rows
    ]
