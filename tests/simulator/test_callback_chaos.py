"""Callbacks under chaos: doubled, shuffled, late or lost, and the same again for the same seed."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from starlette.responses import Response

from callcrm.simulator.account import Account
from callcrm.simulator.clock import VirtualClock
from callcrm.simulator.parties.callers import HangUp, Talk
from callcrm.simulator.wire.callbacks import Callbacks
from callcrm.simulator.wire.chaos import Chaos
from callcrm.simulator.wire.webhooks import WebhookClient, WebhookRequest
from tests.simulator.simulation import AGENT, BASE, TOKEN, Simulation, simulate

DIAL = (
    "<Dial action='/dialled'><Number statusCallback='/leg' "
    f"statusCallbackEvent='initiated ringing answered completed'>{AGENT}</Number></Dial>"
)


def simulate_call(chaos: Chaos) -> Simulation:
    simulation = simulate(
        {"/voice": DIAL, "/dialled": "<Hangup/>", "/leg": Response(status_code=204)}, chaos=chaos
    )
    simulation.call(Talk(20), HangUp())
    return simulation


def sequence(simulation: Simulation) -> list[str]:
    return [form["SequenceNumber"] for form in simulation.app.requests_to("/leg")]


def test_without_chaos_callbacks_come_once_and_in_order() -> None:
    assert sequence(simulate_call(Chaos())) == ["0", "1", "2", "3"]


def test_a_duplicate_carries_the_same_token() -> None:
    simulation = simulate_call(Chaos(duplicate=1.0))
    assert sequence(simulation) == ["0", "0", "1", "1", "2", "2", "3", "3"]
    tokens = [
        exchange.idempotency_token
        for exchange in simulation.carrier.wire_log.of_kind("status")
        if exchange.url.endswith("/leg")
    ]
    assert tokens[0] == tokens[1] != tokens[2]


def test_shuffled_callbacks_all_come_in_some_other_order() -> None:
    orders = [sequence(simulate_call(Chaos(seed=seed, shuffle=60))) for seed in range(5)]
    assert all(sorted(order) == ["0", "1", "2", "3"] for order in orders)
    assert any(order != ["0", "1", "2", "3"] for order in orders)


def test_lost_callbacks_never_come_and_the_call_goes_on() -> None:
    simulation = simulate_call(Chaos(drop=1.0))
    assert simulation.app.requests_to("/leg") == simulation.app.requests_to("/status") == []
    assert simulation.app.requests_to("/dialled")[0]["DialCallStatus"] == "completed"


def test_late_callbacks_are_told_after_the_call() -> None:
    simulation = simulate_call(Chaos(delay=3600))
    late = simulation.carrier.wire_log.of_kind("status")[0]
    assert (
        late.at - next(iter(simulation.carrier.ground_truth.calls.values())).root.started
    ).total_seconds() >= 3600
    assert late.form["Timestamp"] == "Mon, 05 Jan 2026 09:00:00 +0000"


@pytest.mark.parametrize("chaos", [Chaos(seed=7, shuffle=30, duplicate=0.5, drop=0.2)])
def test_the_same_seed_makes_the_same_chaos(chaos: Chaos) -> None:
    first, second = simulate_call(chaos), simulate_call(chaos)
    assert first.app.requests == second.app.requests
    assert [exchange.at for exchange in first.carrier.wire_log] == [
        exchange.at for exchange in second.carrier.wire_log
    ]


def test_another_seed_makes_another_chaos() -> None:
    plans = {
        tuple(Chaos(seed=seed, drop=0.5).delivery_delays(str(key)) == [] for key in range(20))
        for seed in range(9)
    }
    assert len(plans) == 9


async def delivery_order() -> list[str]:
    """Two callbacks of one call, whose first takes the app much longer."""
    arrived: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        for _ in range(50 if request.url.path == "/first" else 1):
            await asyncio.sleep(0)
        arrived.append(request.url.path)
        return httpx.Response(204)

    clock = VirtualClock(datetime(2026, 1, 5, tzinfo=UTC))
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    callbacks = Callbacks(WebhookClient(http, Account("AC1", TOKEN), clock), clock, Chaos())
    for name in ("/first", "/second"):
        callbacks.send(WebhookRequest("status", BASE + name), "CA1", name)
    await clock.settle()
    return arrived


def test_a_callback_waits_for_the_one_before_it_to_be_taken() -> None:
    assert asyncio.run(delivery_order()) == ["/first", "/second"]
