"""Limits on login attempts, counted so that nobody can lock another user out.

A browser in which the user has signed in before has a count of its own. From any other, an address is counted
for each client IP, and each client IP for all the addresses tried from it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlmodel import Session, col, delete, select

from callcrm.base.errors import TooMany
from callcrm.base.ids import new_id, secret_hash
from callcrm.models import KnownBrowser, LoginAttempt

WINDOW = timedelta(minutes=15)
ADDRESS_LIMIT, CLIENT_IP_LIMIT, BROWSER_LIMIT = 5, 50, 10  # attempts in the window
BROWSER_RETENTION = timedelta(days=180)


class Throttled(TooMany):
    """Too many attempts; `seconds` until the next may be made."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many attempts to sign in")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class ThrottleKey:
    """What attempts are counted under, hashed, and how many are allowed in the window."""

    value: str
    limit: int


def throttle_keys(email: str, client_ip: str, browser: str | None) -> tuple[ThrottleKey, ...]:
    """What an attempt at this address is counted under; `browser` is the secret of a browser known to the
    user, or None.
    """
    if browser:
        return (ThrottleKey(_hash("browser", browser, email), BROWSER_LIMIT),)
    address = ThrottleKey(_hash("address", email, client_ip), ADDRESS_LIMIT)
    return address, ThrottleKey(_hash("client_ip", client_ip), CLIENT_IP_LIMIT)


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


def record_success(session: Session, keys: Sequence[ThrottleKey], counted: Sequence[str]) -> None:
    """Uncounts an attempt that succeeded, and earlier failures under its first key: those of the same address
    and client IP, or of the same browser.
    """
    cleared = (col(LoginAttempt.throttle_key) == keys[0].value) | col(LoginAttempt.id).in_(counted)
    session.exec(delete(LoginAttempt).where(cleared))


def is_known_browser(session: Session, browser: str, user_id: str) -> bool:
    """Whether this user has signed in before in the browser with this secret."""
    return session.get(KnownBrowser, (secret_hash(browser), user_id)) is not None


def remember_browser(session: Session, browser: str, user_id: str, now: datetime) -> None:
    """Records that this user signs in in the browser with this secret."""
    session.merge(KnownBrowser(secret_hash=secret_hash(browser), user_id=user_id, last_login_at=now))
    session.flush()


def delete_old(session: Session, now: datetime) -> int:
    """Deletes attempts out of the window and browsers nobody came back to; returns how many of both."""
    attempts = delete(LoginAttempt).where(col(LoginAttempt.at) <= now - WINDOW)
    browsers = delete(KnownBrowser).where(col(KnownBrowser.last_login_at) <= now - BROWSER_RETENTION)
    return sum(session.connection().execute(statement).rowcount for statement in (attempts, browsers))
