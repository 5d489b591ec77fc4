"""Bearer tokens of the API, and who acts by them."""

from datetime import datetime

from sqlmodel import Session, col, select, update

from callcrm.agents.principal import Principal
from callcrm.agents.user_fields import display_name, parse_role
from callcrm.agents.users import user_by_email
from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import new_id, new_secret, secret_hash
from callcrm.models import Role, Token, User

ROLE_ORDER = (Role.AGENT, Role.SUPERVISOR, Role.ADMIN)


def add_token(session: Session, name: str, role: str, user_email: str | None, now: datetime) -> str:
    """The secret of a new token, to be shown this once: only its hash is stored."""
    user = user_by_email(session, user_email) if user_email else None
    if user is not None and user.disabled_at is not None:
        raise Refused("this user is disabled", field="user")
    secret = new_secret()
    token = Token(
        id=new_id("token", now),
        name=display_name(name),
        role=parse_role(role),
        user_id=user.id if user else None,
        secret_hash=secret_hash(secret),
        created_at=now,
    )
    session.add(token)
    session.flush()
    return secret


def authenticate(session: Session, secret: str) -> Principal | None:
    """Who acts by this secret, with the lower of the token's role and the user's; None for an unknown or
    revoked token, or a disabled user.

    It is looked up by its hash, so that the time taken tells nothing about a secret that is nearly right.
    """
    statement = (
        select(Token, User)
        .join(User, col(User.id) == col(Token.user_id), isouter=True)
        .where(
            Token.secret_hash == secret_hash(secret),
            col(Token.revoked_at).is_(None),
            col(User.disabled_at).is_(None),
        )
    )
    row = session.exec(statement).first()
    if row is None:
        return None
    token = row[0]
    user: User | None = row[1]  # None for a token of a program
    if user is None:
        return Principal(user_id=None, role=token.role, token_id=token.id, name=token.name)
    role = min(token.role, user.role, key=lambda role: ROLE_ORDER.index(Role(role)))
    return Principal(user_id=user.id, role=role, token_id=token.id, name=user.name)


def revoke(session: Session, token_id: str, now: datetime) -> None:
    """Revokes the token, from the next request on; NotFound if there is none of this id."""
    if session.get(Token, token_id) is None:
        raise NotFound("there is no such token", field="token")
    live = update(Token).where(col(Token.id) == token_id, col(Token.revoked_at).is_(None))
    session.exec(live.values(revoked_at=now))
