"""A locale: texts, numbers, dates and telephone numbers as a language writes them."""

import datetime as dt
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_name
from babel.support import NullTranslations, Translations

from callcrm.base.calendars import DAYS_FA, JALALI_LANGUAGES, MONTHS_FA, in_calendar
from callcrm.base.money import Money, minor_digits

LANGUAGES: Mapping[str, str] = {"en": "English", "fa": "فارسی"}
DEFAULT = "en"
LOCALE = Path(__file__).parents[1] / "locale"
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def preferred(accept_language: str) -> str:
    """The first language of an Accept-Language header that we speak; English for none of ours."""
    first = (word.split(";")[0].strip().split("-")[0].lower() for word in accept_language.split(","))
    return next((code for code in first if code in LANGUAGES), DEFAULT)


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language, read from its .po; English needs none."""
    source = LOCALE / language / "LC_MESSAGES" / "messages.po"
    if not source.exists():
        return NullTranslations()
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


class Locale:
    """One language at one business, whose zone and region decide how times and numbers read."""

    def __init__(self, language: str, zone: ZoneInfo, region: str, now: Callable[[], dt.datetime]) -> None:
        self.language = language if language in LANGUAGES else DEFAULT
        self.zone = zone
        self.region = region
        self._now = now
        self.catalogue = translations(self.language)
        self.jalali = self.language in JALALI_LANGUAGES
        self.direction = "rtl" if self.language == "fa" else "ltr"

    def _(self, text: str, **values: object) -> str:
        """The text in this language, its placeholders filled."""
        translated = self.catalogue.gettext(text)
        return translated % values if values else translated

    def ngettext(self, singular: str, plural: str, n: int, **values: object) -> str:
        """The text for this many; `%(n)s` is the number as it is read here."""
        return self.catalogue.ngettext(singular, plural, n) % {"n": self.number(n), **values}

    def digits(self, text: object) -> str:
        """The text with the digits of this language."""
        return str(text).translate(PERSIAN_DIGITS) if self.language == "fa" else str(text)

    def number(self, value: float) -> str:
        """A number with thousands separators."""
        return self.digits(format_decimal(value, locale=self.language, numbering_system="default"))

    def money(self, money: Money) -> str:
        """$2,310, $12.50; ۲٬۳۱۰ دلار امریکا in Persian. Nothing stands behind the point of a whole amount."""
        value, digits = money.value, minor_digits(money.currency)
        behind = f".{'0' * digits}" if digits and value != int(value) else ""
        if self.language == "fa":
            number = format_decimal(value, f"#,##0{behind}", locale="fa", numbering_system="default")
            return f"{self.digits(number)} {get_currency_name(money.currency, locale='fa')}"
        pattern = f"¤#,##0{behind}"
        return str(format_currency(value, money.currency, pattern, locale="en", currency_digits=False))

    def percent(self, share: float) -> str:
        """A share as whole percents: 37%, ۳۷٪."""
        text = format_percent(share, "#,##0%", locale=self.language, numbering_system="default")
        return self.digits(text).replace("%", "٪") if self.language == "fa" else str(text)

    # --- times: what is stored is UTC, what is shown is the business's own time ---

    def local(self, moment: datetime) -> datetime:
        """The moment in the business's zone."""
        return moment.astimezone(self.zone)

    def time(self, moment: datetime) -> str:
        """11:15."""
        return self.digits(format(self.local(moment), "%H:%M"))

    def clock(self, moment: datetime) -> str:
        """11:15:09."""
        return self.digits(format(self.local(moment), "%H:%M:%S"))

    def date(self, moment: datetime | dt.date) -> str:
        """Mon 17 Nov, and the year if it is not this one."""
        day = self._day(moment)
        same_year = in_calendar(day, self.language).year == in_calendar(self.today(), self.language).year
        if self.jalali:
            jalali = in_calendar(day, self.language)
            year = "" if same_year else f" {jalali.year}"
            return self.digits(f"{DAYS_FA[day.weekday()]} {jalali.day} {MONTHS_FA[jalali.month - 1]}{year}")
        return str(format_date(day, "EEE d MMM" if same_year else "EEE d MMM y", locale=self.language))

    def date_long(self, moment: datetime | dt.date) -> str:
        """Monday 17 November 2025."""
        day = self._day(moment)
        if self.jalali:
            jalali = in_calendar(day, self.language)
            return self.digits(
                f"{DAYS_FA[day.weekday()]} {jalali.day} {MONTHS_FA[jalali.month - 1]} {jalali.year}"
            )
        return str(format_date(day, "EEEE d MMMM y", locale=self.language))

    def date_gregorian(self, moment: datetime | dt.date) -> str:
        """2025-11-17, for the hover where staff may need it."""
        return self._day(moment).isoformat()

    def year(self, moment: datetime) -> str:
        """The year, as this language's calendar counts it."""
        return self.digits(in_calendar(self.local(moment).date(), self.language).year)

    def day(self, moment: datetime | dt.date) -> str:
        """A day as a heading: today and yesterday by name."""
        day, today = self._day(moment), self.today()
        near = {today: self._("Today"), today - timedelta(days=1): self._("Yesterday")}
        long = self.date_long(day)
        return self._("%(near)s, %(date)s", near=near[day], date=long) if day in near else long

    def when(self, moment: datetime) -> str:
        """The time if it is today, else the day with the time."""
        if self._day(moment) == self.today():
            return self.time(moment)
        return self._("%(date)s, %(time)s", date=self.date(moment), time=self.time(moment))

    def today(self) -> dt.date:
        """The day it is at the business."""
        return self._now().astimezone(self.zone).date()

    def _day(self, moment: datetime | dt.date) -> dt.date:
        return self.local(moment).date() if isinstance(moment, datetime) else moment

    def duration(self, seconds: float | None) -> str:
        """5:17, or 1:02:09."""
        whole = max(0, int(seconds or 0))
        minutes, rest = divmod(whole, 60)
        hours, minutes = divmod(minutes, 60)
        return self.digits(f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}")

    def span(self, seconds: float | None) -> str:
        """1 h 52 min, 27 min, or 40 s: how long something has been going on."""
        whole = max(0, int(seconds or 0))
        hours, minutes = divmod(whole // 60, 60)
        if hours:
            return self._(
                "%(hours)s h %(minutes)s min", hours=self.number(hours), minutes=self.number(minutes)
            )
        if minutes:
            return self._("%(minutes)s min", minutes=self.number(minutes))
        return self._("%(seconds)s s", seconds=self.number(whole))

    def tel(self, e164: str | None) -> str:
        """A telephone number spaced for reading: nationally where it is of the business's own country."""
        if not e164:
            return ""
        try:
            number = phonenumbers.parse(e164)
        except phonenumbers.NumberParseException:
            return self.digits(e164)
        home = self.language == "fa" and phonenumbers.region_code_for_number(number) == self.region
        shape = (
            phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
        return self.digits(phonenumbers.format_number(number, shape).replace("-", " "))


def iso(moment: datetime) -> str:
    """A moment for `datetime` attributes: Gregorian and UTC in every language."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
