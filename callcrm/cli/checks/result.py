"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How it stands with a thing."""

    FINE = "ok"
    WRONG = "WRONG"
    UNSEEN = "unseen"  # could not be looked at, which is no fault


@dataclass(frozen=True, slots=True)
class Finding:
    """How it stands with one thing; the cause and the mend of a wrong one are for people."""

    subject: str
    verdict: Verdict
    cause: str
    mend: str = ""


def fine(subject: str, what: str = "") -> Finding:
    """Nothing is wrong with it."""
    return Finding(subject, Verdict.FINE, what)


def wrong(subject: str, cause: str, mend: str) -> Finding:
    """Something is, and this mends it."""
    return Finding(subject, Verdict.WRONG, cause, mend)


def unseen(subject: str, why: str) -> Finding:
    """It could not be looked at."""
    return Finding(subject, Verdict.UNSEEN, why)
