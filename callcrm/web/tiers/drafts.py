"""The form of all tiers: what is typed, one draft for each tier, and the tiers that it says."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from pydantic import ValidationError
from starlette.datastructures import FormData

from callcrm.base.money import Money, minor_digits
from callcrm.base.text import one_line
from callcrm.base.typed_text import normalized
from callcrm.business.tiers import LONGEST_CODE, MOST_TIERS, Tier
from callcrm.crm.purchases.amounts import amount_of
from callcrm.crm.tiers import texts
from callcrm.i18n import labels
from callcrm.i18n.locale import Locale

NEW = "new-"  # begins the codes of tiers that are not saved yet
ORDER = "order"
NUMBERS = ("purchases", "window_days", "cash", "years", "queue_boost", "discount_percent")
AMOUNTS = ("spent", "large_order")


@dataclass(slots=True)
class Draft:
    """One tier as it is typed; `faults` says by field what is wrong."""

    code: str
    name: str = ""
    purchases: str = ""
    window_days: str = ""
    spent: str = ""
    large_order: str = ""
    cash: str = ""
    years: str = ""
    queue_boost: str = ""
    discount_percent: str = ""
    own_agent: str = ""
    queue: str = ""
    faults: dict[str, str] = field(default_factory=dict)


TYPED = tuple(field.name for field in fields(Draft) if field.name not in ("code", "faults"))


def of_form(form: FormData) -> list[Draft]:
    """The tiers as they were sent, in their order; more than there may be are left out."""
    codes = [str(code)[: LONGEST_CODE + len(NEW)] for code in form.getlist("code")][: MOST_TIERS + 1]
    return [
        _draft(code, {name: str(form.get(f"{code}.{name}", ""))[:100] for name in TYPED})
        for code in dict.fromkeys(codes)
    ]


def of_tiers(locale: Locale, tiers: Sequence[Tier]) -> list[Draft]:
    """The tiers as they are stored."""
    return [_of_tier(locale, tier) for tier in tiers]


def _of_tier(locale: Locale, tier: Tier) -> Draft:
    rule, gets = tier.rule, tier.benefits
    share = None if rule.cash_share is None else rule.cash_share * 100
    numbers = {
        "purchases": rule.purchases,
        "window_days": rule.window_days,
        "cash": share,
        "years": rule.years,
        "queue_boost": gets.queue_boost or None,
        "discount_percent": gets.discount_percent or None,
    }
    texts_of = {
        "name": labels.tier(locale, tier.name),
        "spent": _amount(locale, rule.spent),
        "large_order": _amount(locale, rule.large_order),
        "own_agent": "on" if gets.own_agent else "",
        "queue": gets.queue or "",
        **{name: _number(locale, value) for name, value in numbers.items()},
    }
    return _draft(tier.code, texts_of)


def _draft(code: str, values: Mapping[str, str]) -> Draft:
    draft = Draft(code)
    for name, text in values.items():
        setattr(draft, name, text)
    return draft


def _number(locale: Locale, value: float | None) -> str:
    return "" if value is None else locale.digits(f"{value:.10g}")


def _amount(locale: Locale, money: Money | None) -> str:
    """An amount as it can be typed: 1000.50 USD."""
    if money is None:
        return ""
    digits = minor_digits(money.currency)
    whole = money.value == int(money.value)
    return locale.digits(f"{money.value:.{0 if whole else digits}f}") + f" {money.currency}"


def blank(drafts: Sequence[Draft]) -> Draft:
    """One more tier, of which nothing is typed yet."""
    used = {draft.code for draft in drafts}
    return Draft(next(code for number in range(1, 100) if (code := f"{NEW}{number}") not in used))


def moved(drafts: Sequence[Draft], step: str) -> list[Draft]:
    """The drafts after a step of the form: `add`, or `up`, `down` or `remove` with the code of one."""
    rows = list(drafts)
    verb, _, code = step.partition(" ")
    place = next((place for place, row in enumerate(rows) if row.code == code), None)
    if verb == "add" and len(rows) < MOST_TIERS:
        rows.append(blank(rows))
    elif verb == "remove" and place is not None:
        del rows[place]
    elif verb in ("up", "down") and place is not None:
        other = min(max(place + (1 if verb == "down" else -1), 0), len(rows) - 1)
        rows.insert(other, rows.pop(place))
    return rows


def tiers_of(locale: Locale, drafts: Sequence[Draft], currency: str) -> list[Tier]:
    """The tiers that are typed, the first the best; what is no tier is left out, and its draft says why."""
    codes = {draft.code.lower() for draft in drafts if not draft.code.startswith(NEW)}
    tiers = []
    for rank, draft in enumerate(drafts, 1):
        code = draft.code
        if code.startswith(NEW):
            code = _code(draft.name, codes)
            codes.add(code.lower())
        tier = _tier_of(locale, draft, code, rank, currency)
        if tier is not None:
            tiers.append(tier)
    return tiers


def _code(name: str, used: set[str]) -> str:
    """A code for a new tier, after its name."""
    stem = "-".join(one_line(name).lower().split())[: LONGEST_CODE - 3] or "tier"
    numbered = (stem if number == 1 else f"{stem}-{number}" for number in range(1, 100))
    return next(code for code in numbered if code not in used)


def _tier_of(locale: Locale, draft: Draft, code: str, rank: int, currency: str) -> Tier | None:
    values = {name: _typed_number(locale, draft, name) for name in NUMBERS}
    amounts = {name: _typed_amount(locale, draft, name, currency) for name in AMOUNTS}
    share = values["cash"]
    rule = {
        "window_days": values["window_days"],
        "purchases": values["purchases"],
        "years": values["years"],
        "cash_share": None if share is None else share / 100,
        **amounts,
    }
    benefits = {
        "queue_boost": values["queue_boost"] or 0,
        "discount_percent": values["discount_percent"] or 0,
        "own_agent": draft.own_agent == "on",
        "queue": draft.queue or None,
    }
    try:
        tier = Tier.model_validate(
            {"code": code, "name": one_line(draft.name), "rank": rank, "rule": rule, "benefits": benefits}
        )
    except ValidationError as refused:
        for error in refused.errors():
            place = {"cash_share": "cash"}.get(str(error["loc"][-1]), str(error["loc"][-1]))
            name = place if place in TYPED else next((str(at) for at in error["loc"] if at in TYPED), "name")
            draft.faults.setdefault(name, _fault(locale, name))
        return None
    return None if draft.faults else tier


def _fault(locale: Locale, name: str) -> str:
    return {
        "name": locale._("A tier needs a name of at most 40 characters."),
        "window_days": locale._("A number of days, 1 or more."),
        "cash": locale._("A share from 0 to 100 percent."),
        "queue_boost": locale._("From 0 to 300 seconds."),
        "discount_percent": locale._("From 0 to 100 percent."),
        "years": locale._("From 0 to 100 years."),
    }.get(name, locale._("A number, 0 or more."))


def _typed_number(locale: Locale, draft: Draft, name: str) -> int | float | None:
    text = normalized(getattr(draft, name)).replace("٫", ".").rstrip("%٪").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        draft.faults[name] = _fault(locale, name)
        return None
    if value != value or abs(value) > 1e9:
        draft.faults[name] = _fault(locale, name)
        return None
    return int(value) if value == int(value) else value


def _typed_amount(locale: Locale, draft: Draft, name: str, currency: str) -> dict[str, object] | None:
    text = getattr(draft, name).strip()
    if not text:
        return None
    try:
        money = amount_of(text, currency)
    except ValueError:
        draft.faults[name] = locale._("An amount such as 1000 USD.")
        return None
    return {"amount": money.amount, "currency": money.currency}


# --- two who edit at once: each tier is one thing, and so is their order ---


def stored_fields(tiers: Sequence[Tier]) -> dict[str, str]:
    """The tiers as fields of a form, by code; and their order."""
    texts_of = {tier.code: tier.model_copy(update={"rank": 1}).model_dump_json() for tier in tiers}
    return {**texts_of, ORDER: "\n".join(texts_of)}


def tiers_of_fields(values: dict[str, str]) -> list[Tier]:
    """The tiers of these fields, in their order; those it does not name come last."""
    tiers = [Tier.model_validate_json(text) for code, text in values.items() if code != ORDER and text]
    order = values[ORDER].split("\n")
    tiers.sort(key=lambda tier: order.index(tier.code) if tier.code in order else len(order))
    return [tier.model_copy(update={"rank": rank}) for rank, tier in enumerate(tiers, 1)]


def described(locale: Locale, name: str, text: str) -> str:
    """One of these fields for people."""
    if name == ORDER:
        return "\n".join(text.split("\n"))
    if not text:
        return locale._("removed")
    tier = Tier.model_validate(json.loads(text))
    return f"{labels.tier(locale, tier.name)}: {texts.sentence(locale, tier)}"
