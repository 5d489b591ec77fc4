"""A caller with hundreds of calls: judging their promises holds up nobody who writes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from callcrm.crm.promises.conversations import Conversation
from callcrm.crm.promises.grouping import Debt, Group, grouped
from callcrm.models import PromiseKind, PromiseState
from tests.shop import ANA, Shop, at

CALLS = 60
MOST_READINGS = 4  # of conversations, for however many promises
HUNDREDS = 500


def test_all_promises_to_a_caller_are_judged_in_a_few_queries(
    shop: Shop, statements: Callable[[], Any]
) -> None:
    missed = []
    for number in range(CALLS):
        call = shop.call(ANA, 20 * number)
        shop.derive(call, "missed")
        missed.append(call)
        shop.derive(shop.answered(ANA, 20 * number + 10), None)
    with statements() as seen:
        shop.derive(missed[0], "missed")
    assert sum("call.answered_at >" in sql for sql in seen) <= MOST_READINGS
    promises = [shop.promise_of(call) for call in missed]
    assert {promise.state for promise in promises if promise} == {PromiseState.KEPT}
    assert len({promise.kept_by for promise in promises if promise}) == CALLS


def _debt(number: int) -> Debt:
    due = at(number + 30)
    return Debt(
        f"{number:03}", PromiseKind.MISSED, at(number), due, None, PromiseState.OPEN, None, None, None
    )


def test_closed_promises_are_not_looked_at_for_each_later_call(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, was_open = list[Group](), Group.was_open

    def look(group: Group, when: datetime) -> bool:
        looks.append(group)
        return was_open(group, when)

    monkeypatch.setattr(Group, "was_open", look)
    after = timedelta(seconds=30)
    groups = grouped(map(_debt, range(HUNDREDS)), lambda since: Conversation(since + after, "call"))
    assert len(groups) == HUNDREDS
    assert len(looks) <= 3 * HUNDREDS
