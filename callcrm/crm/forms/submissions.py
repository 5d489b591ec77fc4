"""What a public form takes: checked at the door, the same once, and so much from one address in an hour."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from callcrm.base.errors import Refused, TooMany
from callcrm.base.ids import new_id
from callcrm.base.phones import to_e164
from callcrm.base.text import clean, one_line
from callcrm.models.crm.public_form import FormSubmission
from callcrm.models.delete_some import delete_some

WINDOW = timedelta(hours=1)
CLIENT_LIMIT, SITE_LIMIT = 5, 50  # taken in the window: from one address, from one site's IPv6 networks
SAME_WITHIN = timedelta(minutes=10)
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What somebody sent: `phone` is E.164 or None, `networks` are its client's, the narrowest first. `about`
    is what they chose besides, which makes the same words something else.
    """

    form: str
    name: str
    phone: str | None
    text: str
    networks: Sequence[str]
    about: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The same for the same text about the same from the same number; of who leaves none, from the same
        address: two strangers may well use the same words.
        """
        sender = (self.phone,) if self.phone else (self.name, self.networks[0])
        return _hash(self.form, *sender, *self.about, " ".join(self.text.split()))

    @property
    def client_key(self) -> str:
        """What the limit of one address counts under."""
        return _hash(self.form, self.networks[0])

    @property
    def site_key(self) -> str:
        """What the limit of a whole site counts under."""
        return _hash(self.form, self.networks[-1])


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def checked(
    form: str,
    *,
    name: str,
    phone: str,
    text: str,
    longest: int,
    region: str,
    needs_phone: bool,
    networks: Sequence[str],
) -> Submission:
    """What was sent, clean; Refused where something is missing, too long, or no number."""
    if len(name) > LONGEST_NAME * 4 or len(one_line(name)) > LONGEST_NAME:
        raise Refused("The name is too long.", field="name")
    if not phone.strip() and needs_phone:
        raise Refused("Give us the number at which we can answer you.", field="phone")
    number = to_e164(phone, region)
    if phone.strip() and number is None:
        raise Refused("This is no number that can be rung.", field="phone")
    if len(text) > longest * 2:
        raise Refused("Please say it in fewer words, or ring us.", field="text")
    lines = "\n".join(one_line(line) for line in clean(text).split("\n")).strip()
    if not lines:
        raise Refused("Write what you want to say.", field="text")
    if len(lines) > longest:
        raise Refused("Please say it in fewer words, or ring us.", field="text")
    return Submission(form=form, name=one_line(name), phone=number, text=lines, networks=networks)


def same_before(session: Session, submission: Submission, now: datetime) -> FormSubmission | None:
    """The same, sent some minutes ago: by a second press, a reload, or a browser that tried again."""
    same = select(FormSubmission).where(
        FormSubmission.digest == submission.digest, col(FormSubmission.at) > now - SAME_WITHIN
    )
    return session.exec(same.order_by(col(FormSubmission.at).desc()).limit(1)).first()


def check_limit(session: Session, submission: Submission, now: datetime) -> None:
    """Raises TooMany where as many as may be were taken from this address within an hour."""
    keys = (
        (FormSubmission.client_key, submission.client_key, CLIENT_LIMIT),
        (FormSubmission.site_key, submission.site_key, SITE_LIMIT),
    )
    for column, key, limit in keys:
        taken = select(func.count()).where(col(column) == key, col(FormSubmission.at) > now - WINDOW)
        if session.exec(taken).one() >= limit:
            raise TooMany("That was a lot from one address. Try again in an hour, or ring us.")


def take(
    session: Session, submission: Submission, make: Callable[[Session], str], now: datetime
) -> FormSubmission:
    """The submission, which `make` has turned into something, and returned its id; the same is taken once.
    TooMany beyond the limit. Who calls it holds the lock of the site, so that two at once are counted.
    """
    before = same_before(session, submission, now)
    if before is not None:
        return before
    check_limit(session, submission, now)
    row = FormSubmission(
        id=new_id("frm", now),
        form=submission.form,
        client_key=submission.client_key,
        site_key=submission.site_key,
        digest=submission.digest,
        subject_id=make(session),
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def delete_old(session: Session, now: datetime) -> int:
    """Deletes some that count no more; returns how many."""
    return delete_some(session, FormSubmission, col(FormSubmission.at) <= now - WINDOW)
