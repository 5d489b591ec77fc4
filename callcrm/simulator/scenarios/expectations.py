"""What a scenario expects of a call: each expectation returns a complaint, or an empty text."""

from collections.abc import Callable
from datetime import datetime

from callcrm.simulator.ground_truth import CallTruth

Expectation = Callable[[CallTruth], str]
MAX_MENU_SECONDS = 60.0  # within which pressing nothing, or wrong keys, must lead to a phone that rings


def reached_human(call: CallTruth) -> str:
    """The caller spoke with a person."""
    return "" if call.reached_human else "reached no human"


def not_connected(call: CallTruth) -> str:
    """Nobody was connected with the caller, and no machine was taken for a person."""
    return f"connected with {call.conversations[0].peer}" if call.conversations else ""


def reached_human_or_recorder(call: CallTruth) -> str:
    """The caller spoke with a person, or at least could leave a message."""
    return "" if call.reached_human or call.recorder_reached_at else "reached no human and no recorder"


def left_message(call: CallTruth) -> str:
    """The caller left a message."""
    return "" if call.left_message else "left no message"


def nobody_rung(call: CallTruth) -> str:
    """No phone rang."""
    return f"{len(call.legs)} telephones rang" if call.legs else ""


def somebody_rung(call: CallTruth) -> str:
    """A phone rang or a queue took the caller in."""
    return "" if call.legs or call.queue_stays else "nobody was rung"


def kept_place(call: CallTruth) -> str:
    """The caller was in a queue once at most: who leaves one and comes back stands at its end."""
    return f"stood in line {len(call.queue_stays)} times" if len(call.queue_stays) > 1 else ""


def caller_hung_up(call: CallTruth) -> str:
    """The caller ended the call."""
    return "" if call.root.ended_by == "far end" else "was hung up on"


def not_stranded(call: CallTruth) -> str:
    """A person, a recorder, or at least a farewell after the last key; never a bare end."""
    if call.reached_human or call.recorder_reached_at or call.root.ended_by == "far end":
        return ""
    last_key_at = call.pressed[-1].at if call.pressed else None
    heard_since = last_key_at is not None and any(entry.at >= last_key_at for entry in call.heard_sounds)
    return "" if heard_since else "was left without a human, a recorder or a word"


def left_menus_in_time(call: CallTruth) -> str:
    """From the last key, or the start, the caller was out of the menus within MAX_MENU_SECONDS."""
    since: datetime = call.pressed[-1].at if call.pressed else call.root.started
    if call.left_menus_at is None:
        return "never got out of the menus"
    seconds = (call.left_menus_at - since).total_seconds()
    return f"{seconds:.0f} s until somebody was rung" if seconds > MAX_MENU_SECONDS else ""


def no_errors(call: CallTruth) -> str:
    """The carrier could run every document and play every sound."""
    return "; ".join(f"{error.code} {error.reason}" for error in call.errors)
