"""The result of one check of `callcrm doctor`."""

from dataclasses import dataclass
from enum import StrEnum


class CheckStatus(StrEnum):
    """How a check ended; the value is what is printed."""

    OK = "ok"
    WRONG = "WRONG"
    NOT_CHECKED = "unseen"  # could not be checked, which is no fault


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of the report: what was checked, and what was found of it, in words for the operator.

    `remedy` says how to put right what is wrong.
    """

    subject: str
    status: CheckStatus
    detail: str
    remedy: str = ""


def ok(subject: str, detail: str = "") -> CheckResult:
    """Nothing is wrong with the subject."""
    return CheckResult(subject, CheckStatus.OK, detail)


def wrong(subject: str, cause: str, remedy: str) -> CheckResult:
    """The subject is at fault, and this puts it right."""
    return CheckResult(subject, CheckStatus.WRONG, cause, remedy)


def not_checked(subject: str, reason: str) -> CheckResult:
    """The subject could not be checked, for this reason."""
    return CheckResult(subject, CheckStatus.NOT_CHECKED, reason)
