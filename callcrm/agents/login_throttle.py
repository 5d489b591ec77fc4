"""How often somebody may try to sign in, counted so that nobody can lock another out.

A browser where they have signed in before has a count of its own. Anywhere else an address is counted for
each place the attempts come from, and each such place for all the addresses tried from it.
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
OF_ADDRESS, OF_ORIGIN, OF_PLACE = 5, 50, 10
PLACES_ARE_KEPT = timedelta(days=180)


class Throttled(TooMany):
    """Too many attempts; `seconds` until the next one may be made."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many attempts to sign in")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class ThrottleKey:
    """What is counted, under a hash, and how many there may be in the window."""

    value: str
    most: int


def throttle_keys(email: str, origin: str, place: str | None) -> tuple[ThrottleKey, ...]:
    """What an attempt at this address is counted under; `place` is the secret of a browser they know."""
    if place:
        return (ThrottleKey(_hashed("place", place, email), OF_PLACE),)
    return ThrottleKey(_hashed("address", email, origin), OF_ADDRESS), ThrottleKey(
        _hashed("origin", origin), OF_ORIGIN
    )


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def enter(session: Session, through: Sequence[ThrottleKey], now: datetime) -> list[str]:
    """Count an attempt before its outcome is known; the ids of what was counted, or Throttled."""
    for gate in through:
        latest = select(LoginAttempt.at).where(
            LoginAttempt.throttle_key == gate.value, col(LoginAttempt.at) > now - WINDOW
        )
        times = session.exec(latest.order_by(col(LoginAttempt.at).desc()).limit(gate.most)).all()
        if len(times) == gate.most:
            raise Throttled(max(1, ceil((times[-1] + WINDOW - now).total_seconds())))
    counted = [LoginAttempt(id=new_id("try", now), throttle_key=gate.value, at=now) for gate in through]
    session.add_all(counted)
    session.flush()
    return [one.id for one in counted]


def passed(session: Session, through: Sequence[ThrottleKey], counted: Sequence[str]) -> None:
    """The attempt was good: it counts no more, nor do failures at the same address from the same place."""
    good = (col(LoginAttempt.throttle_key) == through[0].value) | col(LoginAttempt.id).in_(counted)
    session.exec(delete(LoginAttempt).where(good))


def knows(session: Session, place: str, user_id: str) -> bool:
    """Whether this user has signed in at the browser with this secret."""
    return session.get(KnownBrowser, (secret_hash(place), user_id)) is not None


def remember(session: Session, place: str, user_id: str, now: datetime) -> None:
    """This user has signed in at the browser with this secret."""
    session.merge(KnownBrowser(hash=secret_hash(place), user_id=user_id, at=now))
    session.flush()


def forget(session: Session, now: datetime) -> int:
    """How many old attempts, and browsers nobody came back to, are dropped."""
    old = delete(LoginAttempt).where(col(LoginAttempt.at) <= now - WINDOW)
    left = delete(KnownBrowser).where(col(KnownBrowser.at) <= now - PLACES_ARE_KEPT)
    return sum(session.connection().execute(one).rowcount for one in (old, left))
