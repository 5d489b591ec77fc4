"""How callers are asked for a mark: the business's setting."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import Session

from callcrm.base.errors import Refused
from callcrm.business import modules, settings
from callcrm.models.crm.survey import SurveyChannel, SurveyKind

NAME = "surveys"
MODULE = "surveys"
MOST_DAYS = 365


@dataclass(frozen=True, slots=True)
class SurveySettings:
    """The one question, how it is asked, and that nobody is asked oftener than every so many days."""

    kind: SurveyKind = SurveyKind.CSAT
    channel: SurveyChannel = SurveyChannel.KEYPRESS
    active: bool = True
    every_days: int = 30
    version: int = settings.FIRST_VERSION


def get(session: Session) -> SurveySettings:
    """The setting as it is now."""
    return _of(settings.get(session, NAME))


def lock(session: Session, now: datetime) -> SurveySettings:
    """The setting, which no other verb changes before this one's commit."""
    return _of(settings.lock(session, NAME, now))


def put(session: Session, wanted: SurveySettings, *, by: str | None, now: datetime) -> SurveySettings:
    """Changes the setting. Refused for a question that can't be asked that way: on the phone `0` is a person
    at all times, so it is no mark.
    """
    if wanted.kind == SurveyKind.NPS and wanted.channel == SurveyChannel.KEYPRESS:
        raise Refused(
            "Marks from 0 to 10 can't be given by a key: 0 always reaches a person. Ask by SMS or by link.",
            field="channel",
        )
    if not 1 <= wanted.every_days <= MOST_DAYS:
        raise Refused("Choose from 1 to %(most)s days.", field="every_days", most=MOST_DAYS)
    value = {name: item for name, item in asdict(wanted).items() if name != "version"}
    return _of(settings.put(session, NAME, value, by=by, now=now))


def asking(session: Session) -> SurveySettings | None:
    """The setting, while callers are asked at all: the module is on and the survey active."""
    current = get(session)
    return current if current.active and MODULE not in modules.off(session) else None


def _of(stored: settings.Stored) -> SurveySettings:
    """The setting; of one that makes no sense, that nobody is asked."""
    return settings.sense(NAME, stored, _read, SurveySettings(active=False, version=stored.version))


def _read(stored: settings.Stored) -> SurveySettings:
    value = stored.value or {}
    fresh = SurveySettings()
    return SurveySettings(
        kind=SurveyKind(value.get("kind", fresh.kind)),
        channel=SurveyChannel(value.get("channel", fresh.channel)),
        active=bool(value.get("active", fresh.active)),
        every_days=int(value.get("every_days", fresh.every_days)),
        version=stored.version,
    )
