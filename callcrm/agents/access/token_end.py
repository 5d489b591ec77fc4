"""When a token ends, as people write it."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from callcrm.base.errors import Refused

DAYS = re.compile(r"([1-9][0-9]{0,3})d", re.ASCII)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def parse_end(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The end of a last day such as `2027-01-31`, in the business's zone, or so many days from now: `90d`.
    Refused for anything else, and for what is past.
    """
    days = DAYS.fullmatch(text)
    if days:
        return now + timedelta(days=int(days[1]))
    if not DATE.fullmatch(text):
        raise _unfit()
    try:
        end = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), zone)
    except (ValueError, OverflowError):
        raise _unfit() from None
    if end <= now:
        raise Refused("a token ends in the future", field="expires")
    return end.astimezone(now.tzinfo)


def _unfit() -> Refused:
    return Refused(
        "the last day is a date such as %(date)s, or days from now such as %(days)s",
        field="expires",
        date="2027-01-31",
        days="90d",
    )
