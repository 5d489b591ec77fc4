"""Passwords: their hashes, and the one-time links by which users set them."""

from collections.abc import Collection
from datetime import datetime, timedelta

from pwdlib import PasswordHash
from sqlmodel import Session, col, update

from callcrm.agents import sessions
from callcrm.agents.access.weak_passwords import refuse_weak
from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import new_secret, secret_hash
from callcrm.base.text import is_storable
from callcrm.models import PasswordLink, User

MIN_LENGTH = 8
ADVISED_LENGTH = 15
MAX_LENGTH = 1000
LINK_LIFETIME = timedelta(hours=24)
LINK_SPENT = "this link has been used, or is too old: ask for a new one"

HASHER = PasswordHash.recommended()
LOCAL_URL = "http://127.0.0.1:8000"


def hash_password(password: str, words: Collection[str] = ()) -> str:
    """The hash to store; Refused for a password too short or too long, WeakPassword for one that would be
    guessed: `words` are those it must not be made of.

    It takes some 50 ms: outside a verb, or every other verb of a SQLite store waits for it.
    """
    if len(password) < MIN_LENGTH:
        raise Refused("a password has at least %(least)s characters", field="password", least=MIN_LENGTH)
    if len(password) > MAX_LENGTH or not is_storable(password):
        raise Refused("a password is text of at most %(most)s characters", field="password", most=MAX_LENGTH)
    refuse_weak(password, words)
    return HASHER.hash(password)


def create_link(session: Session, user_id: str, now: datetime) -> str:
    """The secret of a link that sets this user's password once within a day; earlier links are closed."""
    close_links(session, user_id, now)
    secret = new_secret()
    session.add(
        PasswordLink(secret_hash=secret_hash(secret), user_id=user_id, expires_at=now + LINK_LIFETIME)
    )
    session.flush()
    return secret


def require_enabled(user: User) -> User:
    """The user; Refused if they are disabled, since a link would do them no good."""
    if user.disabled_at is not None:
        raise Refused("this user is disabled", field="user")
    return user


def link_url(public_url: str, secret: str) -> str:
    """The address of a link; without a public URL, where a server on this machine has it."""
    return f"{public_url or LOCAL_URL}/set-password/{secret}"


def close_links(session: Session, user_id: str, now: datetime) -> None:
    """Makes all of this user's links unusable."""
    links = update(PasswordLink).where(
        col(PasswordLink.user_id) == user_id, col(PasswordLink.used_at).is_(None)
    )
    session.exec(links.values(used_at=now))


def link_user(session: Session, secret: str, now: datetime) -> User:
    """The user of this link, which stays usable; NotFound for a link that is used or too old."""
    link = session.get(PasswordLink, secret_hash(secret))
    user = (
        session.get(User, link.user_id) if link and link.used_at is None and link.expires_at > now else None
    )
    if user is None or user.disabled_at is not None:
        raise NotFound(LINK_SPENT)
    return user


def change_password(session: Session, user_id: str, hashed: str, now: datetime) -> User:
    """The user, with the password of that hash; their sessions are ended and their links closed."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("there is no such user", field="user")
    user.password_hash = hashed
    session.flush()
    close_links(session, user_id, now)
    sessions.end_all_sessions(session, user_id)
    return user


def set_password_by_link(session: Session, secret: str, hashed: str, now: datetime) -> User:
    """The user of this link, with the password of that hash and their sessions ended; NotFound for a link
    that is used or too old.
    """
    # The link is claimed by this UPDATE, so that of two requests at once only one sets the password.
    claim = (
        update(PasswordLink)
        .where(
            col(PasswordLink.secret_hash) == secret_hash(secret),
            col(PasswordLink.used_at).is_(None),
            col(PasswordLink.expires_at) > now,
        )
        .values(used_at=now)
        .returning(col(PasswordLink.user_id))
    )
    user_id = session.exec(claim).scalar_one_or_none()
    user = session.get(User, user_id) if user_id else None
    if user is None or user.disabled_at is not None:
        raise NotFound(LINK_SPENT)
    return change_password(session, user.id, hashed, now)
