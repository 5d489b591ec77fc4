"""What people fill in, and which pages use it: no field is kept that no page uses.

A column of a noun is either in its `form_fields` or fills itself (`tests/crm/test_fields.py` knows which). An
`optional` one may be left empty; one that is also `hideable` is left out of its form where the business does
without it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from callcrm.i18n.locale import Locale

Text = Callable[[Locale], str]


@dataclass(frozen=True, slots=True)
class Field:
    """A column that people fill in: what it is called."""

    column: str
    title: Text
    optional: bool = False
    hideable: bool = False


@dataclass(frozen=True, slots=True)
class FieldTable:
    """Fields of a table: which pages use them, and the column that orders its rows by time. `touched`: its
    rows are counted by when their customer was last in touch with us.
    """

    name: str
    title: Text
    uses: Text
    fields: tuple[Field, ...]
    at: str = "created_at"
    touched: bool = False


def translated(text: str) -> Text:
    """A text that is translated when it is read; gathered as all texts are."""
    return lambda locale: locale._(text)


def always(column: str, title: Text) -> Field:
    """A field that is never empty."""
    return Field(column, title)


def may(column: str, title: Text, *, hideable: bool = False) -> Field:
    """A field that may be left empty."""
    return Field(column, title, optional=True, hideable=hideable)


_ = translated  # the name by which texts are gathered
CORE = (
    FieldTable(
        "customer",
        _("Customers"),
        _("The call beside which they are shown, their page, the list of customers, and routing."),
        (
            always("name", _("Name")),
            may("language", _("Language"), hideable=True),
            may("tier", _("Tier"), hideable=True),
            may("owner_id", _("Own agent"), hideable=True),
        ),
        touched=True,
    ),
    FieldTable(
        "call",
        _("Calls"),
        _("The call’s page, the list of calls and its figures."),
        (may("disposition", _("How it ended")), may("subject", _("Subject"))),
        at="started_at",
    ),
)


def hideable(tables: Iterable[FieldTable]) -> frozenset[str]:
    """The fields of these tables that a form can do without, each as TABLE.COLUMN."""
    return frozenset(
        f"{table.name}.{field.column}" for table in tables for field in table.fields if field.hideable
    )
