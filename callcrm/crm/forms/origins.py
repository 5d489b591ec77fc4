"""Whose pages may show the public forms in a frame: a setting of the business, nobody's unless it says so."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session

from callcrm.base.errors import Refused
from callcrm.base.typed_text import normalized
from callcrm.business import settings

NAME = "form_origins"
MOST = 20
EXAMPLE = "https://www.example.com"
ORIGIN = re.compile(r"https://[a-z0-9.-]{1,253}(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?")


def get(session: Session) -> Sequence[str]:
    """The origins."""
    return tuple(sorted(settings.names_of(NAME, settings.get(session, NAME))))


def put(session: Session, lines: Iterable[str], *, by: str | None, now: datetime) -> Sequence[str]:
    """The origins, which are now these; Refused for one that is none, and for more than MOST."""
    origins = sorted({origin for line in lines if (origin := normalized(line).lower().rstrip("/"))})
    if len(origins) > MOST:
        raise Refused("That are too many pages.", field="origins")
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise Refused(
                "%(origin)s is no address of a website such as %(example)s.",
                field="origins",
                origin=origin[:100],
                example=EXAMPLE,
            )
    return tuple(settings.put(session, NAME, origins, by=by, now=now).value)
