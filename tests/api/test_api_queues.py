"""The queues over the API."""

from tests.api.support.office import NOON, Office, call


def test_live_queues_are_told_by_name(office: Office) -> None:
    office.add(
        call("one", state="queued", queue="sales", outcome=None, queued_at=NOON, last_event_at=NOON),
    )
    office.parts.clock.advance(5)
    told = {one["name"]: one for one in office.ana.get("/queues")["items"]}
    assert (told["sales"]["waiting"], told["sales"]["longest_wait_seconds"]) == (1, 5)
    assert (told["support"]["waiting"], told["support"]["longest_wait_seconds"]) == (0, None)
    assert told["sales"]["agents"]["available"] == 2
