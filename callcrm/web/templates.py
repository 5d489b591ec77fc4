"""The templates, in each language."""

from collections.abc import Mapping
from functools import partial

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block

from callcrm.base.text import isolated
from callcrm.i18n.locale import LANGUAGES, Locale, iso
from callcrm.layout import folder
from callcrm.web import labels, timeline_text
from callcrm.web.assets import asset

FILTERS = (
    "number",
    "digits",
    "time",
    "clock",
    "date",
    "date_long",
    "date_gregorian",
    "day",
    "when",
    "duration",
    "span",
    "tel",
)


def environment(locale: Locale) -> Environment:
    """Everything a template may use, in this language."""
    made = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(asset=asset, locale=locale, languages=LANGUAGES)
    made.add_extension("jinja2.ext.do")
    catalogue = locale.catalogue
    made.install_gettext_callables(catalogue.gettext, catalogue.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update({name: getattr(locale, name) for name in FILTERS}, iso=iso, isolated=isolated)
    made.filters.update(
        queue_name=partial(labels.queue, locale),
        language_name=partial(labels.language, locale),
        telephone=partial(labels.telephone, locale),
        owed=partial(timeline_text.owed, locale),
    )
    return made


class Templates:
    """Renders pages, and the blocks of pages that are swapped live."""

    def __init__(self, locale: Locale) -> None:
        self._environment = environment(locale)

    def page(self, name: str, context: Mapping[str, object]) -> str:
        """`calls.html`, or of `calls.html#rows` the block alone."""
        file, _, block = name.partition("#")
        if block:
            return str(render_block(self._environment, file, block, **context))
        return self._environment.get_template(file).render(**context)
