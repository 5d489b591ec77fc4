"""People of ours: adding them, letting them set a password, and sending them away."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from pwdlib import PasswordHash
from sqlmodel import Session, col, select, update

from callcrm.agents import sessions, states
from callcrm.base.errors import Conflict, NotFound, Refused
from callcrm.base.ids import new_id, new_secret, secret_hash
from callcrm.base.phones import to_e164
from callcrm.base.text import is_storable, one_line
from callcrm.models import Agent, AgentState, PasswordLink, Role, User

SHORTEST_PASSWORD = 8
ADVISED_PASSWORD = 15
LONGEST_PASSWORD = 1000
LINK_LIFE = timedelta(hours=24)
LONGEST_NAME = 200
LONGEST_EMAIL = 254
SPENT = "this link has been used, or is too old: ask for a new one"
EMAIL = re.compile(r"[^\s@,;<>()\[\]\\\"']+@[^\s@,;<>()\[\]\\\"'.]+(\.[^\s@,;<>()\[\]\\\"'.]+)*")

_hasher = PasswordHash.recommended()


def add_user(
    session: Session,
    email: str,
    role: str,
    name: str,
    number: str | None,
    password: str | None,
    now: datetime,
    *,
    region: str = "US",
    own: Collection[str] = (),
) -> User:
    """A new user; one who answers calls starts offline. `own` are our own lines: nobody is rung on them."""
    address = email_address(email)
    if session.exec(select(User.id).where(User.email == address)).first():
        raise Conflict("there is already a user %(email)s", field="email", email=address)
    user = User(
        id=new_id("user", now),
        email=address,
        name=display_name(name),
        role=known_role(role),
        number=phone_number(number, region, own),
        password_hash=hash_password(password) if password is not None else None,
        created_at=now,
    )
    session.add(user)
    session.flush()
    if user.role == Role.AGENT:
        session.add(Agent(id=user.id, state=AgentState.OFFLINE, since=now))
        session.flush()
    return user


def email_address(text: str) -> str:
    """The address in lower case; Refused unless it is one."""
    address = text.strip().lower()
    if len(address) > LONGEST_EMAIL or not address.isprintable() or not EMAIL.fullmatch(address):
        raise Refused("this is no e-mail address", field="email")
    return address


def known_role(role: str) -> Role:
    """The role of that name; Refused if there is none."""
    if role not in set(Role):
        raise Refused("the roles are %(roles)s", field="role", roles=", ".join(Role))
    return Role(role)


def display_name(text: str) -> str:
    """A name fit to be shown; Refused if nothing is left of it."""
    name = one_line(text)
    if not name or len(name) > LONGEST_NAME:
        raise Refused("a name has 1 to %(most)s characters", field="name", most=LONGEST_NAME)
    return name


def phone_number(raw: str | None, region: str, own: Collection[str]) -> str | None:
    """The number a user is rung on, or None for none; Refused if it is none, or one of our `own` lines."""
    if not raw:
        return None
    number = to_e164(raw, region)
    if number is None:
        raise Refused("this is no telephone number", field="number")
    if number in own:
        raise Refused("this is one of our own lines: a call to it would come back to us", field="number")
    return number


def hash_password(password: str) -> str:
    """What is stored of a password; takes some 50 ms, so call it outside a verb where a store is shared."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(
            "a password has at least %(least)s characters", field="password", least=SHORTEST_PASSWORD
        )
    if len(password) > LONGEST_PASSWORD or not is_storable(password):
        raise Refused(
            "a password is text of at most %(most)s characters", field="password", most=LONGEST_PASSWORD
        )
    return _hasher.hash(password)


def user_by_email(session: Session, email: str) -> User:
    """The user of that address, whatever its case; NotFound if there is none."""
    user = session.exec(select(User).where(User.email == email.strip().lower())).first()
    if user is None:
        raise NotFound("there is no user of that e-mail address", field="user")
    return user


def password_link(session: Session, user_id: str, now: datetime) -> str:
    """A secret that sets this user's password once within a day; earlier ones are good no more."""
    _close_links(session, user_id, now)
    secret = new_secret()
    session.add(PasswordLink(hash=secret_hash(secret), user_id=user_id, expires_at=now + LINK_LIFE))
    session.flush()
    return secret


def _close_links(session: Session, user_id: str, now: datetime) -> None:
    links = update(PasswordLink).where(
        col(PasswordLink.user_id) == user_id, col(PasswordLink.used_at).is_(None)
    )
    session.exec(links.values(used_at=now))


def whose_link(session: Session, secret: str, now: datetime) -> User:
    """The user whose link this is, which stays good; NotFound for a link used up or too old."""
    link = session.get(PasswordLink, secret_hash(secret))
    user = (
        session.get(User, link.user_id) if link and link.used_at is None and link.expires_at > now else None
    )
    if user is None or user.disabled_at is not None:
        raise NotFound(SPENT)
    return user


def change_password(session: Session, user_id: str, hashed: str, now: datetime) -> User:
    """The user, from now on with the password of that hash; signed in nowhere, and with no link left."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("there is no such user", field="user")
    user.password_hash = hashed
    session.flush()
    _close_links(session, user_id, now)
    sessions.end_all(session, user_id)
    return user


def set_password(session: Session, secret: str, hashed: str, now: datetime) -> User:
    """The user whose link this is, with the password of that hash, signed in nowhere; NotFound for a link
    used up or too old.
    """
    claim = (
        update(PasswordLink)
        .where(
            col(PasswordLink.hash) == secret_hash(secret),
            col(PasswordLink.used_at).is_(None),
            col(PasswordLink.expires_at) > now,
        )
        .values(used_at=now)
        .returning(col(PasswordLink.user_id))
    )
    user_id = session.exec(claim).scalar_one_or_none()
    user = session.get(User, user_id) if user_id else None
    if user is None or user.disabled_at is not None:
        raise NotFound(SPENT)
    return change_password(session, user.id, hashed, now)


def disable(session: Session, user_id: str, now: datetime) -> User:
    """The user, who from now on may not sign in, act by a token, set a password or be rung; their
    sessions are over.
    """
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("there is no such user", field="user")
    if user.disabled_at is None:
        user.disabled_at = now
        session.flush()
    _close_links(session, user_id, now)
    sessions.end_all(session, user_id)
    if session.get(Agent, user_id):
        states.set_state(session, user_id, AgentState.OFFLINE, now)
    return user
