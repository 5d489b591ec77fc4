"""An invented tree of subjects."""

from datetime import datetime
from random import Random

from sqlmodel import Session

from callcrm.crm.subjects import subjects
from callcrm.crm.subjects.subjects import Subject

TREE = (
    Subject(
        "orders",
        "Orders",
        (
            Subject("new-order", "New order"),
            Subject("pick-up", "Pick-up and delivery"),
            Subject("late", "Something is late"),
        ),
    ),
    Subject("care", "Care and stains", (Subject("stain", "Stains"), Subject("repair", "Repairs"))),
    Subject("money", "Bills and prices", (Subject("price", "Prices"), Subject("bill", "Bills"))),
    Subject("hours", "Hours and addresses"),
)
# Codes, the usual ones several times; one has become more frequent of late.
USUAL = (*("new-order",) * 5, *("pick-up",) * 5, *("stain",) * 2, "repair", *("price",) * 3, "bill", "hours")
LATELY = (*USUAL, *("late",) * 4)
CHOSEN = 0.7


def choose(random: Random, age_days: float) -> str | None:
    """What a call so many days ago was about."""
    if random.random() > CHOSEN:
        return None
    return random.choice(LATELY if age_days < 45 else USUAL)


def invent(session: Session, now: datetime) -> None:
    """Puts the tree into the settings."""
    subjects.put(session, TREE, by=None, now=now)
