"""Bearer tokens: what a program shows in place of a person, and what it may do with it."""

from datetime import datetime

from sqlmodel import Session, col, select, update

from callcrm.agents.principal import Principal
from callcrm.agents.users import display_name, known_role, user_by_email
from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import new_id, new_secret, secret_hash
from callcrm.models import Role, Token, User

ORDER = (Role.AGENT, Role.SUPERVISOR, Role.ADMIN)


def add_token(session: Session, name: str, role: str, user_email: str | None, now: datetime) -> str:
    """The secret of a new token, to be shown this once: only its hash is kept."""
    user = user_by_email(session, user_email) if user_email else None
    if user is not None and user.disabled_at is not None:
        raise Refused("this user is disabled", field="user")
    secret = new_secret()
    token = Token(
        id=new_id("token", now),
        name=display_name(name),
        role=known_role(role),
        user_id=user.id if user else None,
        hash=secret_hash(secret),
        created_at=now,
    )
    session.add(token)
    session.flush()
    return secret


def principal(session: Session, secret: str) -> Principal | None:
    """Whom the secret stands for, with the lower of the token's and the user's role; None if it is no good.

    The look-up is by hash: how long it takes says nothing of a secret that is nearly right.
    """
    statement = (
        select(Token, User)
        .join(User, col(User.id) == col(Token.user_id), isouter=True)
        .where(
            Token.hash == secret_hash(secret),
            col(Token.revoked_at).is_(None),
            col(User.disabled_at).is_(None),
        )
    )
    found = session.exec(statement).first()
    if found is None:
        return None
    token = found[0]
    user: User | None = found[1]  # None of a token that is no one's
    if user is None:
        return Principal(user_id=None, role=token.role, token_id=token.id, name=token.name)
    role = min(token.role, user.role, key=lambda one: ORDER.index(Role(one)))
    return Principal(user_id=user.id, role=role, token_id=token.id, name=user.name)


def revoke(session: Session, token_id: str, now: datetime) -> None:
    """The token is good no more, from the next request on."""
    if session.get(Token, token_id) is None:
        raise NotFound("there is no such token", field="token")
    live = update(Token).where(col(Token.id) == token_id, col(Token.revoked_at).is_(None))
    session.exec(live.values(revoked_at=now))
