"""Invented answers to surveys."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from callcrm.calls.survey_question import MIN_TALK_SECONDS, response_id
from callcrm.crm.samples import Rows, SampleBatch
from callcrm.models import Outcome
from callcrm.models.crm.survey import HAPPY_FROM, SurveyChannel, SurveyKind

EVERY = timedelta(days=30)
STILL_THERE = 0.6  # share of callers who are on the line when the agent hangs up
BY_LINK = 0.2
MARKS = (1, 2, 3, 4, 5)
WEIGHTS = (4, 6, 15, 40, 35)
COMMENTS = {
    "en": {
        False: ("I had to call twice.", "Nobody knew about my order.", "Friendly, but it took long."),
        True: ("Quick and kind. Thank you!", "The stain is gone, wonderful.", "They rang back as promised."),
    },
    "fa": {
        False: ("دو بار زنگ زدم.", "کسی از سفارشم خبر نداشت.", "مهربان بودند ولی طول کشید."),
        True: ("سریع و مهربان. سپاس!", "لکه کاملاً رفت، عالی بود.", "همان‌طور که گفتند تماس گرفتند."),
    },
}
Row = dict[str, Any]


def sample(batch: SampleBatch) -> Rows:
    """What the callers of the batch were asked and answered."""
    last: dict[str, datetime] = batch.seen.setdefault("surveys by number", {})
    rows = []
    for call in batch.calls:
        if call.outcome == Outcome.ANSWERED and call.inbound and call.phone:
            about = {
                "call_id": call.id,
                "customer_id": call.customer.id if call.customer else None,
                "phone": call.phone,
                "agent_id": call.agent_id,
                "queue": call.queue,
                "language": call.language,
                "menu": "main:1",
                "talk_seconds": call.talk_seconds,
                "tier": call.customer.tier if call.customer else None,
            }
            rows += invent(batch.random, about, call.ended_at, last)
    return {"survey_response": rows}


def invent(random: Random, about: Row, ended_at: datetime, last: dict[str, datetime]) -> list[Row]:
    """The row of a call that was followed by the question, none where it was not; `last` is when each number
    was asked.
    """
    talk, asked_at = about["talk_seconds"] or 0, ended_at - timedelta(seconds=6)
    lately = last.get(about["phone"], asked_at - EVERY) > asked_at - EVERY
    if talk < MIN_TALK_SECONDS or lately or random.random() > STILL_THERE:
        return []
    last[about["phone"]] = asked_at
    by_link = random.random() < BY_LINK
    answers = random.random() < 0.25 + min(talk, 300) / 600  # who has talked long answers more readily
    return [
        {
            "id": response_id(about["call_id"]),
            "kind": SurveyKind.CSAT,
            "channel": SurveyChannel.LINK if by_link else SurveyChannel.KEYPRESS,
            "asked_at": asked_at,
            **about,
            **(_answer(random, about["language"], asked_at, by_link) if answers else NO_ANSWER),
        }
    ]


NO_ANSWER: Row = {
    **dict.fromkeys(("answered_at", "score", "commented_at", "token", "message_id", "story_at", "story_by")),
    "comment": "",
    "may_share": False,
}


def _answer(random: Random, language: str, asked_at: datetime, by_link: bool) -> Row:
    score = random.choices(MARKS, WEIGHTS)[0]
    happy = score >= HAPPY_FROM[SurveyKind.CSAT]
    comment = random.choice(COMMENTS[language][happy]) if by_link else ""
    answered_at = asked_at + timedelta(minutes=random.randint(2, 300) if by_link else 0, seconds=4)
    may_share = happy and by_link and random.random() < 0.5
    story = may_share and random.random() < 0.3
    return {
        **NO_ANSWER,
        "answered_at": answered_at,
        "score": score,
        "comment": comment,
        "commented_at": answered_at if comment else None,
        "may_share": may_share,
        "story_at": answered_at + timedelta(hours=2) if story else None,
    }
