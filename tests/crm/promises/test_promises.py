"""What we owe callers, and when it is paid: whatever the order in which we came to know."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import derived_id
from callcrm.crm.promises import promises
from callcrm.models import Call, Outcome, PromiseState
from tests.shop import ANA, BEN, Shop, at, settle


def test_a_missed_call_is_owed_a_call_within_half_an_hour(shop: Shop) -> None:
    call = shop.call(ANA, 10)
    promise = shop.derive(call, "missed")
    assert promise is not None
    assert (promise.id, promise.kind, promise.state) == (derived_id("prm", call), "missed", PromiseState.OPEN)
    assert (promise.phone, promise.created_at, promise.due_at) == (ANA, at(11), at(41))


@pytest.mark.parametrize(("kind", "minutes"), [("missed", 30), ("callback", 30), ("voicemail", 60)])
def test_each_kind_has_its_time(shop: Shop, kind: str, minutes: int) -> None:
    promise = shop.derive(shop.call(), kind)
    assert promise is not None
    assert promise.due_at - promise.created_at == timedelta(minutes=minutes)


def test_the_number_keyed_in_is_the_one_to_ring(shop: Shop) -> None:
    promise = shop.derive(shop.call(ANA), "callback", BEN)
    assert promise is not None
    assert promise.phone == BEN


def test_a_call_that_owes_nothing_makes_no_promise(shop: Shop) -> None:
    assert shop.derive(shop.answered(), None) is None


@pytest.mark.parametrize("kind", ["missed", "callback"])
def test_a_withheld_caller_who_left_no_word_is_owed_nothing(shop: Shop, kind: str) -> None:
    assert shop.derive(shop.call(None), kind, None) is None


def test_a_withheld_caller_s_message_waits_to_be_heard(shop: Shop) -> None:
    promise = shop.derive(shop.call(None), "voicemail", None)
    assert promise is not None
    assert promise.phone is None


def test_two_withheld_callers_keep_no_promise_of_each_other(shop: Shop) -> None:
    first = shop.call(None)
    shop.derive(first, "voicemail", None)
    shop.derive(shop.answered(None, 30), None, None)
    promise = shop.promise_of(first)
    assert promise is not None
    assert promise.state == PromiseState.OPEN


def test_a_call_makes_one_promise_whatever_is_told_again(shop: Shop) -> None:
    call = shop.call()
    assert [shop.derive(call, kind) and 1 for kind in ("missed", "voicemail", "voicemail")] == [1, 1, 1]
    promise = shop.promise_of(call)
    assert promise is not None
    assert promise.kind == "voicemail"


def test_a_promise_is_withdrawn_when_it_turns_out_nothing_is_owed(shop: Shop) -> None:
    call = shop.call()
    shop.derive(call, "missed")
    assert shop.derive(call, None) is None


def test_the_last_word_counts_whatever_came_before(shop: Shop) -> None:
    made = []
    for number, order in enumerate(permutations(["missed", "voicemail", None])):
        call = shop.call(f"+12025550{300 + number}")
        for kind in (*order, "callback"):
            shop.derive(call, kind)
        made.append(shop.promise_of(call))
    different = {"id", "call_id", "caller", "version"}
    derived = [promise and promise.model_dump(exclude=different) for promise in made]
    assert derived == [derived[0]] * 6


def test_an_answered_call_from_the_number_keeps_the_promise(shop: Shop) -> None:
    call = shop.call(ANA, 0)
    shop.derive(call, "missed")
    later = shop.answered(ANA, 10)
    shop.derive(later, None)
    promise = shop.promise_of(call)
    assert promise is not None
    assert (promise.state, promise.kept_by, promise.closed_at) == (PromiseState.KEPT, later, at(10.5))


def test_reaching_the_customer_on_another_number_keeps_the_promise(shop: Shop) -> None:
    ana = shop.customer("Ana", ANA, BEN)
    call = shop.call(ANA, 0, customer_id=ana)
    shop.derive(call, "missed")
    shop.derive(shop.answered(BEN, 10, customer_id=ana), None)
    promise = shop.promise_of(call)
    assert promise is not None
    assert promise.state == PromiseState.KEPT


@pytest.mark.parametrize("minute", [-10, -0.5])
def test_a_conversation_before_the_call_keeps_nothing(shop: Shop, minute: float) -> None:
    call = shop.call(ANA, 0)
    shop.derive(call, "missed")
    shop.derive(shop.answered(ANA, minute), None)
    promise = shop.promise_of(call)
    assert promise is not None
    assert promise.state == PromiseState.OPEN


def test_trying_in_vain_keeps_nothing(shop: Shop) -> None:
    call = shop.call(ANA, 0)
    shop.derive(call, "missed")
    shop.derive(shop.call(ANA, 10, outcome=Outcome.NO_ANSWER, direction="outbound"), None)
    promise = shop.promise_of(call)
    assert promise is not None
    assert promise.state == PromiseState.OPEN


def test_the_order_in_which_calls_become_known_changes_nothing(shop: Shop) -> None:
    kinds = ["missed", None, "voicemail", None]
    for number, order in enumerate(permutations(range(4))):
        phone = f"+12025550{300 + number}"
        calls = [
            shop.call(phone, 0),
            shop.answered(phone, 10),
            shop.call(phone, 20),
            shop.answered(phone, 30),
        ]
        for place in order:
            shop.derive(calls[place], kinds[place], phone)
        kept = [promise and promise.kept_by for promise in map(shop.promise_of, calls)]
        assert kept == [calls[1], None, calls[3], None], order


@pytest.mark.parametrize("phone", [ANA, None])
def test_who_got_through_keeps_no_stranger_s_promise(shop: Shop, phone: str | None) -> None:
    ana, ben = shop.customer("Ana"), shop.customer("Ben")
    own_call = shop.call(ANA, 0, customer_id=ana if phone is None else None)
    strangers = [shop.call(BEN, 0), shop.call(BEN, 0, customer_id=ben), shop.call(None, 0)]
    for call, number in zip([own_call, *strangers], [ANA, BEN, BEN, None], strict=True):
        shop.derive(call, "voicemail", number)
    shop.derive(shop.answered(phone, 10, customer_id=ana if phone is None else None), None)
    states = [promise and promise.state for promise in map(shop.promise_of, [own_call, *strangers])]
    assert states == [PromiseState.KEPT, *[PromiseState.OPEN] * 3]


def test_of_two_who_got_through_at_one_moment_the_same_one_counts_in_every_order(shop: Shop) -> None:
    for number, order in enumerate(permutations(range(3))):
        phone = f"+12025550{300 + number}"
        calls = [shop.call(phone, 0), shop.answered(phone, 10), shop.answered(phone, 10)]
        for place in order:
            shop.derive(calls[place], None if place else "missed", phone)
        promise = shop.promise_of(calls[0])
        assert promise is not None
        assert promise.kept_by == calls[1], order


def test_a_promise_seemingly_kept_is_open_again_when_nobody_got_through_after_all(shop: Shop) -> None:
    missed, later = shop.call(ANA, 0), shop.answered(ANA, 10)
    shop.derive(missed, "missed")
    shop.derive(later, None)

    def unanswered(session: Any) -> None:
        call = session.get_one(Call, later)
        call.outcome, call.answered_at = Outcome.ABANDONED, None

    shop.do(unanswered)
    shop.derive(later, "missed")
    promise = shop.promise_of(missed)
    assert promise is not None
    assert (promise.state, promise.kept_by, promise.closed_at) == (PromiseState.OPEN, None, None)


@pytest.mark.parametrize("state", [PromiseState.KEPT, PromiseState.DROPPED])
def test_what_somebody_closed_stays_closed(shop: Shop, state: PromiseState) -> None:
    call = shop.call(ANA, 0)
    promise = shop.derive(call, "missed")
    assert promise is not None
    shop.do(promises.close, promise.id, state, by="mia", now=at(5))
    shop.derive(shop.answered(ANA, 10), None)
    shop.derive(call, None)
    promise = shop.promise_of(call)
    assert promise is not None
    assert (promise.state, promise.decided_by, promise.closed_at) == (state, "mia", at(5))


def test_a_promise_that_does_not_exist_cannot_be_closed(shop: Shop) -> None:
    with pytest.raises(NotFound):
        shop.do(promises.close, "nothing", PromiseState.KEPT, by="mia", now=at(0))


def test_the_customer_s_own_agent_owes_it(shop: Shop) -> None:
    mia, tom = shop.agent("mia"), shop.agent("tom")
    ana = shop.customer("Ana", ANA, owner_id=tom)
    shop.answered(ANA, -60, agent_id=mia, customer_id=ana)
    promise = shop.derive(shop.call(ANA, customer_id=ana), "missed")
    assert promise is not None
    assert promise.owner_id == tom


def test_else_who_spoke_with_them_last_owes_it(shop: Shop) -> None:
    for name, minute in (("mia", -30), ("tom", -60), ("eve", 30)):
        shop.answered(ANA, minute, agent_id=shop.agent(name))
    promise = shop.derive(shop.call(ANA), "missed")
    assert promise is not None
    assert promise.owner_id == "mia"


def test_nobody_who_left_us_owes_anything(shop: Shop) -> None:
    shop.answered(ANA, -60, agent_id=shop.agent("mia"))
    shop.answered(ANA, -30, agent_id=shop.agent("tom", disabled_at=at(-10)))
    promise = shop.derive(shop.call(ANA), "missed")
    assert promise is not None
    assert promise.owner_id == "mia"


def test_who_spoke_with_one_withheld_caller_owes_the_next_nothing(shop: Shop) -> None:
    shop.answered(None, -60, agent_id=shop.agent("mia"))
    promise = shop.derive(shop.call(None), "voicemail", None)
    assert promise is not None
    assert promise.owner_id is None


def test_a_stranger_s_call_is_owed_by_nobody_in_particular(shop: Shop) -> None:
    shop.answered(BEN, -60, agent_id=shop.agent("mia"))
    promise = shop.derive(shop.call(ANA), "missed")
    assert promise is not None
    assert promise.owner_id is None


def test_a_word_given_is_owed_by_who_gave_it(shop: Shop) -> None:
    mia, ana = shop.agent("mia"), shop.customer("Ana", ANA)
    owed = shop.do(promises.give, customer_id=ana, phone=ANA, owner_id=mia, due_at=at(90), now=at(0))
    assert (owed.kind, owed.state, owed.owner_id, owed.due_at) == ("promised", PromiseState.OPEN, mia, at(90))


def test_a_word_given_is_not_kept_by_speaking_alone(shop: Shop) -> None:
    ana = shop.customer("Ana", ANA)
    missed = shop.call(ANA, 0, customer_id=ana)
    shop.derive(missed, "missed")
    word = shop.do(promises.give, customer_id=ana, phone=ANA, owner_id=None, due_at=at(90), now=at(2))
    shop.derive(shop.answered(ANA, 30, customer_id=ana), None, None)
    states = {promise.id: promise.state for promise in shop.do(promises.find)}
    owed = shop.promise_of(missed)
    assert owed is not None
    assert (states[owed.id], states[word.id]) == (PromiseState.KEPT, PromiseState.OPEN)
    shop.do(promises.close, word.id, PromiseState.KEPT, by="mia", now=at(40))
    assert shop.do(promises.reopen, word.id, by="mia", now=at(41)).state == PromiseState.OPEN


def test_promises_are_found_by_state_owner_and_customer(shop: Shop) -> None:
    mia, ana = shop.agent("mia"), shop.customer("Ana", BEN)
    first = shop.derive(shop.call(ANA, 0), "missed")
    second = shop.derive(shop.call(BEN, 5, customer_id=ana), "voicemail", BEN)
    assert first is not None
    assert second is not None
    third = shop.do(promises.give, customer_id=ana, phone=None, owner_id=mia, due_at=at(90), now=at(10))
    shop.do(promises.close, second.id, PromiseState.DROPPED, by=mia, now=at(11))
    queries: list[dict[str, Any]] = [
        {},
        {"state": "open"},
        {"owner": mia},
        {"customer": ana},
        {"state": "kept"},
    ]
    results = [[promise.id for promise in shop.do(promises.find, **query)] for query in queries]
    newest = [third.id, second.id, first.id]
    assert results == [newest, [third.id, first.id], [third.id], [third.id, second.id], []]


def test_pages_of_promises_go_on_where_the_last_ended(shop: Shop) -> None:
    made = [
        shop.derive(shop.call(number := f"+1202555030{minute}", minute), "missed", number)
        for minute in range(5)
    ]
    seen: list[str] = []
    after = None
    while page := shop.do(promises.find, after=after, limit=2):
        seen += [promise.id for promise in page]
        after = (page[-1].created_at, page[-1].id)
    assert seen == [promise.id for promise in reversed(made) if promise]


def test_a_call_that_owes_and_keeps_nothing_costs_one_statement(
    shop: Shop, statements: Callable[[], Any]
) -> None:
    call = shop.answered()
    with statements() as seen:
        shop.do(settle, call, None, ANA, at(0))
    assert len(seen) == 1


def test_a_promise_closed_by_mistake_is_open_again(shop: Shop) -> None:
    call = shop.call(ANA, 0)
    promise = shop.derive(call, "missed")
    assert promise is not None
    shop.do(promises.close, promise.id, PromiseState.DROPPED, by="ana", now=at(5))
    again = shop.do(promises.reopen, promise.id, by="mia", now=at(6))
    assert (again.state, again.closed_at, again.decided_by) == (PromiseState.OPEN, None, "mia")


def test_whom_a_promise_was_given_to_stands_when_its_call_is_derived_again(shop: Shop) -> None:
    call = shop.call(ANA, 0)
    promise = shop.derive(call, "missed")
    assert promise is not None
    mia = shop.agent("mia")
    shop.do(promises.arrange, promise.id, owner_id=mia, due_at=at(300), by="sara")
    shop.derive(call, "missed")
    again = shop.promise_of(call)
    assert again is not None
    assert (again.owner_id, again.due_at) == (mia, at(300))


def test_a_promise_is_given_to_nobody_who_is_gone(shop: Shop) -> None:
    promise = shop.derive(shop.call(ANA, 0), "missed")
    assert promise is not None
    gone = shop.agent("gone", disabled_at=at(0))
    with pytest.raises(Refused) as refusal:
        shop.do(promises.arrange, promise.id, owner_id=gone, due_at=at(300), by="sara")
    assert refusal.value.field == "owner"
