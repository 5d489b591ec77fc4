"""Beginnings spelt out: the words of the index that begin so, where they are few.

The entries of a word stand in their order, and what is before a limit is read from them alone. Those of a
beginning have to be read and merged first, all of them.
"""

import re

from sqlalchemy import text
from sqlmodel import Session

from callcrm.store.search.catch_up import SNAPSHOT, Snapshot
from callcrm.store.search.query import Beginning, Query, Term, Word

MOST = 64  # words
# Of letters that FTS5 takes as they are; of others it may make two words.
SPELLABLE = re.compile(r"[0-9a-z\u00df-\u00f6\u00f8-\u017f\u0430-\u045f\u0620-\u064a\u066e-\u06d3]+")
SHORTEST = {"sqlite": 4, "postgresql": 1}  # letters: FTS5 has an index of shorter beginnings
# FTS5 lists a word as often as it occurs, so each following word is looked for by itself.
_SQLITE = text("""
    WITH RECURSIVE words (term) AS (
        SELECT (SELECT term FROM search_fts_terms WHERE term >= :word AND term < :end LIMIT 1)
        UNION ALL
        SELECT (
            SELECT t.term FROM search_fts_terms t
            WHERE t.term >= words.term || char(1) AND t.term < :end LIMIT 1
        )
        FROM words WHERE words.term IS NOT NULL LIMIT :most
    )
    SELECT term FROM words WHERE term IS NOT NULL
""")
_POSTGRES = text("SELECT term FROM search_fts_terms WHERE term >= :word AND term < :end LIMIT :most")


def spelt_out(session: Session, query: Query) -> Query:
    """The query with words in the place of their beginnings; what no word begins with is left out."""

    def ways(term: Term) -> tuple[Term, ...]:
        if not isinstance(term, Beginning) or not _is_spellable(session, term.word):
            return (term,)
        words = _words(session, term.word)
        return tuple(map(Word, words)) if len(words) <= MOST else (term,)

    alternatives = (
        tuple(tuple(way for term in terms for way in ways(term)) for terms in alternative)
        for alternative in query.alternatives
    )
    return Query(tuple(terms for terms in alternatives if all(terms)))


def _is_spellable(session: Session, word: str) -> bool:
    shortest = SHORTEST[session.get_bind().dialect.name]
    return len(word) >= shortest and SPELLABLE.fullmatch(word) is not None


def _words(session: Session, beginning: str) -> tuple[str, ...]:
    """The words that begin so; more than MOST if there are."""
    seen: Snapshot | None = session.info.get(SNAPSHOT)
    if seen and beginning in seen.words:
        return seen.words[beginning]
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    values = {"word": beginning, "end": beginning + chr(0x10FFFF), "most": MOST + 2}
    words = tuple(session.connection().execute(_SQLITE if on_sqlite else _POSTGRES, values).scalars())
    if seen:
        seen.words[beginning] = words
    return words
