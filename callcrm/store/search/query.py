"""What somebody types into a search box, as alternatives that both engines understand."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from callcrm.base.phones import split_numbers, to_e164
from callcrm.base.text import fold_text
from callcrm.base.words import spellings
from callcrm.store.derived.search_sources import GRAM, LONG_GRAM, LONGEST_NUMBER, SHORTEST_GRAM, SOURCES

MOST_WORDS = 8
FEWEST_DIGITS = SHORTEST_GRAM
PLAIN = re.compile(r"[a-z0-9_]{1,40}")  # a value whose token the engines read as it stands
NOT_DIGITS = re.compile(r"[\s()\[\]+./~_‐-―−-]+")


@dataclass(frozen=True, slots=True)
class Beginning:
    """Some word begins so."""

    word: str


@dataclass(frozen=True, slots=True)
class Digits:
    """Some number has these digits in a row: three at least."""

    digits: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token of ours, without its sign."""

    name: str


@dataclass(frozen=True, slots=True)
class Word:
    """Some word is this."""

    word: str


Term = Beginning | Digits | Token | Word
Filter = str | bool | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Query:
    """Any of the alternatives; of each, all of its terms; of a term, any of its ways. Empty: nothing."""

    alternatives: tuple[tuple[tuple[Term, ...], ...], ...]

    def __bool__(self) -> bool:
        return bool(self.alternatives)

    def and_also(self, *narrow: tuple[Term, ...]) -> "Query":
        """The same, of entries with these terms as well, each in any of its ways."""
        return Query(tuple((*narrow, *terms) for terms in self.alternatives))

    @property
    def is_narrowed(self) -> bool:
        """Whether every alternative has a token, as which only one kind of entry has."""
        return all(any(isinstance(ways[0], Token) for ways in terms) for terms in self.alternatives)


EVERYTHING = Query(((),))


def narrowed(query: Query, kind: str, filters: Mapping[str, Filter]) -> Query:
    """The query, of entries alone that may have these values of the kind's filters: any of several, True for
    a flag that is set. Whether an entry really has is for its row to say. None and False narrow nothing, nor
    does a value that no token can be made of.
    """
    return query.and_also(*(ways for name, value in filters.items() if (ways := _tokens(kind, name, value))))


def _tokens(kind: str, name: str, value: Filter) -> tuple[Token, ...]:
    source = SOURCES[kind]
    assert name in source.filters, name
    if value is None or value is False:
        return ()
    values = [""] if value is True else [value] if isinstance(value, str) else value
    if "{hex}" in source.filters[name]:
        values = [each.encode().hex() for each in values]
    elif value is not True and not all(map(PLAIN.fullmatch, values)):
        return ()
    return tuple(Token(f"{source.mark}{name}{each.replace('_', '')}") for each in values)


def without_numbers(query: Query) -> Query:
    """The same, of entries that have no number: there its grams would only be looked for in vain."""
    alternatives = (
        tuple(tuple(way for way in ways if not isinstance(way, Digits)) for ways in terms)
        for terms in query.alternatives
    )
    return Query(tuple(terms for terms in alternatives if all(terms)))


def parse(text: str, region: str) -> Query:
    """All words must be there, each may be a beginning; three digits or more may be anywhere in a number. Of
    several numbers any one will do. `region` is whose dialling rules a number written nationally follows.
    """
    wordings = (tuple(_ways(word) for word in wording) for wording in spellings(text, MOST_WORDS) if wording)
    return Query(tuple(dict.fromkeys([*wordings, *numbers(text, region).alternatives])))


def filter_of(text: str | None, region: str) -> Query | None:
    """What a list is filtered by; None for a text that has nothing to look for, which filters nothing."""
    return None if text is None or says_nothing(text) else parse(text, region)


def says_nothing(text: str) -> bool:
    """Whether the text has nothing to look for, not even a sign: then nothing is filtered."""
    return not fold_text(text)


def numbers(text: str, region: str) -> Query:
    """The numbers alone, if the text is nothing else."""
    return Query(tuple(((Digits(digits),),) for digits in numbers_in(text, region)))


def numbers_in(text: str, region: str) -> Iterator[str]:
    """The digits of each number in the text, if it is numbers and nothing else."""
    numbers = [_number(piece, region) for piece in split_numbers(text)]
    if all(numbers):
        every = dict.fromkeys(digits for each in numbers for digits in each)
        # What has the digits of a longer one has those within it as well.
        yield from (each for each in every if not any(other in each for other in every if other != each))


def _number(piece: str, region: str) -> Sequence[str]:
    e164 = to_e164(piece, region)
    digits = NOT_DIGITS.sub("", fold_text(piece).removeprefix("tel:"))
    if not digits.isdecimal() or len(digits) < FEWEST_DIGITS:
        digits = ""
    # A number written nationally begins with zeros that its E.164 form doesn't have.
    spelt = (digits.lstrip("0") or digits)[:LONGEST_NUMBER]
    return [each for each in ((e164 or "").removeprefix("+"), spelt) if len(each) >= FEWEST_DIGITS]


def _ways(word: str) -> tuple[Term, ...]:
    if word.isdecimal() and FEWEST_DIGITS <= len(word) <= LONGEST_NUMBER:
        return Beginning(word), Digits(word)
    return (Beginning(word),)


# --- as the engines read it ---------------------------------------------------------------------------


def to_fts5(query: Query) -> str:
    """The query in FTS5's language."""
    return _combine(query, _fts5, " AND ", " OR ")


def to_tsquery(query: Query) -> str:
    """The query as the text of a tsquery."""
    return _combine(query, _tsquery, " & ", " | ")


def _combine(query: Query, write: Callable[[Term], str], conjunction: str, disjunction: str) -> str:
    def group(parts: Sequence[str], sign: str) -> str:
        return parts[0] if len(parts) == 1 else f"({sign.join(parts)})"

    return group(
        [
            group([group([write(way) for way in ways], disjunction) for ways in terms], conjunction)
            for terms in query.alternatives
        ],
        disjunction,
    )


def _grams(digits: str) -> list[str]:
    length = LONG_GRAM if len(digits) >= LONG_GRAM else GRAM
    return [f"#{digits[start : start + length]}" for start in range(len(digits) - length + 1)]


def _short_grams(digits: str) -> list[str]:
    """The grams that begin with these digits: a digit follows them, or they end their number."""
    return [f"#{digits}", *(f"#{digits}{following}" for following in range(10))]


def _fts5(term: Term) -> str:
    match term:
        case Beginning(word):
            return f'"{word}"*'
        case Word(word):
            return f'"{word}"'
        case Digits(digits) if len(digits) < GRAM:
            return "(" + " OR ".join(f'"{gram}"' for gram in _short_grams(digits)) + ")"
        case Digits(digits):
            return f'"{" ".join(_grams(digits))}"'
        case Token(name):
            return f'"#{name}"'


def _tsquery(term: Term) -> str:
    match term:
        case Beginning(word):
            return f"'{word}':*"
        case Word(word):
            return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
        case Digits(digits) if len(digits) < GRAM:
            return "(" + " | ".join(f"'{gram}'" for gram in _short_grams(digits)) + ")"
        case Digits(digits):
            return "(" + " <-> ".join(f"'{gram}'" for gram in _grams(digits)) + ")"
        case Token(name):
            return f"'#{name}'"
