"""Modules as the API and the page of settings show them."""

from collections.abc import Iterable

from callcrm.base.objects import Shape
from callcrm.crm import noun
from callcrm.i18n.locale import Locale


class Module(Shape):
    """A part of the product that may be switched off; `uses` says which pages use what it keeps."""

    name: str
    title: str
    on: bool
    uses: str


def module_objects(locale: Locale, modules: Iterable[noun.Module], off: frozenset[str]) -> list[Module]:
    """These modules in this language, in their order."""
    return [
        Module(
            name=module.name, title=module.title(locale), on=module.name not in off, uses=module.uses(locale)
        )
        for module in modules
    ]
