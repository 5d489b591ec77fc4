"""The registry of nouns, and their seams."""

from dataclasses import dataclass

from callcrm.crm.noun import Export, HistoryKind, Measure, Noun, Part, SearchKind
from callcrm.crm.promises.noun import PROMISES


@dataclass(frozen=True, slots=True)
class Seams:
    """The nouns of a running app, seam by seam, in the order of registration."""

    nouns: tuple[Noun, ...]

    @property
    def history_kinds(self) -> tuple[HistoryKind, ...]:
        """Kinds of history entries."""
        return tuple(noun.history for noun in self.nouns if noun.history)

    @property
    def pop_parts(self) -> tuple[Part, ...]:
        """Parts of the customer card beside a call."""
        return tuple(noun.pop for noun in self.nouns if noun.pop)

    @property
    def customer_parts(self) -> tuple[Part, ...]:
        """Parts of the customer's page."""
        return tuple(noun.customer_page for noun in self.nouns if noun.customer_page)

    @property
    def measures(self) -> dict[str, Measure]:
        """Measures by their keys."""
        return {measure.key: measure for noun in self.nouns for measure in noun.measures}

    @property
    def search_kinds(self) -> tuple[SearchKind, ...]:
        """Kinds of search results."""
        return tuple(noun.search for noun in self.nouns if noun.search)

    @property
    def exports(self) -> dict[str, Export]:
        """Exports by the noun's name."""
        return {noun.name: noun.export for noun in self.nouns if noun.export}


SEAMS = Seams((PROMISES,))
