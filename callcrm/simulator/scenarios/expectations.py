"""What must be true of a call: each expectation gives its complaint, or nothing."""

from collections.abc import Callable
from datetime import datetime

from callcrm.simulator.ground_truth import CallTruth

Expectation = Callable[[CallTruth], str]
PROMISED = 60.0  # seconds within which doing nothing, or wrong, leads to somebody


def human(call: CallTruth) -> str:
    """The caller spoke with a person."""
    return "" if call.reached_human else "reached no human"


def no_human(call: CallTruth) -> str:
    """Nobody spoke with the caller, and no machine was taken for a person."""
    return f"connected with {call.talks[0].who}" if call.talks else ""


def human_or_recorder(call: CallTruth) -> str:
    """The caller spoke with a person, or at least was asked for a message."""
    return "" if call.reached_human or call.asked_for_message else "reached no human and no recorder"


def message(call: CallTruth) -> str:
    """The caller left a message."""
    return "" if call.left_message else "left no message"


def nobody_rung(call: CallTruth) -> str:
    """No telephone rang."""
    return f"{len(call.legs)} telephones rang" if call.legs else ""


def own_hang_up(call: CallTruth) -> str:
    """The caller ended the call."""
    return "" if call.root.ended_by == "far end" else "was hung up on"


def not_stranded(call: CallTruth) -> str:
    """A person, a recorder, or at least a farewell after keys were pressed; never a bare end."""
    if call.reached_human or call.asked_for_message or call.root.ended_by == "far end":
        return ""
    last = call.pressed[-1].at if call.pressed else None
    told = last is not None and any(h.at >= last for h in call.heard)
    return "" if told else "was left without a human, a recorder or a word"


def soon(call: CallTruth) -> str:
    """From the last key (or the start) it took no longer than promised to get out of the menus."""
    since: datetime = call.pressed[-1].at if call.pressed else call.root.started
    if call.safe_at is None:
        return "never got out of the menus"
    waited = (call.safe_at - since).total_seconds()
    return f"{waited:.0f} s until somebody was rung" if waited > PROMISED else ""


def rang_somebody(call: CallTruth) -> str:
    """A telephone rang or a queue took the caller in."""
    return "" if call.legs or call.waits else "nobody was rung"


def sound(call: CallTruth) -> str:
    """The carrier could run every document and play every sound."""
    return "; ".join(f"{fault.code} {fault.reason}" for fault in call.faults)
