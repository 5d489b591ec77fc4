"""Copies of the templates: rows of calls, their notes and messages, in batches."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from callcrm.base.ids import derived_id
from callcrm.base.words import search_text
from callcrm.calls.ingest import call_rows
from callcrm.crm.samples import SampleBatch, SampleCall, SampleCustomer
from callcrm.crm.subjects import sample as subjects_sample
from callcrm.demo.sample_data import sample_texts
from callcrm.demo.sample_data.message_rows import message_row
from callcrm.sample.call_template import (
    CALL_COLUMNS,
    CONSENT_COLUMNS,
    EVENT_COLUMNS,
    LEG_COLUMNS,
    RECORDING_COLUMNS,
    CallTemplate,
    Values,
)
from callcrm.sample.people import OUR_NUMBER, SampleAgent
from callcrm.sample.templates import SHARES
from callcrm.sample.time_texts import TimeTexts

NOTE_COLUMNS = (
    *("id", "call_id", "customer_id", "author_id", "author", "body", "search_text"),
    *("created_at", "finished_at", "version"),
)
TABLES = {
    "call": CALL_COLUMNS,
    "leg": LEG_COLUMNS,
    "carrier_event": EVENT_COLUMNS,
    "recording": RECORDING_COLUMNS,
    "consent": CONSENT_COLUMNS,
    "note": NOTE_COLUMNS,
}
WITHHELD, STRANGERS = 0.03, 0.08  # shares of all calls
NOTED, CHOSEN = 0.55, 0.8  # shares of answered calls: with a note, with a disposition
WRITTEN = 0.04  # share of customers' calls that are followed by messages
ORDERS = {"en": (" Order {}.", " order {}"), "fa": (" سفارش {}.", " سفارش {}")}
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in the sample, and how calls can go."""

    agents: Sequence[SampleAgent]
    customers: Sequence[SampleCustomer]
    strangers: Sequence[str]
    templates: dict[str, list[CallTemplate]]
    purchases_per_call: float
    seen: dict[str, Any] = field(default_factory=dict)


