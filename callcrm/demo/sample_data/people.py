"""The people of the demo: staff, the callers a visitor can be, and 200 customers. All are invented."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

BUSINESS = "Brightwater Laundry"
BUSINESS_NUMBER = "+12025550100"
OPERATOR_NUMBER = "+12025550199"
WITHHELD_NUMBER = "+266696687"  # how the carrier may send a withheld number: ANONYMOUS on a keypad
UNKNOWN_NUMBER = "+12025550156"
HOUSEHOLD_NUMBER = "+12025550187"
SWITCHBOARD_NUMBER = "+12025550190"
CUSTOMER_COUNT = 200
PASSWORD = "bright water every day"  # noqa: S105  (everybody's, and it opens nothing but this demo)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A user of the demo: `slug` names them in URLs, `number` is an agent's ordinary phone."""

    slug: str
    name: str
    short: str
    role: str
    number: str | None = None
    language: str = "en"
    speaks: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Their user id."""
        return f"user_demo{self.slug}"

    @property
    def email(self) -> str:
        """What they sign in with."""
        return f"{self.slug}@brightwater.example"


STAFF = (
    StaffMember("sara", "Sara Kovac", "Sara", "agent", "+12025550101", speaks=("en",), skills=("sales",)),
    StaffMember("omar", "Omar Vance", "Omar", "agent", "+12025550102", speaks=("en",), skills=("support",)),
    StaffMember("leila", "Leila Moradi", "Leila", "agent", "+12025550103", "fa", ("fa", "en")),
    StaffMember("grace", "Grace Odum", "Grace", "admin"),
)
AGENTS = tuple(member for member in STAFF if member.role == "agent")


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody a visitor can call as: `key` names them in the page, `from_` is the caller id."""

    key: str
    from_: str
    language: str = "en"


CALLERS = (
    Caller("mina", "+12025550134"),
    Caller("shared", HOUSEHOLD_NUMBER),
    Caller("switchboard", SWITCHBOARD_NUMBER),
    Caller("withheld", WITHHELD_NUMBER),
    Caller("unknown", UNKNOWN_NUMBER),
    Caller("persian", "+982100000134", "fa"),
)


@dataclass(frozen=True, slots=True)
class SampleCustomer:
    """A customer: their numbers, the agent who owns them, and how many calls they make in the half year."""

    id: str
    name: str
    numbers: tuple[str, ...]
    language: str = "en"
    tier: str | None = None
    owner: str | None = None
    call_count: int = 0


