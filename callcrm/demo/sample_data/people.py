"""Who lives in the demo: our people, the callers one can be, and 200 customers. All of them are invented."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

BUSINESS = "Brightwater Laundry"
LINE = "+12025550100"
OPERATOR = "+12025550199"
WITHHELD = "+266696687"  # how the carrier shows a caller without a number: ANONYMOUS on a keypad
UNKNOWN = "+12025550156"
HOUSEHOLD = "+12025550187"
SWITCHBOARD = "+12025550190"
CUSTOMERS = 200
PASSWORD = "bright water every day"  # noqa: S105  (everybody's, and it opens nothing but this demo)


@dataclass(frozen=True, slots=True)
class Colleague:
    """One of ours: `who` names them in URLs, `number` is the ordinary phone an agent is rung on."""

    who: str
    name: str
    short: str
    role: str
    number: str | None = None
    language: str = "en"
    speaks: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Their id as a user."""
        return f"user_demo{self.who}"

    @property
    def email(self) -> str:
        """What they sign in with."""
        return f"{self.who}@brightwater.example"


STAFF = (
    Colleague("sara", "Sara Kovac", "Sara", "agent", "+12025550101", speaks=("en",), skills=("sales",)),
    Colleague("omar", "Omar Vance", "Omar", "agent", "+12025550102", speaks=("en",), skills=("support",)),
    Colleague("leila", "Leila Moradi", "Leila", "agent", "+12025550103", "fa", ("fa", "en")),
    Colleague("grace", "Grace Odum", "Grace", "admin"),
)
AGENTS = tuple(one for one in STAFF if one.role == "agent")


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody one can call as: `from_` is what the carrier shows of them."""

    key: str
    from_: str
    language: str = "en"


CALLERS = (
    Caller("mina", "+12025550134"),
    Caller("shared", HOUSEHOLD),
    Caller("switchboard", SWITCHBOARD),
    Caller("withheld", WITHHELD),
    Caller("unknown", UNKNOWN),
    Caller("persian", "+982100000134", "fa"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer: their numbers, how often they are in touch, and whose customer they are."""

    id: str
    name: str
    numbers: tuple[str, ...]
    language: str = "en"
    tier: str | None = None
    owner: str | None = None
    contacts: int = 0


FIRST = """
    Ada Alma Ambrose Anselm Beatrix Bram Briony Bruno Cassia Cedric Clementine Cosmo Cordelia
    Dorothea Edda Edmund Elowen Ezra Fern Florian Gideon Greta Hattie Hester Hugo Ida Imogen Ivo
    Jasper Juno Kester Lavinia Leopold Linus Lottie Mabel Magnus Marigold Nell Orson Ottoline Otto
    Pascal Petra Phoebe Quentin Rosalind Rufus Sable Silas Tabitha Tobias Ursula Verity Wilfred
    Winifred Yara Zelda
"""
LAST = """
    Abernathy Ashgrove Barleycorn Bellwether Birdsong Blackthorn Bramblewick Brindle Candlewood
    Cobbleworth Copperfield Dapplegrim Dewhurst Driftwood Elderflower Fairweather Featherstone
    Fennimore Fernsby Foxglove Gooseberry Greenhollow Hartsease Hazelmere Honeycutt Inkwell Juniper
    Kettleburn Larkspur Lavender Marsh Merriweather Milkwood Moorcroft Nettlebed Oakapple Pemberwick
    Penhallow Plumtree Quill Ravenscroft Rosewater Rushmore Silverthorne Sorrel Specht Starling
    Tarrant Thistledown Tumbleweed Underhill Vellacott Wainscot Whitlow Willowby Windermere Wren
    Yarrow
"""
FIRST_FA = (
    "آرام",
    "بهار",
    "پویا",
    "ترانه",
    "دریا",
    "رها",
    "سپهر",
    "شکوفه",
    "کاوه",
    "کیمیا",
    "مهتاب",
    "نیما",
    "یاس",
)
LAST_FA = ("نمونه‌پور", "فرضی‌زاده", "آزمایشی", "خیال‌پرداز", "نمونه‌نژاد", "مثالی")
AREAS = (
    "202",
    "212",
    "303",
    "312",
    "404",
    "415",
    "503",
    "617",
    "702",
)  # 555-0100 to -0199 is set aside in each
TIERS = ("gold",) * 3 + ("silver",) * 5 + ("bronze",) * 6


