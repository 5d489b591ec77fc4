"""The family of failures that have a meaning for a caller of our verbs.

CallcrmError
  Refused      the request can't be done as asked         (API 422, CLI 1)
    NotFound   there is no such thing, or none for you    (API 404)
    Forbidden  this one may not do it                     (API 403)
    Conflict   it clashes with what is already there      (API 409)
    TooLarge   more than the stated limit                 (API 413)
    TooMany    as often as may be for now                 (API 429)
  Unavailable  a part we need is down; trying again may do (API 503)
"""


class CallcrmError(Exception):
    """Anything our own code reports; its text is for people.

    `said` has a place for each of `values`, so that it can be said in another language.
    """

    def __init__(self, said: str = "", **values: object) -> None:
        super().__init__(said % values if values else said)
        self.message = said
        self.values = values


class Refused(CallcrmError):
    """The request can't be done as asked."""

    def __init__(self, said: str, *, field: str | None = None, **values: object) -> None:
        super().__init__(said, **values)
        self.field = field


class NotFound(Refused):
    """There is no such thing, or none this one may see."""


class Forbidden(Refused):
    """This one may not do it."""


class Conflict(Refused):
    """It clashes with what is already there."""


class TooLarge(Refused):
    """More than the stated limit."""


class TooMany(Refused):
    """As often as may be for now; later it will do."""


class Unavailable(CallcrmError):
    """A part we need is down; trying again may do."""
