"""Endpoints of feedback and its themes."""

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import create
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Ident, Line, Prose
from callcrm.base.errors import Forbidden
from callcrm.crm.feedback import feedback, themes
from callcrm.crm.feedback.objects import Feedback, FeedbackTheme, objects, theme_objects
from callcrm.models.crm import feedback as rows_of
from callcrm.models.crm.feedback import FeedbackKind, ThemeState
from callcrm.views.objects.shapes import Listing

endpoints = Endpoints("feedback")


class ThemeQuery(PageQuery):
    """Filters of a list of themes."""

    product: str | None = Field(default=None, max_length=200, description="In any spelling.")
    kind: FeedbackKind | None = None
    state: ThemeState | None = None


class FeedbackQuery(ThemeQuery):
    """Filters of a list of feedback; `state` is its theme's."""

    theme: str | None = Field(default=None, description="A theme's id.")
    customer: str | None = Field(default=None, description="A customer's id.")


class NewFeedback(Body):
    """What somebody said of a product or service."""

    product: Line
    kind: FeedbackKind
    body: Prose = Field(max_length=feedback.LONGEST_BODY, description="In their words.")
    customer: Ident | None = Field(default=None, description="A customer's id; else it is the call's.")
    call: Ident | None = Field(default=None, description="The call it was said in.")
    theme: Ident | None = Field(default=None, description="A theme's id; else the best one, or a new one.")


@endpoints.get("/feedback")
async def list_feedback(context: ApiContext, query: FeedbackQuery) -> Listing[Feedback]:
    """What people said of products, newest first."""

    def verb(session: Session) -> Listing[Feedback]:
        rows = feedback.page(
            session,
            **query.model_dump(include={"product", "kind", "state", "theme", "customer"}),
            after=query.after,
            limit=query.limit + 1,
        )
        page, following = cut_page(rows, query.limit, _cursor)
        return Listing[Feedback](items=objects(session, page), next=following)

    return await context.read(verb)


def _cursor(row: rows_of.Feedback | rows_of.FeedbackTheme) -> Cursor:
    return Cursor(row.created_at, row.id)


@endpoints.post("/feedback", answers=Feedback, status=201, idempotent=True)
async def take_down_feedback(context: ApiContext, body: NewFeedback) -> Response:
    """Takes down what somebody said of a product, under the theme that fits best."""

    def verb(session: Session) -> Feedback:
        fields = feedback.Fields(
            product=body.product,
            kind=body.kind,
            body=body.body,
            customer_id=body.customer,
            call_id=body.call,
            theme=body.theme,
        )
        row = feedback.record(session, fields, by=context.principal.user_id, now=context.now)
        return objects(session, [row])[0]

    return await create(context, body, verb)


@endpoints.get("/feedback/{id}")
async def get_feedback(context: ApiContext) -> Feedback:
    """What somebody said of a product."""
    return await context.read(lambda session: objects(session, [feedback.get(session, context.id)])[0])


@endpoints.get("/feedback-themes")
async def list_themes(context: ApiContext, query: ThemeQuery) -> Listing[FeedbackTheme]:
    """Themes with how often each was said and by whom, newest first."""

    def verb(session: Session) -> Listing[FeedbackTheme]:
        rows = themes.page(
            session,
            **query.model_dump(include={"product", "kind", "state"}),
            after=query.after,
            limit=query.limit + 1,
        )
        page, following = cut_page(rows, query.limit, _cursor)
        return Listing[FeedbackTheme](items=theme_objects(session, page), next=following)

    return await context.read(verb)


@endpoints.get("/feedback-themes/{id}")
async def get_theme(context: ApiContext) -> FeedbackTheme:
    """A theme; one that was joined with another is that one."""
    return await context.read(lambda session: theme_objects(session, [themes.get(session, context.id)])[0])


class ThemePatch(Body):
    """What is decided about a theme."""

    state: ThemeState | None = None
    text: Line | None = Field(default=None, description="Its name.")
    merge: Ident | None = Field(
        default=None,
        description="A theme of the same product and kind that becomes part of it. Supervisors'.",
    )


@endpoints.patch("/feedback-themes/{id}")
async def patch_theme(context: ApiContext, body: ThemePatch) -> FeedbackTheme:
    """A theme in another state, under another name, or joined with another theme."""
    if body.merge is not None and not context.principal.supervises:
        raise Forbidden("Themes are joined by supervisors.")

    def verb(session: Session) -> FeedbackTheme:
        row = themes.lock(session, context.id)
        context.check_version(row, lambda: theme_objects(session, [row])[0])
        by, now = context.principal.user_id, context.now
        row = themes.change(session, row, state=body.state, text=body.text, by=by, now=now)
        if body.merge is not None:
            row = themes.merge(session, row, body.merge)
        return theme_objects(session, [row])[0]

    return await context.write(verb)
