"""One open promise for a caller, closed by speaking with them, and users' decisions about it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from callcrm.calls.disposition import set_disposition
from callcrm.crm.merge import move, move_back
from callcrm.crm.promises import promises
from callcrm.crm.seams import SEAMS
from callcrm.models import Call, Promise, PromiseState
from callcrm.store.store import Store
from tests.shop import ANA, BEN, Shop, at, settle

OPEN, KEPT, DROPPED = PromiseState.OPEN, PromiseState.KEPT, PromiseState.DROPPED


def state_of(shop: Shop, call_id: str) -> str | None:
    """The state of the promise that the call made or is part of."""
    promise = shop.promise_of(call_id)
    return None if promise is None else promise.state


def missed(shop: Shop, phone: str | None = ANA, minute: float = 0, **fields: Any) -> str:
    """The id of a missed call, its promise derived."""
    call = shop.call(phone, minute, **fields)
    shop.derive(call, "missed", phone)
    return call


def promise_id(shop: Shop, call_id: str) -> str:
    """The id of the promise that the call made or is part of."""
    promise = shop.promise_of(call_id)
    assert promise is not None
    return promise.id


# --- with whom, and whether anybody was there --------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, OPEN),
        ({"disposition": "mailbox"}, OPEN),
        ({"disposition": "wrong_number"}, OPEN),
        ({"disposition": "other"}, OPEN),
        ({"disposition": "a-program-s-own"}, OPEN),
        ({"answered_by": "machine"}, OPEN),
        ({"answered_by": "human", "disposition": "mailbox"}, OPEN),
        ({"answered_by": "human"}, KEPT),
        ({"answered_by": "machine", "disposition": "order_taken"}, KEPT),
        ({"disposition": "question_answered"}, KEPT),
    ],
)
def test_a_call_of_ours_keeps_a_promise_if_somebody_says_that_a_person_answered(
    shop: Shop, fields: dict[str, str], state: str
) -> None:
    call = missed(shop)
    shop.derive(shop.answered(ANA, 10, direction="outbound", **fields), None)
    assert state_of(shop, call) == state


def _dispose(session: Session, call_id: str, code: str | None) -> None:
    set_disposition(session, session.get_one(Call, call_id), code)


def test_what_an_agent_says_of_the_call_afterwards_decides(shop: Shop) -> None:
    call, ring_back = missed(shop), shop.answered(ANA, 10, direction="outbound")
    states = []
    for disposition in (None, "order_taken", "mailbox", "order_taken"):
        shop.do(
            lambda session, code: setattr(session.get_one(Call, ring_back), "disposition", code), disposition
        )
        shop.derive(ring_back, None)
        states.append(state_of(shop, call))
    assert states == [OPEN, KEPT, OPEN, KEPT]


def test_somebody_else_s_call_from_a_shared_number_keeps_nothing(shop: Shop) -> None:
    ana, ben = shop.customer("Ana", ANA), shop.customer("Ben", ANA)
    call = missed(shop, customer_id=ana)
    shop.derive(shop.answered(ANA, 10, customer_id=ben), None)
    assert state_of(shop, call) == OPEN
    shop.derive(shop.answered(ANA, 20, customer_id=ana), None)
    assert state_of(shop, call) == KEPT


@pytest.mark.parametrize("which", ["promise", "conversation", "both"])
def test_on_a_shared_number_a_promise_stays_while_it_is_open_whose_it_is(shop: Shop, which: str) -> None:
    ana, _ = shop.customer("Ana", ANA), shop.customer("Ben", ANA)
    call = missed(shop, customer_id=ana if which == "conversation" else None)
    shop.derive(shop.answered(ANA, 10, customer_id=ana if which == "promise" else None), None)
    assert state_of(shop, call) == OPEN


def test_an_agent_who_says_with_whom_they_spoke_closes_what_is_owed_to_them(shop: Shop) -> None:
    ana, ben = shop.customer("Ana", ANA), shop.customer("Ben", ANA)
    call, through = missed(shop, customer_id=ana), shop.answered(ANA, 10)
    states = []
    for customer in (None, ana, ben, ana):
        shop.assign(through, customer)
        states.append(state_of(shop, call))
    assert states == [OPEN, KEPT, OPEN, KEPT]


def test_a_caller_who_asked_to_be_rung_elsewhere_is_reached_there_or_here(shop: Shop) -> None:
    for minute, number in ((0, BEN), (100, ANA)):
        call = shop.call(ANA, minute)
        shop.derive(call, "callback", BEN)
        shop.derive(shop.answered(number, minute + 10, disposition="order_taken"), None)
        assert state_of(shop, call) == KEPT


# --- one open promise for a caller -------------------------------------------------------------------


def test_three_calls_of_one_person_leave_one_open_promise(shop: Shop) -> None:
    calls = [missed(shop, minute=minute) for minute in (0, 10, 20)]
    assert len({promise_id(shop, call) for call in calls}) == 1
    (promise,) = shop.open_promises()
    assert (promise.call_id, promise.due_at) == (calls[0], at(31))


def test_a_person_with_two_numbers_is_one_caller(shop: Shop) -> None:
    ana = shop.customer("Ana", ANA, BEN)
    for minute, number in enumerate((ANA, BEN)):
        missed(shop, number, minute, customer_id=ana)
    assert len(shop.open_promises()) == 1


def test_withheld_callers_are_never_one(shop: Shop) -> None:
    for minute in range(3):
        shop.derive(shop.call(None, minute), "voicemail", None)
    assert len(shop.open_promises()) == 3


def test_customers_who_share_a_number_are_several_callers(shop: Shop) -> None:
    for minute, name in enumerate(("Ana", "Ben")):
        missed(shop, minute=minute, customer_id=shop.customer(name, ANA))
    assert len(shop.open_promises()) == 2


def test_what_says_most_stands_for_all_and_the_earliest_time_counts(shop: Shop) -> None:
    calls = [shop.call(ANA, minute) for minute in (0, 10, 20)]
    for call, kind in zip(calls, ("missed", "voicemail", "callback"), strict=True):
        shop.derive(call, kind)
    (promise,) = shop.open_promises()
    assert (promise.kind, promise.call_id, promise.due_at) == ("voicemail", calls[1], at(31))


def test_the_order_in_which_a_caller_s_calls_become_known_changes_nothing(shop: Shop) -> None:
    seen = []
    for number, order in enumerate(permutations(range(5))):
        phone = f"+1202555{3000 + number}"
        minutes = (0, 10, 20, 30, 40)
        calls = [
            shop.answered(phone, minute) if minute == 20 else shop.call(phone, minute) for minute in minutes
        ]
        kinds = ("missed", "voicemail", None, "missed", "missed")
        for place in order:
            shop.derive(calls[place], kinds[place], phone)
        rows = [shop.promise_of(call) for call in calls]
        seen.append([row and (calls.index(row.call_id or ""), row.state, row.due_at) for row in rows])
    kept, still = (1, KEPT, at(31)), (3, OPEN, at(61))
    assert seen == [[kept, kept, None, still, still]] * 120


def test_a_call_that_turns_out_to_be_another_s_takes_its_promise_along(shop: Shop) -> None:
    ana, ben = shop.customer("Ana", ANA), shop.customer("Ben", ANA)
    calls = [missed(shop, minute=minute, customer_id=ana) for minute in (0, 10)]
    for call, customer in ((calls[0], ben), (calls[1], ben), (calls[0], None), (calls[0], ana)):
        shop.assign(call, customer)
        expected = len({(row.customer_id or ANA) for row in map(shop.promise_of, calls) if row})
        assert len(shop.open_promises()) == expected


def test_a_stranger_s_promises_join_the_customer_s_when_the_number_is_put_on_file(shop: Shop) -> None:
    ana = shop.customer("Ana", BEN)
    for minute, number in enumerate((BEN, ANA, ANA)):
        missed(shop, number, minute, customer_id=ana if number == BEN else None)
    assert len(shop.open_promises()) == 2
    shop.change(ana, phones=[BEN, ANA])
    (promise,) = shop.open_promises()
    assert promise.customer_id == ana


def test_customers_who_are_merged_are_owed_one_call(shop: Shop) -> None:
    ana, anna = shop.customer("Ana", ANA), shop.customer("Anna", BEN)
    for minute, (number, customer) in enumerate(((ANA, ana), (BEN, anna))):
        missed(shop, number, minute, customer_id=customer)
    moved = shop.do(move, SEAMS, anna, ana)
    assert [promise.customer_id for promise in shop.open_promises()] == [ana]
    shop.do(move_back, SEAMS, moved, anna)
    assert {promise.customer_id for promise in shop.open_promises()} == {ana, anna}


def test_the_store_itself_has_no_two_open_promises_to_a_caller(store: Store) -> None:
    def add(session: Session, *ids: str) -> None:
        for key in ids:
            row = Promise(id=key, kind="missed", caller=ANA, due_at=at(30), created_at=at(0))
            session.add(row)
            session.flush()

    with pytest.raises(IntegrityError):
        store.write_now(lambda session: add(session, "p1", "p2"))


def test_calls_that_end_at_once_leave_one_open_promise(shop: Shop) -> None:
    numbers = [f"+1202555{4000 + number}" for number in range(6)]
    calls = [(number, shop.call(number, minute / 10)) for number in numbers for minute in range(16)]
    with ThreadPoolExecutor(8) as pool:
        # The latest first, so that the promise becomes part of an earlier call's again and again.
        list(pool.map(lambda call: shop.do(settle, call[1], "missed", call[0], at(99)), reversed(calls)))
    assert len(shop.open_promises()) == len({promise_id(shop, call) for _, call in calls}) == 6


# --- what a user decides -----------------------------------------------------------------------------


def rebuilt(shop: Shop, *calls: str) -> None:
    """Derives the calls' promises again, as `ledger rebuild` does."""
    for call in calls:
        outcome = shop.get(Call, call).outcome
        shop.derive(call, None if outcome == "answered" else "missed")


