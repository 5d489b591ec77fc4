"""Authentication by bearer token, and authorization by role."""

from starlette.requests import Request

from callcrm.agents import tokens
from callcrm.agents.principal import Principal
from callcrm.api.http.problems import Problem
from callcrm.business import modules
from callcrm.models import Role
from callcrm.store.store import Store

SECRET_LIMIT = 200


async def authenticate(request: Request, store: Store) -> tuple[Principal, frozenset[str]]:
    """The principal of the request's token, and which modules are off; a Problem 401 without one."""
    secret = bearer(request)
    if not secret:
        raise _unknown("This needs an `Authorization: Bearer` token.", "Bearer")
    principal, off = await store.read(
        lambda session: (tokens.authenticate(session, secret), modules.off(session))
    )
    if principal is None:
        raise _unknown("This token isn't known, or has been revoked.", 'Bearer error="invalid_token"')
    return principal, off


def bearer(request: Request) -> str:
    """The secret in the Authorization header; "" without one."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip()
    fits = scheme.lower() == "bearer" and secret.isascii() and len(secret) <= SECRET_LIMIT
    return secret if fits else ""


def _unknown(detail: str, challenge: str) -> Problem:
    return Problem(401, detail, headers={"WWW-Authenticate": challenge})


def require_role(principal: Principal, role: Role) -> None:
    """Raises a Problem 403 for a principal below this role."""
    if not has_role(principal, role):
        headers = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}
        raise Problem(403, f"This needs the role {role} or above.", headers=headers)


def has_role(principal: Principal, role: Role) -> bool:
    """Whether a principal has at least this role."""
    return Role(principal.role).at_least(role)
