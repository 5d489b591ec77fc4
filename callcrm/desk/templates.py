"""The templates, in each language."""

from collections.abc import Mapping
from functools import partial

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block

from callcrm.base.text import isolated
from callcrm.desk import moments, naming
from callcrm.desk.assets import asset
from callcrm.desk.words import LANGUAGES, Words, iso
from callcrm.layout import folder

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


def environment(words: Words) -> Environment:
    """Everything a template may use, in this language."""
    made = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(asset=asset, words=words, languages=LANGUAGES)
    made.add_extension("jinja2.ext.do")
    catalogue = words.catalogue
    made.install_gettext_callables(catalogue.gettext, catalogue.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update({name: getattr(words, name) for name in FILTERS}, iso=iso, isolated=isolated)
    made.filters.update(
        queue_name=partial(naming.queue, words),
        language_name=partial(naming.language, words),
        telephone=partial(naming.telephone, words),
        owed=partial(moments.owed, words),
    )
    return made


class Templates:
    """Renders pages, and the blocks of pages that are swapped live."""

    def __init__(self, words: Words) -> None:
        self._environment = environment(words)

    def page(self, name: str, context: Mapping[str, object]) -> str:
        """`calls.html`, or of `calls.html#rows` the block alone."""
        file, _, block = name.partition("#")
        if block:
            return str(render_block(self._environment, file, block, **context))
        return self._environment.get_template(file).render(**context)
