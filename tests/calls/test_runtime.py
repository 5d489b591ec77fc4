"""The call flow's configuration: whose numbers are ours, and whom we can ring back."""

from datetime import UTC, datetime

import pytest

from callcrm.calls.ingest.offline import OfflineContext
from callcrm.calls.runtime import build_runtime
from callcrm.carrier.events import parse_flow_request
from callcrm.carrier.form import Form
from callcrm.config import load_settings
from callcrm.ivr.flows.model import Flow, Flows
from callcrm.ivr.steps import NodeKind, Position
from tests.running import ACCOUNT, LINE, OPERATOR, TOKEN

FLOW_LINE = "+12025550155"
SETTINGS = {
    "CALLCRM_OPERATOR_NUMBER": OPERATOR,
    "CALLCRM_NUMBERS": LINE,
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
}
FLOW = Flow(name="main", languages=("en",), main="main", menus={}, numbers=(FLOW_LINE,))
RUNTIME = build_runtime(load_settings(SETTINGS), Flows({"main": FLOW}))


def test_the_numbers_of_flows_are_ours_too() -> None:
    assert RUNTIME.own_numbers == {LINE, OPERATOR, FLOW_LINE}


@pytest.mark.parametrize("number", [LINE, OPERATOR, FLOW_LINE])
def test_nobody_is_rung_back_on_a_number_of_ours(number: str) -> None:
    request = parse_flow_request(
        "callback", "/", Position(NodeKind.CALLBACK), Form([("CallSid", "CA1")]), datetime.now(UTC)
    )
    assert request
    context = OfflineContext(RUNTIME, request, datetime.now(UTC))
    assert context.parse_number(number.removeprefix("+1")) is None
    assert context.parse_number("2025550177") == "+12025550177"
