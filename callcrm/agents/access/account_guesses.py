"""A ceiling on guesses at one account, from however many places they come.

Counted are attempts from browsers the account's user has not used before, all together; in each browser known
to them those since they last signed in there, and so for whoever is signed in and enters the password again.
Some attempts are free; after them the account takes one at a time, with a pause that doubles. So
a day has fewer than a hundred (NIST SP 800-63B, 3.2.2), and the user gets in by a known browser or a link.
"""

from datetime import datetime, timedelta
from math import ceil

from sqlmodel import Session, col, update

from callcrm.agents.access.throttled import Throttled
from callcrm.base.ids import secret_hash
from callcrm.models import AccountGuesses, User
from callcrm.models.delete_some import delete_some
from callcrm.store.upsert import insert_if_absent

FREE = 20  # attempts
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
DOUBLED_EVERY = 10  # attempts
RETENTION = timedelta(hours=24)  # without any attempt; also how long the user and administrators are warned


def count(session: Session, account: str, now: datetime) -> int:
    """Counts an attempt and returns how many there have been; Throttled during a pause. Call it last: the
    account's row is locked until the transaction ends.

    `account` is an e-mail address, or what else guesses at one are counted under.
    """
    key = secret_hash(account)
    insert_if_absent(session, AccountGuesses, "account_key", account_key=key, attempts=0, last_at=now)
    row = session.get_one(AccountGuesses, key, with_for_update=True)
    if row.last_at + RETENTION <= now:
        row.attempts = 0
    wait = row.last_at + pause_after(row.attempts) - now
    if wait > timedelta(0):
        raise Throttled(ceil(wait.total_seconds()))
    row.attempts += 1
    row.last_at = now
    session.flush()
    return row.attempts


def pause_after(attempts: int) -> timedelta:
    """How long an account rests after its latest attempt, if it was the one of this number."""
    if attempts < FREE:
        return timedelta(0)
    doubled = min((attempts - FREE) // DOUBLED_EVERY, 20)  # no number of attempts is too large
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << doubled))


def uncount(session: Session, account: str, attempts: int) -> None:
    """Takes attempts off the account that turned out to be its user's own."""
    left = col(AccountGuesses.attempts) - attempts
    own = update(AccountGuesses).where(col(AccountGuesses.account_key) == secret_hash(account), left >= 0)
    session.exec(own.values(attempts=left))


def warn(session: Session, user_id: str, now: datetime) -> None:
    """Has the user and administrators told that the account is under attack."""
    session.exec(update(User).where(col(User.id) == user_id).values(attacked_at=now))


def is_recent(user: User, now: datetime) -> bool:
    """Whether this user's account has been under attack within a day."""
    return user.attacked_at is not None and user.attacked_at > now - RETENTION


def end_warning(session: Session, user_id: str) -> None:
    """Tells nobody any more, until the next guess."""
    session.exec(update(User).where(col(User.id) == user_id).values(attacked_at=None))


def delete_old(session: Session, now: datetime) -> int:
    """Deletes some accounts nobody tried for a day and returns how many."""
    return delete_some(session, AccountGuesses, col(AccountGuesses.last_at) <= now - RETENTION)
