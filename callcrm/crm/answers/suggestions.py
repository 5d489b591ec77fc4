"""Answers suggested beside a call: by what is being typed, and by the caller's way to us.

Every word typed is looked for by itself, so that an answer need not have all of them; rare words weigh more.
Most notes have words that half the bank has: of those only the newest answers are looked at.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlmodel import Session

from callcrm.base.words import search_text
from callcrm.models import Call
from callcrm.models.conventions import table_of
from callcrm.models.crm.answer import Answer, AnswerLink, AnswerState, LinkKind
from callcrm.store.search import lookup
from callcrm.store.search.query import Beginning, Query

MOST = 5
LAST_WORDS = 10  # of the note: what is spoken of now
WORD = re.compile(r"[^\W_]+")
SHORTEST_WORD = 3  # letters; shorter ones say nothing in either language
PER_WORD = 150  # answers with a word; one that more have is taken for a common one
BY_TEXT, BY_LINK, BY_QUEUE = 100, 60, 40
COMMON = 0.1  # weight of a common word
LINKED = {LinkKind.MENU: 0.3, LinkKind.DISPOSITION: 0.2, LinkKind.SUBJECT: 0.3}
OF_QUEUE, OF_LANGUAGE = 0.2, 0.15
IN_QUESTION = 1.5  # times as much as in the answer
ANSWER, LINK = table_of(Answer), table_of(AnswerLink)
COLUMNS = tuple(
    ANSWER.c[name]
    for name in (
        *("id", "question", "search_text", "language", "queue", "links"),
        *("helped", "did_not_help", "used"),
    )
)
PUBLISHED = ANSWER.c.state == AnswerState.PUBLISHED


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a call: the menus its caller came through, and what was said of it."""

    queue: str | None = None
    language: str | None = None
    codes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, call: Call, language: str) -> "Situation":
        """The situation of a call; `language` is the agent's, for a call without one."""
        menus = [str(step.get("node") or "") for step in call.ivr_path]
        codes: dict[str, Sequence[str]] = {
            LinkKind.MENU: [menu for menu in dict.fromkeys(menus) if menu],
            LinkKind.DISPOSITION: [call.disposition] if call.disposition else [],
            LinkKind.SUBJECT: [call.subject] if call.subject else [],
        }
        return cls(call.queue, call.language or language, codes)


class Suggestion(NamedTuple):
    """An answer that may fit."""

    id: str
    question: str


def suggest(session: Session, situation: Situation, typed: str, limit: int = MOST) -> list[Suggestion]:
    """Published answers that may fit, the likeliest first; of equally likely ones those that help more."""
    weights, by_text = _by_text(session, terms(typed))
    ids = set(by_text) | set(_by_situation(session, situation))
    rows = session.execute(select(*COLUMNS).where(ANSWER.c.id.in_(ids), PUBLISHED)).all() if ids else []
    ranked = sorted(rows, key=lambda row: _rank(row, weights, situation), reverse=True)
    return [Suggestion(row.id, row.question) for row in ranked[:limit]]


def terms(typed: str) -> list[str]:
    """The words to look for, of what was typed last; compounds of the half-space also joined."""
    last = " ".join(typed.split()[-LAST_WORDS:])
    return [word for word in dict.fromkeys(search_text(last).split()) if len(word) >= SHORTEST_WORD]


def _by_text(session: Session, typed: Sequence[str]) -> tuple[dict[str, float], list[str]]:
    """By word its weight, and the answers with the weightiest of them."""
    weights: dict[str, float] = {}
    sums: dict[str, float] = {}
    for word in typed:
        ids = _with_word(session, word)
        if not ids:
            continue
        weights[word] = COMMON if len(ids) >= PER_WORD else 1 + log(PER_WORD / len(ids))
        for answer_id in ids:
            sums[answer_id] = sums.get(answer_id, 0) + weights[word]
    return weights, sorted(sums, key=lambda key: sums[key], reverse=True)[:BY_TEXT]


def _with_word(session: Session, word: str) -> list[str]:
    ids: list[str] = []
    for _second, batch in lookup.batches(session, "answer", Query((((Beginning(word),),),))):
        ids += batch
        if len(ids) >= PER_WORD:
            break
    return ids[:PER_WORD]


def _by_situation(session: Session, situation: Situation) -> Iterable[str]:
    links = [
        (LINK.c.kind == kind) & LINK.c.code.in_(codes) for kind, codes in situation.codes.items() if codes
    ]
    if links:
        linked = select(LINK.c.answer_id).where(or_(*links)).limit(BY_LINK)
        yield from session.execute(linked).scalars()
    if situation.queue is not None:
        of_queue = select(ANSWER.c.id).where(ANSWER.c.queue == situation.queue)
        most_used = of_queue.order_by(ANSWER.c.used.desc(), ANSWER.c.id.desc()).limit(BY_QUEUE)
        yield from session.execute(most_used).scalars()


def _rank(row: Any, weights: Mapping[str, float], situation: Situation) -> tuple[float, float, int, str]:
    share = (row.helped + 1) / (row.helped + row.did_not_help + 2)
    relevance = _text_relevance(row, weights) + _fit(row, situation)
    return round(relevance, 1), share, row.used, row.id


def _text_relevance(row: Any, weights: Mapping[str, float]) -> float:
    """How much of what was typed the answer has: 0 to IN_QUESTION."""
    if not weights:
        return 0
    text = f" {row.search_text}"
    question = _first_words(text, len(WORD.findall(row.question)))
    matched_weight = sum(
        weight * (IN_QUESTION if f" {word}" in question else 1)
        for word, weight in weights.items()
        if f" {word}" in text
    )
    return matched_weight / sum(weights.values())


def _first_words(text: str, count: int) -> str:
    """The first words of a folded text: those of the question stand before the answer's."""
    return " ".join(text.split(" ", count + 1)[: count + 1])


def _fit(row: Any, situation: Situation) -> float:
    fit = OF_QUEUE if row.queue is not None and row.queue == situation.queue else 0
    fit += OF_LANGUAGE if row.language == situation.language else 0
    return fit + sum(
        LINKED[LinkKind(kind)]
        for kind, codes in situation.codes.items()
        if set(codes) & set(row.links.get(kind, ()))
    )
