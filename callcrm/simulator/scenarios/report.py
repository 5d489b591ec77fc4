"""What came of a simulation: a line for each call, and everything that went wrong."""

from dataclasses import dataclass

from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.wire.wire_log import WireLog

REFUSED = 403


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call in a line."""

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
    """A simulation's result. `requests` is how many the app was sent; `failures` those it did not take."""

    scenario: str
    calls: tuple[CallLine, ...]
    requests: int
    failures: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every call went as it should and every request was taken."""
        return not self.failures and not any(call.complaints for call in self.calls)

    @property
    def exit_code(self) -> int:
        """For a command: 0 if all went well, 1 if anything did not."""
        return 0 if self.ok else 1

    def lines(self) -> list[str]:
        """The report as text."""
        bad = sum(1 for call in self.calls if call.complaints)
        total = f"{self.scenario}: {len(self.calls)} calls, {bad} with complaints, {self.requests} requests"
        return [*map(str, self.calls), *self.failures, f"{total}, {len(self.failures)} not taken"]


def outcome(call: CallTruth) -> str:
    """How far the caller got."""
    if call.reached_human:
        return "human"
    if call.left_message:
        return "message"
    if call.asked_for_message:
        return "recorder"
    return "waiting" if call.waits or call.legs else "menu"


def untaken(log: WireLog) -> tuple[str, ...]:
    """Requests the app did not take, each kind of failure once with its count."""
    counts: dict[str, int] = {}
    for exchange in log:
        if exchange.status is None or not 200 <= exchange.status < 300:
            what = exchange.failure or f"status {exchange.status}"
            hint = " (do token and public URL fit?)" if exchange.status == REFUSED else ""
            path = exchange.url.partition("?")[0]
            key = f"{exchange.kind} {path}: {what}{hint}"
            counts[key] = counts.get(key, 0) + 1
    return tuple(f"{key} ({count} times)" for key, count in counts.items())