def neighbours() -> tuple[Person, ...]:
    """The customers everybody meets in the demo: they stand behind the callers one can be."""
    sara, omar, leila = (one.id for one in AGENTS)
    return (
        Person("cus_demo0000", "Mina Halloran", ("+12025550134", "+12125550134"), "en", "gold", sara, 46),
        Person("cus_demo0001", "Edda Fenwick", (HOUSEHOLD, "+12125550187"), "en", "silver", None, 9),
        Person("cus_demo0002", "Rufus Fenwick", (HOUSEHOLD,), "en", None, None, 4),
        Person("cus_demo0003", "مینا نمونه‌پور", ("+982100000134",), "fa", "gold", leila, 17),
        Person("cus_demo0004", "Wilhelmina Tarrant-Oakes", (SWITCHBOARD,), "en", "gold", omar, 11),
        Person("cus_demo0005", "Bruno Specht", (SWITCHBOARD,), "en", "bronze", None, 6),
        Person("cus_demo0006", "Hotel Larkspur, reception", (SWITCHBOARD,), "en", "silver", None, 8),
        Person("cus_demo0007", "Juno Abernathy", ("+12025550141",), "en", "silver", sara, 12),
        Person("cus_demo0008", "Tobias Wren", ("+12025550142",), "en", None, None, 8),
        Person("cus_demo0009", "Ottoline Marsh", ("+12025550143",), "en", "bronze", None, 7),
        Person("cus_demo0010", "Pascal Quill", ("+12025550144",), "en", "gold", omar, 14),
        Person("cus_demo0011", "Ezra Fennimore", ("+12025550145", "+12025550146"), "en", "silver", None, 6),
    )


def customers(random: Random) -> list[Person]:
    """All customers, the neighbours first; a few share a number with a relative."""
    found = list(neighbours())
    names, numbers = _names(random), _numbers(random)
    while len(found) < CUSTOMERS:
        name, language = next(names)
        held = [next(numbers)]
        if random.random() < 0.12:
            held.append(next(numbers))
        if random.random() < 0.04:
            held[0] = found[-1].numbers[0]
        found.append(
            Person(
                f"cus_demo{len(found):04d}",
                name,
                tuple(held),
                language,
                random.choice(TIERS) if random.random() < 0.4 else None,
                random.choice(AGENTS).id if random.random() < 0.3 else None,
                min(24, int(random.expovariate(1 / 3.2))),
            )
        )
    return found


def _names(random: Random) -> Iterator[tuple[str, str]]:
    """Names nobody has twice, every twelfth a Persian one."""
    english = [f"{first} {last}" for first in FIRST.split() for last in LAST.split()]
    persian = [f"{first} {last}" for first in FIRST_FA for last in LAST_FA]
    taken = {one.name for one in neighbours()}
    english, persian = ([name for name in names if name not in taken] for names in (english, persian))
    random.shuffle(english)
    random.shuffle(persian)
    while True:
        for _ in range(11):
            yield english.pop(), "en"
        yield persian.pop(), "fa"


def _numbers(random: Random) -> Iterator[str]:
    """Numbers set aside for invention that nobody has yet."""
    taken = {number for one in neighbours() for number in one.numbers}
    taken |= {LINE, OPERATOR, UNKNOWN, *(one.number for one in STAFF if one.number)}
    every = [f"+1{area}5550{end}" for area in AREAS for end in range(100, 200)]
    free = [number for number in every if number not in taken]
    random.shuffle(free)
    yield from free
