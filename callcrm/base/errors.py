"""The family of failures that have a meaning for a caller of our verbs.

CallcrmError
  Refused      the request can't be carried out           (API 422, CLI 1)
    NotFound   it does not exist, or not for this user    (API 404)
    Forbidden  this user may not do it                    (API 403)
    Conflict   it contradicts what is already stored      (API 409)
      RefusedByRule  a rule of the business forbids it   (API 409, with the rule's code)
    TooLarge   it exceeds the stated limit                (API 413)
    TooMany    the limit of requests for now is reached   (API 429)
  Unavailable  a part we need is down; trying again helps  (API 503)
"""

from collections.abc import Iterator


class CallcrmError(Exception):
    """Any failure of our own; its text is for people.

    `message` has a placeholder for each of `values`, `%(name)s`, so that it can be translated first.
    """

    def __init__(self, message: str = "", **values: object) -> None:
        super().__init__(message % values if values else message)
        self.message = message
        self.values = values


class Refused(CallcrmError):
    """The request can't be carried out; `field` names the field of the form or object that is wrong."""

    def __init__(self, message: str, *, field: str | None = None, **values: object) -> None:
        super().__init__(message, **values)
        self.field = field


class NotFound(Refused):
    """It does not exist, or this user may not see it: the two are never told apart."""


class Forbidden(Refused):
    """This user may not do it."""


class Conflict(Refused):
    """It contradicts what is already stored."""


class RefusedByRule(Conflict):
    """A rule of the business forbids it; `code` names the rule for programs."""

    def __init__(self, message: str, *, code: str, field: str | None = None, **values: object) -> None:
        super().__init__(message, field=field, **values)
        self.code = code


class TooLarge(Refused):
    """It exceeds the stated limit."""


class TooMany(Refused):
    """The limit of requests is reached for now; later the same one may succeed."""


class Unavailable(CallcrmError):
    """A part we need is down; trying again may succeed."""


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was raised from or while handling, outermost first."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def fault_fields(error: BaseException) -> dict[str, str]:
    """What a log line says of an error: its type, and the cause in our own words or the operating system's.
    Any other text may quote personal data.
    """
    fields = {"fault": type(error).__name__}
    if isinstance(error, Unavailable):
        return {**fields, "cause": str(error)}
    return {**fields, "cause": error.strerror} if isinstance(error, OSError) and error.strerror else fields
