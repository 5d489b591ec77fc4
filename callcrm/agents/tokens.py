"""Bearer tokens of the API, and who acts by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, tuple_
from sqlmodel import Session, col, select, update

from callcrm.agents.principal import Principal
from callcrm.agents.user_fields import display_name, parse_role
from callcrm.agents.users import user_by_email
from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import new_id, new_secret, secret_hash
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Role, Token, User
from callcrm.store.store import now as present

USE_RESOLUTION = timedelta(minutes=1)  # how often the last use is written
MAX_LISTED = 500
ROLE_ORDER = (Role.AGENT, Role.SUPERVISOR, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token in a list, with its user; None for a program's."""

    token: Token
    user: User | None

    def state(self, now: datetime) -> str:
        """`revoked`, `expired` or `disabled`, like its user; `active` if it is good."""
        if self.token.revoked_at is not None:
            return "revoked"
        if self.token.expires_at is not None and self.token.expires_at <= now:
            return "expired"
        return "disabled" if self.user is not None and self.user.disabled_at is not None else "active"


def add_token(
    session: Session,
    name: str,
    role: str,
    user_email: str | None,
    now: datetime,
    expires_at: datetime | None = None,
) -> str:
    """The secret of a new token, to be shown this once: only its hash is stored.

    It is good until `expires_at`, for ever without one.
    """
    if expires_at is not None and expires_at <= now:
        raise Refused("a token ends in the future", field="expires")
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
        expires_at=expires_at,
    )
    session.add(token)
    session.flush()
    return secret


def authenticate(session: Session, secret: str) -> Principal | None:
    """Who acts by this secret, with the lower of the token's role and the user's; None for a token that is
    unknown, revoked or past its end, or a disabled user.

    It is looked up by its hash, so that the time taken tells nothing about a secret that is nearly right.
    """
    statement = (
        select(Token, User)
        .join(User, col(User.id) == col(Token.user_id), isouter=True)
        .where(
            Token.secret_hash == secret_hash(secret),
            col(Token.revoked_at).is_(None),
            or_(col(Token.expires_at).is_(None), col(Token.expires_at) > present(session)),
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
    return Principal(user.id, role, token.id, user.name, user.language)


def list_tokens(
    session: Session,
    *,
    user_id: str | None = None,
    token_id: str | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = MAX_LISTED,
) -> Sequence[TokenRow]:
    """Tokens, newest first, those that are good no more included; of this user alone, or this one alone."""
    statement = select(Token, User).join(User, col(User.id) == col(Token.user_id), isouter=True)
    key = tuple_(col(Token.created_at), col(Token.id))
    if user_id is not None:
        statement = statement.where(Token.user_id == user_id)
    if token_id is not None:
        statement = statement.where(Token.id == token_id)
    if after is not None:
        statement = statement.where(key < after)
    rows = session.exec(statement.order_by(col(Token.created_at).desc(), col(Token.id).desc()).limit(limit))
    return [TokenRow(row[0], row[1]) for row in rows.all()]


def get_token(session: Session, token_id: str) -> Token:
    """The token of this id; NotFound if there is none."""
    token = session.get(Token, token_id)
    if token is None:
        raise NotFound("there is no such token", field="token")
    return token


def revoke(session: Session, token_id: str, now: datetime) -> None:
    """Revokes the token, from the next request on, and ends its streams; NotFound if it is unknown."""
    get_token(session, token_id)
    live = update(Token).where(col(Token.id) == token_id, col(Token.revoked_at).is_(None))
    if session.connection().execute(live.values(revoked_at=now)).rowcount:
        announce(session, LiveKind.SESSION_ENDED, token_id)


def record_use(session: Session, token_id: str, now: datetime) -> None:
    """Records that the token was used just now, unless another process did so within the last minute."""
    last = col(Token.last_used_at)
    used = update(Token).where(col(Token.id) == token_id, or_(last.is_(None), last <= now - USE_RESOLUTION))
    session.exec(used.values(last_used_at=now))
