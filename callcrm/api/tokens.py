"""Endpoints of tokens: what there are, and their end."""

from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents import tokens
from callcrm.agents.tokens import TokenRow
from callcrm.api.http.auth import has_role
from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.base.errors import NotFound
from callcrm.models import Role, Token
from callcrm.views.objects import render, shapes

endpoints = Endpoints()


@endpoints.get("/tokens")
async def list_tokens(context: ApiContext, query: PageQuery) -> shapes.Listing[shapes.Token]:
    """Tokens, newest first, revoked ones too: all for an admin, else those of the token's user, or itself."""
    whose = _own(context)

    def verb(session: Session) -> shapes.Listing[shapes.Token]:
        rows = tokens.list_tokens(session, **whose, after=query.after, limit=query.limit + 1)
        page, following = cut_page(rows, query.limit, _cursor)
        return shapes.Listing[shapes.Token](items=[render.token(row) for row in page], next=following)

    return await context.read(verb)


def _own(context: ApiContext) -> dict[str, str]:
    """Which tokens are this principal's, as `list_tokens` takes it."""
    principal = context.principal
    if has_role(principal, Role.ADMIN):
        return {}
    if principal.user_id is not None:
        return {"user_id": principal.user_id}
    return {"token_id": principal.token_id}


def _cursor(row: TokenRow) -> Cursor:
    return Cursor(row.token.created_at, row.token.id)


@endpoints.delete("/tokens/{id}", status=204, answers="")
async def delete_token(context: ApiContext) -> Response:
    """The token is refused from now on, and its streams end; one revoked before stays so."""

    def verb(session: Session) -> None:
        token = tokens.get_token(session, context.id)
        if not _is_own(context, token):
            raise NotFound("there is no such token", field="token")
        tokens.revoke(session, token.id, context.now)

    await context.write(verb)
    return Response(status_code=204)


def _is_own(context: ApiContext, token: Token) -> bool:
    values = {"user_id": token.user_id, "token_id": token.id}
    return all(values[name] == value for name, value in _own(context).items())