@pytest.mark.parametrize("state", [KEPT, DROPPED])
def test_what_a_user_closed_stays_closed_with_all_its_calls(shop: Shop, state: PromiseState) -> None:
    calls = [missed(shop, minute=minute) for minute in (0, 10)]
    shop.do(promises.close, promise_id(shop, calls[1]), state, by="mia", now=at(15))
    rebuilt(shop, calls[1], calls[0])
    assert [state_of(shop, call) for call in calls] == [state, state]
    assert shop.open_promises() == []


def test_who_calls_again_after_a_user_closed_the_promise_is_owed_a_new_one(shop: Shop) -> None:
    first = missed(shop)
    shop.do(promises.close, promise_id(shop, first), DROPPED, by="mia", now=at(5))
    second = missed(shop, minute=10)
    rebuilt(shop, first, second)
    assert [state_of(shop, call) for call in (first, second)] == [DROPPED, OPEN]


def test_what_a_user_opened_again_stays_open_whoever_gets_through(shop: Shop) -> None:
    call, through = missed(shop), shop.answered(ANA, 10)
    shop.derive(through, None)
    assert state_of(shop, call) == KEPT
    shop.do(promises.reopen, promise_id(shop, call), by="mia", now=at(20))
    later = shop.answered(ANA, 30)
    rebuilt(shop, call, through, later)
    assert state_of(shop, call) == OPEN
    shop.do(promises.close, promise_id(shop, call), KEPT, by="mia", now=at(40))
    rebuilt(shop, through, call)
    assert state_of(shop, call) == KEPT


