"""Jinja templates, an environment for each language."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from types import CodeType
from zoneinfo import ZoneInfo

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from jinja2.ext import Extension

from callcrm.base.text import bidi_isolate
from callcrm.crm.promises import texts
from callcrm.crm.purchases import history
from callcrm.edge import path_prefix
from callcrm.i18n import labels
from callcrm.i18n.locale import LANGUAGES, Locale, iso
from callcrm.live.kinds import PAGE_KINDS
from callcrm.paths import folder
from callcrm.reports.measures import Figure
from callcrm.web import markup
from callcrm.web.assets import STATIC, asset

INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
FILTERS = (
    "number",
    "digits",
    "time",
    "clock",
    "date",
    "date_long",
    "date_gregorian",
    "day",
    "year",
    "when",
    "duration",
    "span",
    "money",
    "percent",
    "tel",
)


class Unindented(Extension):
    """A Jinja extension that strips indentation from templates, a fifth of a long list's size.

    Text that must keep its spaces (a note, a textarea) comes from values, which are not touched.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The source with one space for each indentation; line numbers stay the same."""
        return INDENTATION.sub(" ", source)


class Compiled(BytecodeCache):
    """A bytecode cache for the life of the process, so that a restarted demo compiles nothing twice."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Loads the bytecode of this source, if it was compiled before."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Stores the bytecode."""
        self._code[bucket.key, bucket.checksum] = bucket.code


# By locale: filters of constants are applied when a template is compiled.
_compiled: defaultdict[tuple[str, ZoneInfo, str], Compiled] = defaultdict(Compiled)


def environment(locale: Locale, prefix: str = "") -> Environment:
    """The Jinja environment of one language: filters, functions and translations."""
    made = Environment(
        # static/ holds one thing that is drawn into pages: vendor/icons.svg, made at set-up.
        loader=FileSystemLoader([folder("templates"), STATIC]),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", Unindented],
        trim_blocks=True,
        bytecode_cache=_compiled[locale.language, locale.zone, locale.region],
    )
    made.globals.update(asset=asset, locale=locale, languages=LANGUAGES, page_kinds=PAGE_KINDS, prefix=prefix)
    catalogue = locale.catalogue
    # The i18n extension adds it to the environment.
    made.install_gettext_callables(catalogue.gettext, catalogue.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update({name: getattr(locale, name) for name in FILTERS}, iso=iso, bidi_isolate=bidi_isolate)
    made.filters.update(
        queue_name=partial(labels.queue, locale),
        language_name=partial(labels.language, locale),
        telephone=partial(labels.telephone, locale),
        address=partial(markup.address, locale),
        role_name=partial(labels.role, locale),
        in_language=partial(markup.in_language, locale),
        party_text=lambda call: labels.party(locale, call.phone, call.address),
        party_name=lambda row: (
            row.customer.name if row.customer else labels.party(locale, row.phone, row.address)
        ),
        owed=partial(texts.what_is_owed, locale),
        figure=partial(_figure, locale),
        tier_name=lambda code, tiers: labels.tier(locale, tiers.name(code)),
        payment=partial(history.payment, locale),
        currency_name=partial(labels.currency, locale),
    )
    return made


def _figure(locale: Locale, figure: Figure) -> str:
    """A measure's value: a count, a share in whole per cent, or a mean."""
    if figure.value is None:
        return ""
    if figure.measure.summed is not None:
        return locale.number(round(figure.value, 1))
    if figure.denominator is None:
        return locale.number(figure.numerator)
    return locale._("%(share)s %%", share=locale.number(round(100 * figure.value)))


class Templates:
    """Renders the templates in one language; their paths are those of routes, below this prefix."""

    def __init__(self, locale: Locale, prefix: str = "") -> None:
        self._prefix = prefix
        self._environment = environment(locale, prefix)

    def page(self, name: str, context: Mapping[str, object]) -> str:
        """The text of a page, or of a part of one."""
        html = self._environment.get_template(name).render(**context)
        return path_prefix.add_to_html(html, self._prefix)
