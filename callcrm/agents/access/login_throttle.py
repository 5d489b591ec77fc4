"""Limits on login attempts, counted so that nobody can lock another user out.

A browser in which the user has signed in before has a count of its own. From any other, an e-mail address is
counted for each network it is tried from, and each network for all the addresses tried from it; what all
networks try at one account has its ceiling in `account_guesses`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlmodel import Session, col, delete, select

from callcrm.agents.access.throttled import Throttled
from callcrm.base.ids import new_id, secret_hash
from callcrm.models import KnownBrowser, LoginAttempt
from callcrm.models.delete_some import delete_some

WINDOW = timedelta(minutes=15)
ADDRESS_LIMIT, BROWSER_LIMIT = 5, 10  # attempts in the window
NETWORK_LIMITS = (50, 150)  # the same, from the narrowest network of a client and from the next
BROWSER_RETENTION = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class ThrottleKey:
    """What attempts are counted under, hashed, and how many are allowed in the window."""

    value: str
    limit: int


def throttle_keys(email: str, networks: Sequence[str], browser: str | None) -> tuple[ThrottleKey, ...]:
    """What an attempt at this e-mail address is counted under. `networks` are the client's, the narrowest
    first; `browser` is the secret of a browser known to the user, or None.
    """
    if browser:
        return (ThrottleKey(_hash("browser", browser, email), BROWSER_LIMIT),)
    address = ThrottleKey(_hash("address", email, networks[0]), ADDRESS_LIMIT)
    pairs = zip(networks, NETWORK_LIMITS, strict=False)
    return address, *(ThrottleKey(_hash("network", network), limit) for network, limit in pairs)


def reentry_keys(user_id: str) -> tuple[ThrottleKey, ...]:
    """What a signed-in user's attempts to enter their password again are counted under."""
    return (ThrottleKey(_hash("address", user_id, "me"), ADDRESS_LIMIT),)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def count_attempt(session: Session, keys: Sequence[ThrottleKey], now: datetime) -> list[str]:
    """Counts an attempt before the password is checked, and returns the ids of its rows; Throttled if one of
    the keys is at its limit.
    """
    for key in keys:
        latest = select(LoginAttempt.at).where(
            LoginAttempt.throttle_key == key.value, col(LoginAttempt.at) > now - WINDOW
        )
        times = session.exec(latest.order_by(col(LoginAttempt.at).desc()).limit(key.limit)).all()
        if len(times) == key.limit:
            raise Throttled(max(1, ceil((times[-1] + WINDOW - now).total_seconds())))
    attempts = [LoginAttempt(id=new_id("try", now), throttle_key=key.value, at=now) for key in keys]
    session.add_all(attempts)
    session.flush()
    return [attempt.id for attempt in attempts]


def record_success(session: Session, keys: Sequence[ThrottleKey], counted: Sequence[str]) -> int:
    """Uncounts an attempt that succeeded, and earlier failures under its first key: those of the same address
    and network, or of the same browser. Returns how many attempts that makes.
    """
    session.exec(delete(LoginAttempt).where(col(LoginAttempt.id).in_(counted[1:])))
    own = delete(LoginAttempt).where(col(LoginAttempt.throttle_key) == keys[0].value)
    return session.connection().execute(own).rowcount


def is_known_browser(session: Session, browser: str, user_id: str) -> bool:
    """Whether this user has signed in before in the browser with this secret."""
    return session.get(KnownBrowser, (secret_hash(browser), user_id)) is not None


def remember_browser(session: Session, browser: str, user_id: str, now: datetime) -> None:
    """Records that this user signs in in the browser with this secret."""
    session.merge(KnownBrowser(secret_hash=secret_hash(browser), user_id=user_id, last_login_at=now))
    session.flush()


def delete_old(session: Session, now: datetime) -> int:
    """Deletes some attempts out of the window and some browsers nobody came back to; returns how many of
    both.
    """
    attempts = delete_some(session, LoginAttempt, col(LoginAttempt.at) <= now - WINDOW)
    return attempts + delete_some(
        session, KnownBrowser, col(KnownBrowser.last_login_at) <= now - BROWSER_RETENTION
    )