class CallWriter:
    """Invents calls one after the other and keeps their rows until they are taken. `time_suffix` is what
    follows the seconds in a time as the engine stores it.
    """

    def __init__(self, random: Random, cast: Cast, time_suffix: str) -> None:
        self._random, self._cast = random, cast
        self._times = TimeTexts(time_suffix)
        self._sid_prefix = f"{random.getrandbits(64):020x}"
        self._shapes = random.choices(tuple(SHARES), tuple(SHARES.values()), k=10_000)
        self._agents = {agent.id: agent for agent in cast.agents}
        self._count = 0
        self._start_batch()

    def _start_batch(self) -> None:
        self._rows: dict[str, list[Any]] = defaultdict(list)
        self._calls: list[SampleCall] = []

    def __len__(self) -> int:
        return len(self._calls)

    def take(self) -> tuple[dict[str, list[Any]], list[SampleCall]]:
        """The rows by table of the calls since the last time, and these calls."""
        taken = self._rows, self._calls
        self._start_batch()
        return taken

    def add(self, start: datetime) -> None:
        """Invents a call that began at this moment."""
        random, cast = self._random, self._cast
        shape, customer, phone = self._choose()
        template = random.choice(cast.templates[shape])
        agent = random.choice(cast.agents)
        if customer and customer.owner_id and random.random() < 0.6:
            agent = self._agents[customer.owner_id]
        sid = self._next_sid()
        call_id = call_rows.call_id(f"CA{sid}")
        ended = start + timedelta(seconds=template.length)
        what = template.outcome, template.language, start, ended
        talked = template.queue, template.talk_seconds, template.inbound
        call = SampleCall(call_id, customer, phone, agent.id, *what, *talked)
        times = self._times.texts(start, template.seconds)
        values = template.fill(self._own(template, sid, call), f"sample{sid}", times)
        self._copy(template, values)
        self._calls.append(call)
        if template.talked is not None and random.random() < NOTED:
            self._add_note(call, agent, values[template.talked], values[template.ended])
        if customer and random.random() < WRITTEN:
            self._rows["message"] += messages(random, call, customer)

    def _choose(self) -> tuple[str, SampleCustomer | None, str | None]:
        """The shape of a call, whose it is, and the number."""
        chance = self._random.random()
        if chance < WITHHELD:
            return "withheld", None, None
        shape = self._random.choice(self._shapes)
        if chance < WITHHELD + STRANGERS:
            return shape, None, self._random.choice(self._cast.strangers)
        # The square makes some call often and many seldom.
        customer = self._cast.customers[int(self._random.random() ** 2 * len(self._cast.customers))]
        return shape, customer, self._random.choice(customer.phones)

    def _next_sid(self) -> str:
        """The letters of a SID after the two that say what it is of."""
        self._count += 1
        return f"{self._sid_prefix}{self._count:012x}"

    def _own(self, template: CallTemplate, sid: str, call: SampleCall) -> Values:
        """The values of call_template.OWN."""
        recording, customer, agent = f"RE{sid}", call.customer, call.agent_id
        return [
            f"CA{sid}",
            f"CB{sid}",
            recording,
            agent,
            call.phone,
            f"client:{agent}",
            call.id,
            derived_id("rec", recording) if template.recordings else None,
            customer.id if customer else None,
            "number" if customer else None,
            self._disposition() if template.talked is not None else None,
            subjects_sample.choose(self._random, 0) if template.talked is not None else None,
        ]

    def _disposition(self) -> str | None:
        return self._random.choice(sample_texts.DISPOSITIONS) if self._random.random() < CHOSEN else None

    def _copy(self, template: CallTemplate, values: Values) -> None:
        rows = self._rows
        rows["call"].append(template.call(values))
        rows["leg"] += [row(values) for row in template.legs]
        rows["carrier_event"] += [row(values) for row in template.events]
        rows["recording"] += [row(values) for row in template.recordings]
        rows["consent"] += [row(values) for row in template.consents]

    def _add_note(self, call: SampleCall, agent: SampleAgent, at: str, finished: str) -> None:
        language = call.customer.language if call.customer else call.language
        body, folded = _sentence(self._random.randrange(1000), language)
        if self._random.random() < 0.4:
            number = str(self._random.randrange(10_000, 99_999))
            spelt = number.translate(PERSIAN_DIGITS) if language == "fa" else number
            written, searched = ORDERS[language]
            body, folded = body + written.format(spelt), folded + searched.format(number)
        customer = call.customer.id if call.customer else None
        self._rows["note"].append(
            (f"note_{call.id[5:]}", call.id, customer, agent.id, agent.name, body, folded, at, finished, 1)
        )


@cache
def _sentence(number: int, language: str) -> tuple[str, str]:
    """One or two sentences, and the same folded for searching."""
    sentences = sample_texts.NOTES[language]
    text = sentences[number % len(sentences)]
    if number % 3 == 0:
        text = f"{text} {sentences[number * 7 % len(sentences)]}"
    return text, search_text(text)


def messages(random: Random, call: SampleCall, customer: SampleCustomer) -> list[dict[str, Any]]:
    """One or two messages after a call with a customer."""
    texts = sample_texts.MESSAGES[customer.language]
    first = random.randrange(len(texts))
    rows: list[dict[str, Any]] = []
    for index, (direction, body) in enumerate(texts[first : first + 2]):
        rows.append(
            message_row(
                random,
                key=derived_id("msg", call.id, str(index)),
                direction=direction,
                body=body,
                ours=OUR_NUMBER,
                number=customer.phones[0],
                customer_id=customer.id,
                owner_id=customer.owner_id,
                at=call.ended_at + timedelta(minutes=7 * (index + 1)),
                answered=True,
            )
        )
    return rows


def sample_batch(random: Random, now: datetime, cast: Cast, calls: list[SampleCall]) -> SampleBatch:
    """The calls for the nouns."""
    return SampleBatch(
        random, now, [agent.id for agent in cast.agents], calls, cast.seen, cast.purchases_per_call
    )
