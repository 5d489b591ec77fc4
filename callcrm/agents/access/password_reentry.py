"""Limits on attempts of a signed-in user to enter their password again: the session may be stolen."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from callcrm.agents.access import account_guesses, login_throttle


@dataclass(frozen=True, slots=True)
class Reentry:
    """An attempt that was counted; `guesses` is how many there have been."""

    user_id: str
    counted: list[str]
    guesses: int


def begin(session: Session, user_id: str, now: datetime) -> Reentry:
    """Counts an attempt, before the password is checked; Throttled if there were too many."""
    counted = login_throttle.count_attempt(session, login_throttle.reentry_keys(user_id), now)
    guesses = account_guesses.count(session, _account(user_id), now)
    if guesses >= account_guesses.FREE:
        account_guesses.warn(session, user_id, now)
    return Reentry(user_id, counted, guesses)


def record_success(session: Session, attempt: Reentry) -> None:
    """Uncounts an attempt whose password was right, and those before it."""
    login_throttle.record_success(session, login_throttle.reentry_keys(attempt.user_id), attempt.counted)
    account_guesses.uncount(session, _account(attempt.user_id), attempt.guesses)


def _account(user_id: str) -> str:
    return f"reentry {user_id}"
