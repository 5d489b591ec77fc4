"""A bank of many invented answers in both languages, for measuring."""

from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from callcrm.base.words import search_text
from callcrm.models.conventions import table_of
from callcrm.models.crm.answer import Answer
from callcrm.store.search import catch_up
from tests.shop import NOON

EN = [
    "order",
    "delivery",
    "return",
    "refund",
    "invoice",
    "price",
    "colour",
    "size",
    "wool",
    "silk",
    "carpet",
    "rug",
    "cleaning",
    "repair",
    "branch",
    "hours",
    "parking",
    "address",
    "payment",
    "card",
    "cash",
    "instalment",
    "warranty",
    "guarantee",
    "sample",
    "catalogue",
    "discount",
    "gift",
    "voucher",
    "courier",
    "parcel",
    "customs",
    "tracking",
    "broken",
    "stain",
    "moth",
    "fringe",
    "knot",
    "border",
    "pattern",
    "custom",
    "measure",
    "fitting",
]
FA = [
    "سفارش",
    "تحویل",
    "مرجوعی",
    "فاکتور",
    "قیمت",
    "رنگ",
    "اندازه",
    "پشم",
    "ابریشم",
    "قالی",
    "قالیچه",
    "شست\u200cوشو",
    "رفو",
    "شعبه",
    "ساعت",
    "پارکینگ",
    "نشانی",
    "پرداخت",
    "کارت",
    "نقد",
    "قسط",
    "ضمانت",
    "نمونه",
    "کاتالوگ",
    "تخفیف",
    "هدیه",
    "پیک",
    "بسته",
    "گمرک",
    "رهگیری",
    "شکسته",
    "لکه",
    "بید",
    "ریشه",
    "گره",
    "حاشیه",
    "نقشه",
    "اندازه\u200cگیری",
    "می\u200cخواهم",
    "می\u200cرسد",
    "نمی\u200cشود",
]
QUEUES = ("sales", "support", None)


def fill(session: Session, count: int, seed: int = 1) -> None:
    """So many published answers, half of them in Persian."""
    random = Random(seed)
    rows = [_row(random, number) for number in range(count)]
    for start in range(0, count, 500):
        session.execute(insert(table_of(Answer)), rows[start : start + 500])
    while catch_up.catch_up(session):
        pass


def _row(random: Random, number: int) -> dict[str, Any]:
    language, vocabulary = (("en", EN), ("fa", FA))[number % 2]
    question = f"{' '.join(random.choices(vocabulary, k=7))} {language}{number}"
    body = " ".join(random.choices(vocabulary, k=40))
    at = NOON + timedelta(seconds=number)
    return {
        "id": f"ans_{number}",
        "question": question,
        "body": body,
        "language": language,
        "queue": random.choice(QUEUES),
        "links": {},
        "state": "published",
        "text_number": 1,
        "search_text": search_text(f"{question}\n{body}"),
        "helped": random.randrange(20),
        "did_not_help": random.randrange(20),
        "used": random.randrange(100),
        "created_at": at,
        "updated_at": at,
    }
