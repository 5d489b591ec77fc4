"""Results against a slow reference, their groups and shares, and the due day of a bad mark."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session

from callcrm.agents.principal import Principal
from callcrm.base.calendars import in_calendar
from callcrm.base.errors import Refused
from callcrm.crm.surveys import answer
from callcrm.crm.surveys.reports import bias, results
from callcrm.crm.surveys.reports.results import GroupBy
from callcrm.crm.surveys.responses import ResponseFilter, find
from callcrm.ivr.flows.hours import ALWAYS, Hours
from callcrm.models.crm.survey import SurveyResponse
from tests.shop import NOON, Shop

TEHRAN = ZoneInfo("Asia/Tehran")
GRACE = Principal("grace", "supervisor", "", "Grace")
NINE_TO_FIVE = Hours(
    week=(((540, 1020),),) * 5 + ((),) * 2, holidays=frozenset({date(2026, 1, 5)}), zone=TEHRAN
)


def filled(shop: Shop, kind: str, count: int = 60) -> list[SurveyResponse]:
    """Invented responses of two agents, some unanswered."""
    random, rows = Random(7), []
    agents = [shop.agent("Ana"), shop.agent("Omar")]
    lowest, highest = {"csat": (1, 5), "effort": (1, 7), "nps": (0, 10)}[kind]
    for index in range(count):
        call = shop.answered(f"+1202555{index:04}", minute=index)
        fields: dict[str, Any] = {"answered_at": NOON, "score": random.randint(lowest, highest)}
        row = SurveyResponse(
            id=f"srv_{kind}_{index:03}",
            kind=kind,
            channel=random.choice(("keypress", "link")),
            call_id=call,
            agent_id=random.choice(agents),
            queue=random.choice(("sales", "support", None)),
            talk_seconds=random.choice((10, 59, 60, 200, 2000, None)),
            asked_at=NOON + timedelta(days=random.uniform(0, 90)),
            **(fields if random.random() < 0.6 else {}),
        )
        rows.append(shop.add(row))
    return rows


def reference(rows: list[SurveyResponse], kind: str) -> tuple[int, int, float | None]:
    """Asked, answered and score, counted one by one."""
    scores = [row.score for row in rows if row.score is not None]
    if not scores:
        return len(rows), 0, None
    if kind == "nps":
        happy, unhappy = sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)
        return len(rows), len(scores), 100 * (happy - unhappy) / len(scores)
    return len(rows), len(scores), sum(scores) / len(scores)


@pytest.mark.parametrize("kind", ["csat", "effort", "nps"])
def test_results_and_groups_are_what_counting_one_by_one_gives(shop: Shop, kind: str) -> None:
    rows, wanted = filled(shop, kind), ResponseFilter(kind=kind)

    def verb(session: Session) -> None:
        found = results.total(session, GRACE, wanted)
        assert (found.asked, found.answered, found.score) == pytest.approx(reference(rows, kind))
        keys: dict[GroupBy, Callable[[SurveyResponse], str]] = {
            GroupBy.AGENT: lambda row: row.agent_id or "",
            GroupBy.QUEUE: lambda row: row.queue or "",
            GroupBy.CHANNEL: lambda row: row.channel,
            GroupBy.MONTH: lambda row: f"{row.asked_at.astimezone(TEHRAN):%Y-%m}",
        }
        for by, key in keys.items():
            groups = results.grouped(session, GRACE, wanted, by, TEHRAN)
            assert [group.key for group in groups] == sorted({key(row) for row in rows})
            for group in groups:
                own = [row for row in rows if key(row) == group.key]
                assert (group.asked, group.answered, group.score) == pytest.approx(reference(own, kind))
                behind = find(session, GRACE, wanted, results.in_group(by, group.key, TEHRAN), limit=200)
                assert {row.id for row in behind} == {row.id for row in own}

    shop.do(verb)


def test_every_group_opens_to_as_many_as_it_says(shop: Shop) -> None:
    filled(shop, "csat")

    def verb(session: Session) -> None:
        wanted = ResponseFilter(kind="csat")
        for by in GroupBy:
            groups = results.grouped(session, GRACE, wanted, by, TEHRAN)
            assert sum(group.asked for group in groups) == 60
            for group in groups:
                behind = find(session, GRACE, wanted, results.in_group(by, group.key, TEHRAN), limit=200)
                assert len(behind) == group.asked, (by, group.key)
        months = results.grouped(session, GRACE, wanted, GroupBy.MONTH, TEHRAN, "fa")
        assert sum(group.asked for group in months) == 60
        for group in months:
            behind = find(
                session, GRACE, wanted, results.in_group(GroupBy.MONTH, group.key, TEHRAN), limit=200
            )
            days = {in_calendar(row.asked_at.astimezone(TEHRAN).date(), "fa") for row in behind}
            assert {f"{day.year}-{day.month:02}" for day in days} == {group.key}
            assert len(behind) == group.asked
        for key in ("yesterday", "2026-13", "1405-0", "99999-01"):
            with pytest.raises(Refused):
                results.in_group(GroupBy.MONTH, key, TEHRAN)

    shop.do(verb)


def test_who_answers_more_readily_is_said(shop: Shop) -> None:
    for index in range(80):
        long_talk = index % 2 == 0
        call = shop.answered(f"+1202555{index:04}", minute=index)
        answers = index % 8 != 0 if long_talk else index % 8 == 1
        mark: dict[str, Any] = {"answered_at": NOON, "score": 4} if answers else {}
        shop.add(
            SurveyResponse(
                id=f"srv_{index:03}",
                kind="csat",
                channel="keypress",
                call_id=call,
                talk_seconds=300 if long_talk else 30,
                asked_at=NOON,
                **mark,
            )
        )
    compared = shop.do(lambda session: bias.compare(session, GRACE, ResponseFilter(kind="csat"), UTC))
    (talk,) = [comparison for comparison in compared if comparison.by == GroupBy.TALK]
    assert [(share.key, share.asked, share.answered) for share in talk.shares] == [
        ("0-1", 40, 10),
        ("3-10", 40, 30),
    ]
    assert [(share.key, round(share.gap, 2)) for share in talk.uneven] == [("0-1", -0.25), ("3-10", 0.25)]


@pytest.mark.parametrize(
    ("now", "hours", "due"),
    [
        ("2026-01-07T08:00:00+00:00", ALWAYS, "2026-01-08T18:00:00+00:00"),
        ("2026-01-06T08:00:00+00:00", NINE_TO_FIVE, "2026-01-07T17:00:00+03:30"),
        ("2026-01-02T20:00:00+00:00", NINE_TO_FIVE, "2026-01-06T17:00:00+03:30"),  # a weekend and a holiday
        ("2026-01-07T20:45:00+00:00", NINE_TO_FIVE, "2026-01-09T17:00:00+03:30"),  # past midnight there
        ("2026-01-07T08:00:00+00:00", Hours(week=((),) * 7), "2026-01-08T18:00:00+00:00"),
    ],
)
def test_a_bad_mark_is_due_on_the_next_business_day(now: str, hours: Hours, due: str) -> None:
    assert answer.next_business_day(hours, datetime.fromisoformat(now)) == datetime.fromisoformat(due)
