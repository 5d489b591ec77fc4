"""The HTTP status of each error that verbs raise, the same for API and pages."""

from callcrm.base.errors import (
    CallcrmError,
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    RefusedByRule,
    TooLarge,
    TooMany,
    Unavailable,
)

STATUS: tuple[tuple[type[CallcrmError], int], ...] = (
    (NotFound, 404),
    (Forbidden, 403),
    (RefusedByRule, 409),
    (Conflict, 409),
    (TooLarge, 413),
    (TooMany, 429),
    (Refused, 422),
    (Unavailable, 503),
)


def status_of(fault: CallcrmError) -> int:
    """The HTTP status of an error; 500 for one without."""
    return next((status for kind, status in STATUS if isinstance(fault, kind)), 500)
