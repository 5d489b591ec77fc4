"""The registry of nouns, and their seams."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from callcrm.crm.answers.noun import ANSWERS
from callcrm.crm.complaints.noun import COMPLAINTS
from callcrm.crm.conduct.noun import CONDUCT
from callcrm.crm.contacts.noun import CONTACTS
from callcrm.crm.feedback.noun import FEEDBACK
from callcrm.crm.fields import CORE, FieldTable
from callcrm.crm.forms.noun import FORMS
from callcrm.crm.import_kind import ImportKind
from callcrm.crm.imports.noun import IMPORTS
from callcrm.crm.loyalty.noun import LOYALTY
from callcrm.crm.noun import (
    CallAction,
    CallPart,
    CustomerField,
    Export,
    HistoryKind,
    Measure,
    Module,
    Notice,
    Noun,
    NounPage,
    Part,
    SearchKind,
)
from callcrm.crm.promises.noun import PROMISES
from callcrm.crm.purchases.noun import PURCHASES
from callcrm.crm.subjects.noun import SUBJECTS
from callcrm.crm.surveys.noun import SURVEYS
from callcrm.crm.tiers.noun import TIERS
from callcrm.models import Role

T = TypeVar("T")


@dataclass(frozen=True)
class Seams:
    """The nouns of a running app, seam by seam, in the order of registration."""

    nouns: tuple[Noun, ...]

    def without(self, off: frozenset[str]) -> "Seams":
        """The seams without the nouns of these modules."""
        if not off:
            return self
        return Seams(tuple(noun for noun in self.nouns if not (noun.module and noun.module.name in off)))

    @property
    def without_customer_fields(self) -> "Seams":
        """The seams where nouns say nothing of a customer: one of them can't."""
        return Seams(tuple(replace(noun, customer_fields=()) for noun in self.nouns))

    def all(self, seam: Callable[[Noun], Iterable[T]]) -> tuple[T, ...]:
        """What all nouns put into a seam that takes several things."""
        return tuple(part for noun in self.nouns for part in seam(noun))

    def has(self, module: str) -> bool:
        """Whether this module is switched on."""
        return any(entry.name == module for entry in self.modules)

    @property
    def modules(self) -> tuple[Module, ...]:
        """The modules, on or off, each once."""
        return tuple({noun.module.name: noun.module for noun in self.nouns if noun.module}.values())

    @cached_property
    def history_kinds(self) -> tuple[HistoryKind, ...]:
        """Kinds of history entries."""
        return self.all(lambda noun: noun.history)

    @property
    def pop_parts(self) -> tuple[Part, ...]:
        """Parts of the customer card beside a call."""
        return tuple(noun.pop for noun in self.nouns if noun.pop)

    @property
    def call_parts(self) -> tuple[CallPart, ...]:
        """Parts beside a call, whoever calls."""
        return tuple(noun.beside_call for noun in self.nouns if noun.beside_call)

    @property
    def call_page_parts(self) -> tuple[CallPart, ...]:
        """Parts of the call's page."""
        return tuple(noun.call_page for noun in self.nouns if noun.call_page)

    @property
    def customer_parts(self) -> tuple[Part, ...]:
        """Parts of the customer's page."""
        return tuple(noun.customer_page for noun in self.nouns if noun.customer_page)

    @property
    def customer_fields(self) -> tuple[CustomerField, ...]:
        """Fields of the API's Customer."""
        return self.all(lambda noun: noun.customer_fields)

    @property
    def form_fields(self) -> tuple[FieldTable, ...]:
        """What people fill in, by table: of customers and calls, then of the nouns."""
        return (*CORE, *self.all(lambda noun: noun.form_fields))

    @property
    def call_actions(self) -> tuple[CallAction, ...]:
        """What can be done from a call."""
        return self.all(lambda noun: noun.call_actions)

    @property
    def during_call(self) -> tuple[str, ...]:
        """The paths of parts beside the desk's controls while an agent speaks."""
        return tuple(noun.during_call for noun in self.nouns if noun.during_call)

    def notices(self, role: str) -> tuple[Notice, ...]:
        """Parts at the top of every page of a user of this role."""
        shown = self.all(lambda noun: noun.notices)
        return tuple(notice for notice in shown if Role(role).at_least(notice.role))

    def pages(self, role: str) -> tuple[NounPage, ...]:
        """Pages for the navigation of a user of this role."""
        return _open_to(role, self.all(lambda noun: noun.pages))

    def settings(self, role: str) -> tuple[NounPage, ...]:
        """Pages of settings of a user of this role."""
        return _open_to(role, self.all(lambda noun: noun.settings))

    @property
    def measures(self) -> dict[str, Measure]:
        """Measures by their keys."""
        return {measure.key: measure for measure in self.all(lambda noun: noun.measures)}

    @property
    def search_kinds(self) -> tuple[SearchKind, ...]:
        """Kinds of search results."""
        return tuple(noun.search for noun in self.nouns if noun.search)

    @property
    def import_kinds(self) -> dict[str, ImportKind]:
        """What can be brought in by file, by name."""
        return {kind.name: kind for kind in self.all(lambda noun: noun.imports)}

    @property
    def exports(self) -> dict[str, Export]:
        """Exports by the noun's name, or their own."""
        named = {noun.name: noun.export for noun in self.nouns if noun.export}
        return named | {name: export for noun in self.nouns for name, export in noun.exports.items()}


def _open_to(role: str, pages: Iterable[NounPage]) -> tuple[NounPage, ...]:
    return tuple(page for page in pages if Role(role).at_least(page.role))


# In this order they stand on the card beside a call and on the customer's page.
NOUNS = (
    CONDUCT,
    COMPLAINTS,
    TIERS,
    LOYALTY,
    PURCHASES,
    ANSWERS,
    CONTACTS,
    SUBJECTS,
    PROMISES,
    SURVEYS,
    FEEDBACK,
    IMPORTS,
    FORMS,
)  # fmt: skip
SEAMS = Seams(NOUNS)
