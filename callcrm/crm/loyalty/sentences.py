"""What to say to a customer of a programme, in the reader's language."""

from callcrm.crm.loyalty.ordinals import ordinal
from callcrm.crm.loyalty.parameters import EveryNth, Fixed, Gift, Parameters, Percent, Points
from callcrm.crm.loyalty.standing import Standing
from callcrm.i18n.locale import Locale

EXAMPLE_POINTS = 100


def sentence(locale: Locale, standing: Standing) -> str:
    """The sentence to say: what there is now, or how much is missing."""
    return _sentence(locale, standing.parameters, standing.remaining, standing.balance)


def example(locale: Locale, parameters: Parameters, remaining: int = 0) -> str:
    """The sentence as it will be said of such a programme with so many purchases missing."""
    return _sentence(locale, parameters, remaining, EXAMPLE_POINTS if remaining == 0 else 0)


def _sentence(locale: Locale, parameters: Parameters, remaining: int, balance: int) -> str:
    match parameters:
        case EveryNth():
            text = _every_nth(locale, parameters, remaining)
        case Gift():
            text = _gift(locale, parameters, remaining)
        case Points():
            return _points(locale, parameters, balance)
        case Percent() | Fixed():
            text = _discount(locale, parameters)
    most = parameters.most_worth if isinstance(parameters, EveryNth | Percent) else None
    return locale._("%(sentence)s Up to %(most)s.", sentence=text, most=locale.money(most)) if most else text


def _every_nth(locale: Locale, parameters: EveryNth, remaining: int) -> str:
    if parameters.product is not None:
        return _every_nth_of(locale, parameters.product, parameters.n, remaining)
    nth = ordinal(locale, parameters.n)
    if remaining == 0:
        return locale._("The next one is free: today is the %(nth)s.", nth=nth)
    if remaining == 1:
        before = ordinal(locale, parameters.n - 1)
        return locale._("Today is the %(nth)s: the next one is on us.", nth=before)
    return locale._("%(n)s more, and the %(nth)s is free.", n=locale.number(remaining), nth=nth)


def _every_nth_of(locale: Locale, product: str, n: int, remaining: int) -> str:
    nth = ordinal(locale, n)
    if remaining == 0:
        return locale._("The next %(product)s is free: it is the %(nth)s.", product=product, nth=nth)
    if remaining == 1:
        before = ordinal(locale, n - 1)
        return locale._("With the %(nth)s %(product)s, the next one is on us.", product=product, nth=before)
    count = locale.number(remaining)
    return locale._("%(n)s more of %(product)s, and the %(nth)s is free.", n=count, product=product, nth=nth)


def _gift(locale: Locale, parameters: Gift, remaining: int) -> str:
    if parameters.years is not None:
        if remaining:
            return locale._("A gift for staying with us: %(gift)s.", gift=parameters.gift)
        return locale._(
            "Thank you for staying with us. There is a gift for you: %(gift)s.", gift=parameters.gift
        )
    if remaining == 0:
        return locale._("There is a gift with the next one: %(gift)s.", gift=parameters.gift)
    return locale.ngettext(
        "%(n)s more, and then there is a gift: %(gift)s.",
        "%(n)s more, and then there is a gift: %(gift)s.",
        remaining,
        gift=parameters.gift,
    )


def _points(locale: Locale, parameters: Points, balance: int) -> str:
    if balance <= 0:
        each = locale.number(parameters.points)
        return locale._(
            "Points are collected with every purchase: %(points)s for each %(per)s.",
            points=each,
            per=locale.money(parameters.per),
        )
    return locale.ngettext(
        "There is %(n)s point for you, worth %(worth)s.",
        "There are %(n)s points for you, worth %(worth)s.",
        balance,
        worth=locale.money(parameters.money(balance)),
    )


def _discount(locale: Locale, parameters: Percent | Fixed) -> str:
    if isinstance(parameters, Fixed):
        off = locale.money(parameters.amount)
    else:
        off = locale.digits(f"{parameters.percent:g}") + ("٪" if locale.language == "fa" else "%")
    match parameters.payment:
        case None:
            return locale._("There is %(off)s off for you.", off=off)
        case "cash":
            return locale._("There is %(off)s off if you pay in cash.", off=off)
        case "card":
            return locale._("There is %(off)s off if you pay by card.", off=off)
        case "credit":
            return locale._("There is %(off)s off if you buy on credit.", off=off)
        case "other":
            return locale._("There is %(off)s off if you pay neither in cash nor by card.", off=off)
