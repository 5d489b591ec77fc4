"""A simulation's report: a line for each call, and the requests the app did not take."""

from dataclasses import dataclass

from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.wire.wire_log import WireLog

FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class CallResult:
    """One call and the complaints about it; as text, one line."""

    sid: str
    outcome: str  # human | message | recorder | waiting | menu
    status: str
    seconds: int
    complaints: tuple[str, ...] = ()

    def __str__(self) -> str:
        verdict = "; ".join(self.complaints) or "ok"
        return f"{self.sid} {self.outcome} {self.status} {self.seconds} s: {verdict}"


@dataclass(frozen=True, slots=True)
class Report:
    """A simulation's result: `requests` sent to the app, and `failures`, those it did not take."""

    scenario: str
    calls: tuple[CallResult, ...]
    requests: int
    failures: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every call went as expected and every request was taken."""
        return not self.failures and not any(call.complaints for call in self.calls)

    @property
    def exit_code(self) -> int:
        """For a command: 0 if all went well, else 1."""
        return 0 if self.ok else 1

    def lines(self) -> list[str]:
        """The report as text."""
        bad = sum(1 for call in self.calls if call.complaints)
        total = f"{self.scenario}: {len(self.calls)} calls, {bad} with complaints, {self.requests} requests"
        return [*map(str, self.calls), *self.failures, f"{total}, {len(self.failures)} not taken"]


def call_outcome(call: CallTruth) -> str:
    """How far the caller got: human, message, recorder, waiting or menu."""
    if call.reached_human:
        return "human"
    if call.left_message:
        return "message"
    if call.recorder_reached_at:
        return "recorder"
    return "waiting" if call.queue_stays or call.legs else "menu"


def failed_requests(log: WireLog) -> tuple[str, ...]:
    """The requests the app did not take, each kind of failure once with its count."""
    counts: dict[str, int] = {}
    for exchange in log:
        if exchange.status is None or not 200 <= exchange.status < 300:
            failure = exchange.failure or f"status {exchange.status}"
            hint = " (do token and public URL fit?)" if exchange.status == FORBIDDEN else ""
            path = exchange.url.partition("?")[0]
            key = f"{exchange.kind} {path}: {failure}{hint}"
            counts[key] = counts.get(key, 0) + 1
    return tuple(f"{key} ({count} times)" for key, count in counts.items())
