"""Conduct in words."""

from callcrm.base.text import bidi_isolate
from callcrm.i18n.line import Line
from callcrm.i18n.locale import Locale
from callcrm.models.crm.conduct import ConductStep, Incident, IncidentKind, Step, StepState

ICON = "warn"
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def kind(locale: Locale, name: str) -> str:
    """What happened, in a word or two."""
    match IncidentKind(name):
        case IncidentKind.ABUSE:
            return locale._("Abuse")
        case IncidentKind.THREAT:
            return locale._("Threat")
        case IncidentKind.NUISANCE:
            return locale._("Nuisance calls")
        case IncidentKind.OTHER:
            return locale._("Other incident")


def kinds(locale: Locale) -> list[tuple[str, str]]:
    """The kinds to choose from."""
    return [(name.value, kind(locale, name)) for name in IncidentKind]


def incident_line(locale: Locale, row: Incident) -> Line:
    """An incident in a line."""
    name = kind(locale, row.kind)
    return Line(f"{name}: {bidi_isolate(row.body)}" if row.body else name, ICON)


def step_name(locale: Locale, name: str) -> str:
    """A step of the ladder."""
    match Step(name):
        case Step.WARNED:
            return locale._("Warning")
        case Step.PLAN:
            return locale._("Contact plan")
        case Step.ENDED:
            return locale._("Relationship ended")


def state(locale: Locale, row: ConductStep) -> str:
    """What has become of a step."""
    match StepState(row.state):
        case StepState.PROPOSED:
            return locale._("waits for a supervisor")
        case StepState.IN_FORCE:
            return locale._("in force")
        case StepState.REFUSED:
            return locale._("refused")
        case StepState.LIFTED:
            return locale._("lifted")
        case StepState.REPLACED:
            return locale._("replaced by a later plan")


def channel(locale: Locale, name: str | None) -> str:
    """The only way a plan allows, "" for any."""
    names = {
        "call": locale._("by phone only"),
        "phone": locale._("by phone only"),
        "sms": locale._("by text message only"),
        "whatsapp": locale._("by WhatsApp only"),
        "letter": locale._("by letter only"),
        "email": locale._("by e-mail only"),
    }
    return names.get(name or "", "")


def channels(locale: Locale) -> list[tuple[str, str]]:
    """The channels of a plan to choose from."""
    any_way = [("", locale._("any way"))]
    return any_way + [
        (name, channel(locale, name)) for name in ("phone", "sms", "whatsapp", "letter", "email")
    ]


def hours(locale: Locale, week: dict[str, list[str]] | None) -> str:
    """The hours of a plan, days with the same ones together: "Mon–Fri 09:00–12:00"; "" for always."""
    if not week:
        return ""
    runs: list[tuple[list[str], str]] = []
    for day in days_of_week(locale):
        periods = ", ".join(_period(locale, text) for text in sorted(week.get(day, ())))
        if runs and runs[-1][1] == periods:
            runs[-1][0].append(day)
        else:
            runs.append(([day], periods))
    return "; ".join(f"{_days(locale, names)} {periods}" for names, periods in runs if periods)


def days_of_week(locale: Locale) -> list[str]:
    """The weekdays in the order of the reader's week."""
    first = 5 if locale.language == "fa" else 0  # the week begins on Saturday there
    return [WEEK[(first + number) % 7] for number in range(7)]


def _period(locale: Locale, text: str) -> str:
    start, end = text.split("-")
    return locale.digits(f"{start}–{end}")


def _days(locale: Locale, names: list[str]) -> str:
    first, last = day(locale, names[0]), day(locale, names[-1])
    if len(names) == 1:
        return first
    return locale._("%(first)s–%(last)s", first=first, last=last)


def day(locale: Locale, name: str) -> str:
    """A weekday, short."""
    names = {
        "monday": locale._("Mon"),
        "tuesday": locale._("Tue"),
        "wednesday": locale._("Wed"),
        "thursday": locale._("Thu"),
        "friday": locale._("Fri"),
        "saturday": locale._("Sat"),
        "sunday": locale._("Sun"),
    }
    return names[name]


def plan(locale: Locale, row: ConductStep, agent: str) -> str:
    """A plan in a sentence, for whoever may be about to speak with the customer."""
    when, how, name = hours(locale, row.hours), channel(locale, row.channel), bidi_isolate(agent)
    if when and how:
        text = locale._("Only %(name)s speaks with them, %(how)s, %(when)s.", name=name, how=how, when=when)
    elif when or how:
        text = locale._("Only %(name)s speaks with them, %(when)s.", name=name, when=when or how)
    else:
        text = locale._("Only %(name)s speaks with them.", name=name)
    return text


def standing(locale: Locale, name: str) -> str:
    """Where on the ladder a customer is."""
    if name == "none":
        return locale._("Nothing has happened")
    return locale._("Incident, no step taken") if name == "incident" else step_name(locale, name)


def warning(locale: Locale) -> str:
    """What an agent says to whoever abuses them."""
    return locale._(
        "I want to help you, but not like this. I will end this call if you go on speaking to me in this way."
    )


def written_warning(locale: Locale) -> str:
    """The wording a warning begins with."""
    return locale._(
        "We want to help you. The way you spoke to our colleague is not acceptable to us. If it happens "
        "again, one named colleague alone will deal with you, and in the end nobody."
    )


def may_end(locale: Locale, standing_name: str) -> str:
    """What an agent may do who speaks with a customer of this standing; "" for nothing beyond any call."""
    if standing_name == Step.ENDED:
        return locale._(
            "The relationship was ended: their calls go to the operator. You may end the call at once."
        )
    if standing_name in (Step.PLAN, Step.WARNED):
        return locale._("You may end the call after one warning.")
    return ""
