"""The business's tiers, read and changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session

from callcrm.base.errors import Refused
from callcrm.base.text import is_storable, one_line
from callcrm.business import settings
from callcrm.business import tiers as business_tiers
from callcrm.business.tiers import MOST_TIERS, NAME, Benefits, Tier, Tiers
from callcrm.crm.tiers import run
from callcrm.i18n import labels
from callcrm.i18n.locale import Locale


def shown(locale: Locale, tiers: Tiers) -> list[Tier]:
    """The tiers as they are stored; those that nobody has changed have their names in this language."""
    if tiers.stored:
        return list(tiers.items)
    return [tier.model_copy(update={"name": labels.tier(locale, tier.name)}) for tier in tiers.items]


def checked(tiers: Iterable[Tier]) -> list[Tier]:
    """The tiers with their texts tidied, the best first; Refused for what can't be used."""
    items = [_tidied(place, tier) for place, tier in enumerate(tiers)]
    if len(items) > MOST_TIERS:
        raise Refused("There are at most %(most)s tiers.", most=MOST_TIERS, field="tiers")
    if (place := _double([tier.code.lower() for tier in items])) is not None:
        raise Refused("Two tiers have the same code.", field=f"{place}/code")
    if (place := _double([tier.rank for tier in items])) is not None:
        raise Refused("Two tiers have the same rank.", field=f"{place}/rank")
    return sorted(items, key=lambda tier: tier.rank)


def _tidied(place: int, tier: Tier) -> Tier:
    queue = one_line(tier.benefits.queue or "") or None
    texts = {"code": one_line(tier.code), "name": one_line(tier.name)}
    for name, text in {**texts, "benefits/queue": queue or "-"}.items():
        if not text or not is_storable(text):
            raise Refused("A tier needs a code and a name.", field=f"{place}/{name}")
    benefits = Benefits.model_validate({**tier.benefits.model_dump(), "queue": queue})
    return tier.model_copy(update={**texts, "benefits": benefits})


def _double(values: Sequence[object]) -> int | None:
    """The place of the first value that stands before as well; None where all differ."""
    return next((place for place, value in enumerate(values) if value in values[:place]), None)


def lock(session: Session, now: datetime) -> Tiers:
    """The tiers as they are now, which nobody else changes before this verb's commit."""
    stored = settings.lock(session, NAME, now)
    return business_tiers.of_value(stored.value, stored.version)


def replace(session: Session, items: Iterable[Tier], *, by: str | None, now: datetime) -> Tiers:
    """The tiers, changed to these. The first customers are put into theirs at once, the others soon after."""
    wanted = [tier.model_dump() for tier in checked(items)]
    saved = settings.put(session, NAME, wanted, by=by, now=now)
    run.step(session, now)
    return business_tiers.of_value(saved.value, saved.version)
