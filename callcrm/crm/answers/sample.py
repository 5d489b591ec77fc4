"""An invented bank of answers, and questions without one."""

from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from sqlmodel import Session, col, select

from callcrm.agents.principal import Principal
from callcrm.base.ids import derived_id
from callcrm.crm.answers import answers, questions
from callcrm.models import Role, User
from callcrm.models.crm.answer import Answer, LinkKind


class Entry(NamedTuple):
    """An answer of the bank."""

    language: str
    queue: str | None
    question: str
    answer: str
    subject: str


BANK = (
    Entry(
        "en", None, "When are you open?", "Monday to Friday from eight to six, Saturdays until one.", "hours"
    ),
    Entry(
        "en", None, "Where can I park?", "Behind the house, through the gate: half an hour is free.", "hours"
    ),
    Entry(
        "en",
        "sales",
        "What does a duvet cost?",
        "Single 18 dollars, double 24. Down ones take two days longer.",
        "price",
    ),
    Entry(
        "en",
        "sales",
        "Can you collect and deliver?",
        "Yes, within the town, from 40 dollars on for nothing. Name a day and a half of it.",
        "pick-up",
    ),
    Entry(
        "en",
        "support",
        "What can I do about red wine on linen?",
        "Do not rub it. Cold water, a cloth, and bring it within two days.\nSalt only while it is wet.",
        "stain",
    ),
    Entry(
        "en",
        "support",
        "My order is late. When does it come?",
        "Look up the order. If it is more than a day late, the delivery is free: say so.",
        "late",
    ),
    Entry(
        "en",
        "support",
        "Do you mend zips?",
        "Our tailor does, on Mondays and Thursdays: 15 dollars.",
        "repair",
    ),
    Entry(
        "en", None, "Can I pay by the month?", "Yes: send the form, and the bill comes on the first.", "bill"
    ),
    Entry("fa", None, "ساعت کار شما چیست؟", "دوشنبه تا جمعه از هشت تا شش، شنبه‌ها تا یک.", "hours"),
    Entry(
        "fa", "sales", "شستن پتو چند است؟", "یک‌نفره ۱۸ دلار، دونفره ۲۴. پتوی پَر دو روز بیشتر می‌برد.", "price"
    ),
    Entry("fa", "sales", "سفارش را می‌آورید؟", "بله، داخل شهر؛ از ۴۰ دلار به بالا رایگان.", "pick-up"),
    Entry(
        "fa",
        "support",
        "لکهٔ چای روی رومیزی را چه کنم؟",
        "نمالید. آب سرد و پارچه؛ تا دو روز بیاورید.",
        "stain",
    ),
    Entry(
        "fa",
        "support",
        "سفارشم دیر شده؛ کی می‌رسد؟",
        "سفارش را نگاه کنید. بیش از یک روز دیر: ارسال رایگان.",
        "late",
    ),
    Entry("fa", None, "می‌توانم ماهانه پرداخت کنم؟", "بله؛ فرم را بفرستید، صورت‌حساب اول ماه می‌آید.", "bill"),
)
PROPOSED = ("Do you clean leather?", "We send it to a partner: a week, from 60 dollars.")
BETTER = "Monday to Friday from eight to six, Saturdays until one. On holidays closed."
UNANSWERED = (
    ("Do you wash sleeping bags?", 4),
    ("Is the soap free of perfume?", 2),
    ("قالیچهٔ ابریشمی را هم می‌شویید؟", 3),
)


def invent(session: Session, now: datetime, seed: int = 1) -> None:
    """Fills the bank; what agents wrote waits for a supervisor."""
    random, people = Random(seed), _people(session)
    if not people:
        return
    supervisor, agent = people[0], people[-1]
    for number, entry in enumerate(BANK):
        row = answers.create(
            session, _fields(entry), supervisor, now - timedelta(days=100 - number), _key(entry.question)
        )
        row.used = random.randrange(5, 90)
        row.helped, row.did_not_help = random.randrange(2, 40), random.randrange(6)
        session.add(row)
    question, answer = PROPOSED
    fresh: answers.Fields = {"question": question, "body": answer, "language": "en"}
    answers.create(session, fresh, agent, now - timedelta(days=2), _key(question))
    first = session.exec(select(Answer).order_by(col(Answer.created_at)).limit(1)).one()
    answers.change(session, first, {"body": BETTER}, agent, now - timedelta(days=1))
    for text, count in UNANSWERED:
        for day in range(count):
            at = now - timedelta(days=1 + 3 * day)
            key = derived_id("que", text, str(day))
            questions.note(session, text, call=None, language="en", user_id=agent.user_id, now=at, key=key)


def _key(question: str) -> str:
    return derived_id("ans", question)


def _fields(entry: Entry) -> answers.Fields:
    return {
        "question": entry.question,
        "body": entry.answer,
        "language": entry.language,
        "queue": entry.queue,
        "links": {LinkKind.SUBJECT: [entry.subject]},
    }


def _people(session: Session) -> list[Principal]:
    """A supervisor and an agent; in a sample of agents alone the first one is taken for both."""
    users = session.exec(select(User).order_by(col(User.id)).limit(50)).all()
    lead = [user for user in users if user.role != Role.AGENT] or list(users)
    agents = [user for user in users if user.role == Role.AGENT]
    roles = ((lead, Role.SUPERVISOR), (agents, Role.AGENT))
    return [Principal(some[0].id, role, some[0].id, some[0].name) for some, role in roles if some]
