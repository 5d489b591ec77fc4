"""The queues as a supervisor sees them."""

from callcrm.routing.queue_status import QueueStatus, queue_statuses
from tests.agents.staffing import Floor, at, call, hire, waiting_call


def queues(floor: Floor, seconds: float = 100, names: tuple[str, ...] = ()) -> dict[str, QueueStatus]:
    return {queue.name: queue for queue in floor.do(queue_statuses, at(seconds), names)}


def test_those_who_wait_are_counted_and_the_longest_wait_given(floor: Floor) -> None:
    floor.do(waiting_call, "c1", 40)
    floor.do(waiting_call, "c2", 70)
    floor.do(waiting_call, "c3", 90, "support")
    statuses = queues(floor)
    assert [(queue.waiting, queue.longest_wait_seconds) for queue in statuses.values()] == [(2, 60), (1, 10)]


def test_those_who_speak_or_have_gone_do_not_wait(floor: Floor) -> None:
    floor.do(call, "c1", queue="sales", state="in_progress", queued_at=at(1))
    floor.do(call, "c2", queue="sales", state="ended", queued_at=at(1))
    assert queues(floor, names=("sales",))["sales"].waiting == 0


def test_a_named_queue_is_shown_empty(floor: Floor) -> None:
    queue = queues(floor, names=("sales",))["sales"]
    assert (queue.waiting, queue.longest_wait_seconds) == (0, None)


def test_agents_are_counted_by_state_in_the_queues_they_serve(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(hire, "ben", state="break", queues=["support"])
    statuses = queues(floor, names=("sales", "support"))
    assert [
        (statuses["sales"].agents[state], statuses["support"].agents[state])
        for state in ("available", "break")
    ] == [
        (1, 1),
        (0, 1),
    ]


def test_every_state_is_there_even_with_nobody_in_it(floor: Floor) -> None:
    assert set(queues(floor, names=("sales",))["sales"].agents) == {
        "available",
        "ringing",
        "on_call",
        "wrap_up",
        "break",
        "offline",
    }


def test_queues_come_in_order_of_name(floor: Floor) -> None:
    floor.do(hire, "ana", queues=["billing"])
    floor.do(waiting_call, "c1", 40, "support")
    assert list(queues(floor, names=("sales",))) == ["billing", "sales", "support"]
