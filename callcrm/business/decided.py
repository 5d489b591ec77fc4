"""What the business decided that every page is drawn by, read in one statement."""

from dataclasses import dataclass

from sqlalchemy import Text, cast, select
from sqlmodel import Session, col

from callcrm.business import fields, modules, settings, tiers
from callcrm.business.tiers import Tiers
from callcrm.models import Setting

NAMES = (tiers.NAME, modules.NAME, fields.NAME)
_DECIDED = select(col(Setting.name), cast(col(Setting.value), Text), col(Setting.version)).where(
    col(Setting.name).in_(NAMES)
)


@dataclass(frozen=True, slots=True)
class Decided:
    """The tiers in force, the modules that are off, and the fields (TABLE.COLUMN) that are in no form."""

    tiers: Tiers = tiers.NOBODY
    modules_off: frozenset[str] = frozenset()
    hidden_fields: frozenset[str] = frozenset()


def decided(session: Session) -> Decided:
    """What is decided now."""
    rows = {name: (text, version) for name, text, version in session.connection().execute(_DECIDED)}
    modules_off, hidden = (rows.get(name, (None, 1))[0] for name in (modules.NAME, fields.NAME))
    in_force = tiers.of_texts(rows.get(tiers.NAME, (None, 1)), modules_off)
    off = settings.names(modules.NAME, modules_off)
    return Decided(in_force, off, settings.names(fields.NAME, hidden))


def tiers_in_force(session: Session) -> Tiers:
    """The tiers whose rules count; none of them while they are switched off."""
    return decided(session).tiers