def test_a_promise_opened_again_takes_in_the_one_that_came_after_it(shop: Shop) -> None:
    first = missed(shop)
    shop.do(promises.close, promise_id(shop, first), DROPPED, by="mia", now=at(5))
    second = missed(shop, minute=10)
    again = shop.do(promises.reopen, promise_id(shop, first), by="mia", now=at(15))
    assert [promise.id for promise in shop.open_promises()] == [again.id]
    assert promise_id(shop, second) == again.id
    shop.do(promises.close, again.id, KEPT, by="mia", now=at(20))
    rebuilt(shop, second, first)
    assert [state_of(shop, call) for call in (first, second)] == [KEPT, KEPT]


def test_a_decision_about_a_part_is_one_about_the_whole(shop: Shop) -> None:
    first = missed(shop)
    shown_before = promise_id(shop, first)
    shop.derive(shop.call(ANA, 10), "voicemail")
    assert promise_id(shop, first) != shown_before
    shop.do(promises.close, shown_before, KEPT, by="mia", now=at(20))
    assert shop.open_promises() == []


def test_a_call_known_late_reopens_nothing_that_a_user_closed(shop: Shop) -> None:
    second = missed(shop, minute=10)
    shop.do(promises.close, promise_id(shop, second), KEPT, by="mia", now=at(20))
    first = missed(shop, minute=0)
    assert [state_of(shop, call) for call in (first, second)] == [KEPT, KEPT]


def test_a_decision_while_a_call_is_settled_stands(shop: Shop) -> None:
    call = missed(shop)
    through = shop.answered(ANA, 10)
    key = promise_id(shop, call)
    with ThreadPoolExecutor(2) as pool:
        settled = pool.submit(lambda: shop.do(settle, through, None, ANA, at(99)))
        closed = pool.submit(lambda: shop.do(promises.close, key, DROPPED, by="mia", now=at(20)))
        settled.result()
        closed.result()
    assert state_of(shop, call) == DROPPED


def test_a_caller_with_a_long_past_costs_no_more(shop: Shop, statements: Callable[[], Any]) -> None:
    counts = []
    for phone, past in ((ANA, 1), (BEN, 12)):
        for days in range(-past - 3, -3):
            missed(shop, phone, days * 1440)
            shop.derive(shop.answered(phone, days * 1440 + 50), None)
        call = shop.call(phone, 0)
        with statements() as seen:
            shop.do(settle, call, "missed", phone, at(2))
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8