FIRST_NAMES = """
    Ada Alma Ambrose Anselm Beatrix Bram Briony Bruno Cassia Cedric Clementine Cosmo Cordelia
    Dorothea Edda Edmund Elowen Ezra Fern Florian Gideon Greta Hattie Hester Hugo Ida Imogen Ivo
    Jasper Juno Kester Lavinia Leopold Linus Lottie Mabel Magnus Marigold Nell Orson Ottoline Otto
    Pascal Petra Phoebe Quentin Rosalind Rufus Sable Silas Tabitha Tobias Ursula Verity Wilfred
    Winifred Yara Zelda
"""
LAST_NAMES = """
    Abernathy Ashgrove Barleycorn Bellwether Birdsong Blackthorn Bramblewick Brindle Candlewood
    Cobbleworth Copperfield Dapplegrim Dewhurst Driftwood Elderflower Fairweather Featherstone
    Fennimore Fernsby Foxglove Gooseberry Greenhollow Hartsease Hazelmere Honeycutt Inkwell Juniper
    Kettleburn Larkspur Lavender Marsh Merriweather Milkwood Moorcroft Nettlebed Oakapple Pemberwick
    Penhallow Plumtree Quill Ravenscroft Rosewater Rushmore Silverthorne Sorrel Specht Starling
    Tarrant Thistledown Tumbleweed Underhill Vellacott Wainscot Whitlow Willowby Windermere Wren
    Yarrow
"""
PERSIAN_FIRST_NAMES = (
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
PERSIAN_LAST_NAMES = ("نمونه‌پور", "فرضی‌زاده", "آزمایشی", "خیال‌پرداز", "نمونه‌نژاد", "مثالی")
AREA_CODES = (
    "202",
    "212",
    "303",
    "312",
    "404",
    "415",
    "503",
    "617",
    "702",
)  # 555-0100 to -0199 is reserved for fiction in each
TIERS = ("gold",) * 3 + ("silver",) * 5 + ("bronze",) * 6


def featured_customers() -> tuple[SampleCustomer, ...]:
    """The customers behind the callers a visitor can be, and a few more with names to remember."""
    sara, omar, leila = (agent.id for agent in AGENTS)
    return (
        SampleCustomer(
            "cus_demo0000", "Mina Halloran", ("+12025550134", "+12125550134"), "en", "gold", sara, 46
        ),
        SampleCustomer(
            "cus_demo0001", "Edda Fenwick", (HOUSEHOLD_NUMBER, "+12125550187"), "en", "silver", None, 9
        ),
        SampleCustomer("cus_demo0002", "Rufus Fenwick", (HOUSEHOLD_NUMBER,), "en", None, None, 4),
        SampleCustomer("cus_demo0003", "مینا نمونه‌پور", ("+982100000134",), "fa", "gold", leila, 17),
        SampleCustomer(
            "cus_demo0004", "Wilhelmina Tarrant-Oakes", (SWITCHBOARD_NUMBER,), "en", "gold", omar, 11
        ),
        SampleCustomer("cus_demo0005", "Bruno Specht", (SWITCHBOARD_NUMBER,), "en", "bronze", None, 6),
        SampleCustomer(
            "cus_demo0006", "Hotel Larkspur, reception", (SWITCHBOARD_NUMBER,), "en", "silver", None, 8
        ),
        SampleCustomer("cus_demo0007", "Juno Abernathy", ("+12025550141",), "en", "silver", sara, 12),
        SampleCustomer("cus_demo0008", "Tobias Wren", ("+12025550142",), "en", None, None, 8),
        SampleCustomer("cus_demo0009", "Ottoline Marsh", ("+12025550143",), "en", "bronze", None, 7),
        SampleCustomer("cus_demo0010", "Pascal Quill", ("+12025550144",), "en", "gold", omar, 14),
        SampleCustomer(
            "cus_demo0011", "Ezra Fennimore", ("+12025550145", "+12025550146"), "en", "silver", None, 6
        ),
    )


def sample_customers(random: Random) -> list[SampleCustomer]:
    """All customers, the featured ones first; a few share a number with a relative."""
    people = list(featured_customers())
    names, numbers = _names(random), _numbers(random)
    while len(people) < CUSTOMER_COUNT:
        name, language = next(names)
        own_numbers = [next(numbers)]
        if random.random() < 0.12:
            own_numbers.append(next(numbers))
        if random.random() < 0.04:
            own_numbers[0] = people[-1].numbers[0]
        people.append(
            SampleCustomer(
                f"cus_demo{len(people):04d}",
                name,
                tuple(own_numbers),
                language,
                random.choice(TIERS) if random.random() < 0.4 else None,
                random.choice(AGENTS).id if random.random() < 0.3 else None,
                min(24, int(random.expovariate(1 / 3.2))),
            )
        )
    return people


def _names(random: Random) -> Iterator[tuple[str, str]]:
    """Names without repetition, each with its language: every twelfth is Persian."""
    english = [f"{first} {last}" for first in FIRST_NAMES.split() for last in LAST_NAMES.split()]
    persian = [f"{first} {last}" for first in PERSIAN_FIRST_NAMES for last in PERSIAN_LAST_NAMES]
    taken = {person.name for person in featured_customers()}
    english, persian = ([name for name in names if name not in taken] for names in (english, persian))
    random.shuffle(english)
    random.shuffle(persian)
    while True:
        for _ in range(11):
            yield english.pop(), "en"
        yield persian.pop(), "fa"


def _numbers(random: Random) -> Iterator[str]:
    """Numbers reserved for fiction that nobody has yet."""
    taken = {number for person in featured_customers() for number in person.numbers}
    taken |= {
        BUSINESS_NUMBER,
        OPERATOR_NUMBER,
        UNKNOWN_NUMBER,
        *(member.number for member in STAFF if member.number),
    }
    reserved = [f"+1{area}5550{end}" for area in AREA_CODES for end in range(100, 200)]
    free = [number for number in reserved if number not in taken]
    random.shuffle(free)
    yield from free
