"""The queues over the API."""

from tests.api.support.office import NOON, Office, call


def test_live_queues_are_told_by_name(office: Office) -> None:
    office.add(
        call("one", state="queued", queue="sales", outcome=None, queued_at=NOON, last_event_at=NOON),
    )
    office.parts.clock.advance(5)
    queues = {queue["name"]: queue for queue in office.ana.get("/queues")["items"]}
    assert (queues["sales"]["waiting"], queues["sales"]["longest_wait_seconds"]) == (1, 5)
    assert (queues["support"]["waiting"], queues["support"]["longest_wait_seconds"]) == (0, None)
    assert queues["sales"]["agents"]["available"] == 2
