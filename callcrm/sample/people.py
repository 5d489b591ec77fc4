"""Invented agents and customers; their numbers are reserved for fiction, or no exchange has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from callcrm.base.words import name_search_text
from callcrm.crm.samples import SampleCustomer
from callcrm.customers.customers import LONGEST_SEARCH
from callcrm.demo.sample_data import people
from callcrm.models import AgentState, Role

AGENT_NAMES = (
    "Ada Wainscot",
    "Bruno Milkwood",
    "Cassia Underhill",
    "Florian Kettleburn",
    "آرام نمونه‌نژاد",
    "Hester Sorrel",
    "Ivo Larkspur",
    "Juno Thistledown",
    "Lottie Candlewood",
    "ترانه آزمایشی",
    "Otto Ravenscroft",
    "Yara Wren",
)
QUEUES = ("sales", "support")
OUR_NUMBER = "+12025550100"
RESERVED_PER_CODE = 80  # 555-0120 to -0199; those below are our own and our agents'
FICTION_CODES = [
    f"{code}" for code in range(201, 990) if not f"{code}".endswith("11") and f"{code}"[1] != "9"
]
PERSIAN_CODES = (
    "21",
    "26",
    "31",
    "41",
    "51",
    "71",
    "81",
    "11",
    "13",
    "17",
    "24",
    "28",
    "34",
    "44",
    "45",
    "61",
)
PERSIAN_PER_CODE = 10_000  # below the exchange 0000, which there is not
MOST_CUSTOMERS = 200_000


@dataclass(frozen=True, slots=True)
class SampleAgent:
    """An agent of the sample, who has no password: `callcrm user link` makes a way in."""

    id: str
    name: str
    number: str


def sample_agents() -> list[SampleAgent]:
    """The agents, who answer every queue."""
    return [
        SampleAgent(f"user_sample{index:02}", name, f"+120255501{index:02}")
        for index, name in enumerate(AGENT_NAMES, start=1)
    ]


def agent_rows(agents: list[SampleAgent], now: datetime) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of `user` and of `agent`."""
    since = now - timedelta(days=1000)
    users = [
        {
            "id": agent.id,
            "email": f"{agent.id.removeprefix('user_')}@sample.example",
            "name": agent.name,
            "role": Role.AGENT,
            "number": agent.number,
            "created_at": since,
        }
        for agent in agents
    ]
    states = [{"id": agent.id, "state": AgentState.OFFLINE, "since": now} for agent in agents]
    return users, states


def sample_customers(random: Random, count: int, agents: list[SampleAgent]) -> Iterator[SampleCustomer]:
    """So many customers: three in five English, the others Persian; one in thirty shares a number."""
    english, persian = _fiction_numbers(), _persian_numbers()
    shared = ""
    for index in range(count):
        is_persian = random.random() < 0.4
        number = next(persian) if is_persian else next(english, None) or next(persian)
        phones = [number]
        if random.random() < 0.1:
            phones.append(next(persian))
        if shared and random.random() < 0.033:
            phones[0] = shared
        shared = phones[0]
        yield SampleCustomer(
            id=f"cus_sample{index:015d}",
            name=_name(random, is_persian=is_persian),
            phones=tuple(phones),
            language="fa" if is_persian else "en",
            tier=None,  # as their purchases have it, in the end
            owner_id=random.choice(agents).id if random.random() < 0.3 else None,
        )


def customer_columns(customer: SampleCustomer, at: str) -> tuple[object, ...]:
    """The columns of a customer, in the order of CUSTOMER_COLUMNS; `at` as the engine stores it."""
    values = (
        customer.id,
        customer.name,
        name_search_text(customer.name, LONGEST_SEARCH),
        customer.language,
        customer.tier,
    )
    return (*values, customer.owner_id, at, at)


CUSTOMER_COLUMNS = ("id", "name", "search_text", "language", "tier", "owner_id", "created_at", "updated_at")


def strangers() -> list[str]:
    """Numbers of callers who are nobody's."""
    return [f"+442079460{end:03d}" for end in range(1000)]  # Ofcom's numbers for drama


def _name(random: Random, *, is_persian: bool) -> str:
    if is_persian:
        return f"{random.choice(people.PERSIAN_FIRST_NAMES)} {random.choice(people.PERSIAN_LAST_NAMES)}"
    return f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"


FIRST_NAMES, LAST_NAMES = people.FIRST_NAMES.split(), people.LAST_NAMES.split()


def _fiction_numbers() -> Iterator[str]:
    for end in range(120, 120 + RESERVED_PER_CODE):
        for code in FICTION_CODES:
            yield f"+1{code}5550{end}"


def _persian_numbers() -> Iterator[str]:
    for end in range(PERSIAN_PER_CODE):
        for code in PERSIAN_CODES:
            yield f"+98{code}0000{end:04d}"
