"""Surveys in words."""

from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal

from callcrm.base.calendars import JALALI_LANGUAGES, MONTHS_FA, language_of_year
from callcrm.crm.surveys import answer
from callcrm.i18n import labels
from callcrm.i18n.line import Line
from callcrm.i18n.locale import Locale
from callcrm.models.crm.survey import SCALES, SurveyChannel, SurveyKind, SurveyResponse


def kind_of(row: SurveyResponse) -> SurveyKind:
    """The kind of question that was asked."""
    return SurveyKind(row.kind)


def kind(locale: Locale, name: str) -> str:
    """A kind of question by its name."""
    return {
        SurveyKind.CSAT: locale._("Satisfaction, 1 to 5"),
        SurveyKind.EFFORT: locale._("Ease, 1 to 7"),
        SurveyKind.NPS: locale._("Recommendation, 0 to 10"),
    }[SurveyKind(name)]


def channel(locale: Locale, name: str) -> str:
    """A way of asking by its name."""
    return {
        SurveyChannel.KEYPRESS: locale._("by a key, at the end of the call"),
        SurveyChannel.SMS: locale._("by SMS, after the call"),
        SurveyChannel.LINK: locale._("by a link, after the call"),
    }[SurveyChannel(name)]


def question(locale: Locale, name: str) -> str:
    """The one question."""
    return {
        SurveyKind.CSAT: locale._("How content are you with your call with us?"),
        SurveyKind.EFFORT: locale._("How easy was it to get what you needed?"),
        SurveyKind.NPS: locale._("How likely are you to recommend us to a friend?"),
    }[SurveyKind(name)]


def ends(locale: Locale, name: str) -> tuple[str, str]:
    """What the lowest and the highest mark mean."""
    return {
        SurveyKind.CSAT: (locale._("not at all"), locale._("very content")),
        SurveyKind.EFFORT: (locale._("very hard"), locale._("very easy")),
        SurveyKind.NPS: (locale._("never"), locale._("certainly")),
    }[SurveyKind(name)]


def mark(locale: Locale, row: SurveyResponse) -> str:
    """A mark with the highest there is: 4 of 5."""
    highest = SCALES[SurveyKind(row.kind)][1]
    return locale._("%(mark)s of %(most)s", mark=locale.number(row.score or 0), most=locale.number(highest))


def line(locale: Locale, row: SurveyResponse) -> Line:
    """A survey in a line."""
    if row.answered_at is None:
        return Line(locale._("Asked for a mark: no answer"), "note")
    tone = "lost" if answer.is_bad(row) else "live" if answer.is_happy(row) else ""
    return Line(locale._("Asked for a mark: %(mark)s", mark=mark(locale, row)), "note", tone)


def group(locale: Locale, by: str, key: str) -> str:
    """The name of a group, of agents aside."""
    if not key:
        return locale._("none")
    if by == "channel":
        return {"keypress": locale._("Key"), "sms": locale._("SMS"), "link": locale._("Link")}[key]
    if by == "queue":
        return labels.queue(locale, key)
    if by == "language":
        return labels.language(locale, key)
    if by == "month":
        return month(locale, key)
    if by == "tier":
        kinds = {"gold": locale._("Gold"), "silver": locale._("Silver"), "bronze": locale._("Bronze")}
        return kinds.get(key) or labels.tier(locale, key)
    return talk(locale, key) if by == "talk" else key


def month(locale: Locale, key: str) -> str:
    """A month by name: `2026-05` is May 2026, and `1405-03` is خرداد ۱۴۰۵."""
    year, number = (int(part) for part in key.split("-"))
    if language_of_year(year) in JALALI_LANGUAGES:
        return f"{MONTHS_FA[number - 1]} {locale.digits(year)}"
    first = date(year, number, 1)
    return locale.digits(format_date(first, "MMMM y", locale=locale.language))


def score(locale: Locale, kind: str, value: float) -> str:
    """A score with one digit behind the point; NPS without any."""
    pattern = "0" if kind == SurveyKind.NPS else "0.0"
    return locale.digits(format_decimal(value, pattern, locale=locale.language, numbering_system="default"))


def talk(locale: Locale, key: str) -> str:
    """A length of talk: 1 to 3 minutes."""
    low, _, high = key.partition("-")
    if not high:
        return locale._("%(n)s minutes and more", n=locale.number(int(low)))
    if low == "0":
        return locale._("under a minute")
    return locale._("%(low)s to %(high)s minutes", low=locale.number(int(low)), high=locale.number(int(high)))


def by(locale: Locale, name: str) -> str:
    """What results are grouped by."""
    return {
        "agent": locale._("Agent"),
        "queue": locale._("Queue"),
        "menu": locale._("Way through the menus"),
        "month": locale._("Month"),
        "channel": locale._("How they were asked"),
        "language": locale._("Language"),
        "talk": locale._("Length of the talk"),
        "tier": locale._("Tier"),
    }[name]


def score_name(locale: Locale, name: str) -> str:
    """What a score is: the mean of which marks."""
    return {
        SurveyKind.CSAT: locale._("on average, of 5"),
        SurveyKind.EFFORT: locale._("on average, of 7"),
        SurveyKind.NPS: locale._("NPS, −100 to 100"),
    }[SurveyKind(name)]
