"""What the log says of an outage: each cause once, with the ids by which a call is followed."""

from pathlib import Path

import pytest
import structlog
from sqlalchemy import make_url

from tests.clocks import CLOCK
from tests.posts import inbound
from tests.running_app import open_app, settings_for

SID = "CA" + "7" * 32
MESSAGE = "SM" + "7" * 32
SECONDS = 4.5  # two turns of what runs every two seconds
PATIENCE = 20  # seconds until all have run once, on a busy machine


@pytest.mark.engine("sqlite")
def test_an_outage_is_logged_once_and_each_report_with_the_id_it_is_followed_by(
    database_url: str, tmp_path: Path
) -> None:
    events = {"the spool waits for the store", "jobs wait for the store", "live updates are interrupted"}
    with structlog.testing.capture_logs() as lines, open_app(settings_for(database_url, tmp_path)) as app:
        Path(make_url(app.services.store.url).database or "").unlink()
        call = {**inbound(SID, "+12025550134"), "CallStatus": "ringing"}
        text = {"MessageSid": MESSAGE, "From": "+12025550134", "To": call["To"], "Body": "Hello"}
        text["AccountSid"] = call["AccountSid"]
        assert app.post("/webhooks/twilio/status", call).status_code == 204
        assert app.post("/webhooks/twilio/message", text).status_code == 204
        until = CLOCK.monotonic() + PATIENCE
        while not events <= {line["event"] for line in lines} and CLOCK.monotonic() < until:
            CLOCK.block(0.05)
        CLOCK.block(SECONDS)
    reports = [line for line in lines if line["event"] == "report goes to the spool"]
    assert [line.get("call") or line.get("sid") for line in reports] == [SID, MESSAGE]
    for event in sorted(events):
        causes = [line["cause"] for line in lines if line["event"] == event]
        assert causes, event
        assert len(causes) == len(set(causes)), f"{event}: said again and again"
    assert not [line for line in lines if line["event"] == "a job failed"], "it is the store that fails"
