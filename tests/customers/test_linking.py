"""Earlier calls find their customer, and move when somebody says so (I12)."""

import threading

import pytest

from callcrm.base.errors import Refused
from callcrm.customers import identity
from callcrm.live.announce import Announcement
from callcrm.models import CallState, Message, Promise
from tests.shop import ANA, BEN, OURS, Shop


def test_earlier_calls_of_a_new_customer_are_linked(shop: Shop) -> None:
    call = shop.call(ANA)
    ana = shop.customer("Ana", ANA)
    assert shop.whose(call) == (ana, identity.BY_NUMBER)


def test_notes_promise_and_messages_come_along(shop: Shop) -> None:
    call = shop.call(ANA)
    note, message = shop.note(call), shop.message(ANA)
    shop.derive(call, "missed")
    ana = shop.customer("Ana", ANA)
    promise = shop.promise_of(call)
    assert promise is not None
    assert [shop.whose_note(note), promise.customer_id, shop.get(Message, message).customer_id] == [ana] * 3


def test_a_promise_that_comes_along_goes_to_the_customer_s_own_agent(shop: Shop) -> None:
    call = shop.call(ANA)
    shop.derive(call, "missed")
    shop.customer("Ana", ANA, owner_id=shop.agent("mia"))
    promise = shop.promise_of(call)
    assert promise is not None
    assert promise.owner_id == "mia"


def test_a_new_number_brings_its_calls(shop: Shop) -> None:
    call = shop.call(BEN)
    ana = shop.customer("Ana", ANA)
    assert shop.whose(call) == (None, None)
    shop.change(ana, phones=[ANA, BEN])
    assert shop.whose(call) == (ana, identity.BY_NUMBER)


def test_a_change_of_name_brings_nothing(shop: Shop) -> None:
    ana = shop.customer("Ana", ANA)
    call = shop.call(ANA)
    shop.change(ana, name="Ana Ortiz")
    assert shop.whose(call) == (None, None)


def test_calls_of_other_numbers_stay_where_they_are(shop: Shop) -> None:
    others = [shop.call(BEN), shop.call(None), shop.call(None)]
    shop.customer("Ana", ANA)
    assert [shop.whose(call) for call in others] == [(None, None)] * 3


def test_a_shared_number_s_calls_wait_for_a_choice(shop: Shop) -> None:
    shop.customer("Ana", ANA)
    call = shop.call(ANA)
    note = shop.note(call)
    shop.customer("Ben", ANA)
    assert (shop.whose(call), shop.whose_note(note)) == ((None, None), None)


def test_what_was_certain_stays_when_the_number_becomes_shared(shop: Shop) -> None:
    call = shop.call(ANA)
    ana = shop.customer("Ana", ANA)
    shop.customer("Ben", ANA)
    assert shop.whose(call) == (ana, identity.BY_NUMBER)


def test_what_somebody_decided_is_not_undone_by_a_number(shop: Shop) -> None:
    ben = shop.customer("Ben", BEN)
    chosen, nobodys = shop.call(ANA), shop.call(ANA)
    shop.assign(chosen, ben)
    shop.assign(nobodys, None)
    shop.customer("Ana", ANA)
    assert [shop.whose(call) for call in (chosen, nobodys)] == [(ben, "mia"), (None, "mia")]


def test_calls_between_our_own_numbers_are_linked_to_nobody(shop: Shop) -> None:
    call = shop.call(OURS)
    shop.customer("Whoever saved our number", OURS)
    assert shop.whose(call) == (None, None)


def test_a_number_taken_away_leaves_its_history(shop: Shop) -> None:
    call = shop.call(ANA)
    ana = shop.customer("Ana", ANA)
    shop.change(ana, phones=[])
    assert shop.whose(call) == (ana, identity.BY_NUMBER)


def test_a_running_call_that_is_linked_is_shown_anew(shop: Shop, published: list[object]) -> None:
    shop.agent("mia")
    running = shop.call(ANA, state=CallState.IN_PROGRESS, agent_id="mia", ended_at=None)
    shop.call(ANA)
    shop.customer("Ana", ANA)
    announcements = [event for event in published if isinstance(event, Announcement)]
    assert [(event.kind, event.subject, event.to, event.supervisors) for event in announcements] == [
        ("call.updated", running, ("mia",), True)
    ]


def test_two_who_are_given_one_number_at_once_share_it(shop: Shop) -> None:
    calls = [shop.call(ANA) for _ in range(20)]
    noted = [shop.note(call) for call in calls]
    barrier = threading.Barrier(2)

    def make(name: str) -> None:
        barrier.wait()
        shop.customer(name, ANA)

    threads = [threading.Thread(target=make, args=[name]) for name in ("Ana", "Ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sharing = {customer.id for customer in shop.do(identity.candidates, ANA)}
    assert len(sharing) == 2
    # For a moment the number was one's alone: all calls are theirs, with their notes, or nobody's.
    whose = {shop.whose(call)[0] for call in calls} | {shop.whose_note(note) for note in noted}
    assert len(whose) == 1
    assert whose <= sharing | {None}


def test_reassigning_moves_call_note_and_promise_together(shop: Shop) -> None:
    ana, ben = shop.customer("Ana", ANA), shop.customer("Ben", ANA)
    call = shop.call(ANA)
    note = shop.note(call)
    shop.derive(call, "missed")
    for customer in (ana, ben, None):
        shop.assign(call, customer)
        promise = shop.promise_of(call)
        assert promise is not None
        assert [shop.whose(call)[0], shop.whose_note(note), promise.customer_id] == [customer] * 3


def test_a_note_written_after_the_choice_is_the_customer_s(shop: Shop) -> None:
    ana, call = shop.customer("Ana"), shop.call(ANA)
    shop.assign(call, ana)
    assert shop.whose_note(shop.note(call)) == ana


def test_other_notes_of_a_customer_stay_with_them(shop: Shop) -> None:
    ana, ben = shop.customer("Ana"), shop.customer("Ben")
    first, second = shop.call(ANA), shop.call(ANA)
    shop.assign(first, ana)
    shop.assign(second, ana)
    note = shop.note(second)
    shop.assign(first, ben)
    assert shop.whose_note(note) == ana


def test_the_agent_on_the_call_is_told_whose_it_is(shop: Shop, published: list[object]) -> None:
    shop.agent("mia")
    call = shop.call(ANA, agent_id="mia")
    shop.assign(call, shop.customer("Ana"), by="eve")
    announcements = [event for event in published if isinstance(event, Announcement)]
    assert [(event.subject, event.to) for event in announcements] == [(call, ("mia",))]


def test_a_call_cannot_be_given_to_a_customer_who_does_not_exist(shop: Shop) -> None:
    with pytest.raises(Refused):
        shop.assign(shop.call(ANA), "nobody")


@pytest.mark.parametrize("several", [2, 5, 20])
def test_before_a_choice_nothing_is_attached_to_any_who_share_a_number(shop: Shop, several: int) -> None:
    sharing = [shop.customer(f"Person {number}", ANA) for number in range(several)]
    call = shop.call(ANA, customer_id=shop.do(identity.resolve, ANA, ()))
    note, message = shop.note(call), shop.message(ANA)
    shop.derive(call, "voicemail")
    for customer_id in sharing:
        shop.change(customer_id, phones=[ANA])
    promise = shop.promise_of(call)
    assert isinstance(promise, Promise)
    attached = [
        shop.whose(call)[0],
        shop.whose_note(note),
        promise.customer_id,
        shop.get(Message, message).customer_id,
    ]
    assert attached == [None] * 4
