"""The one order of a call's events: by what the carrier says, never by arrival.

Status callbacks come in any order, late and twice; `in-progress` may arrive after `completed`.
"""

from datetime import UTC, datetime

from callcrm.ledger.facts import PLACED, RECORDING, REQUEST, STATUS, Facts

FINAL = ("completed", "busy", "no_answer", "failed", "canceled")
STATUS_RANK = {"initiated": 0, "ringing": 1, "in_progress": 2} | dict.fromkeys(FINAL, 3)
RECORDING_RANK = {"in_progress": 2, "completed": 3, "absent": 3, "failed": 3}
KIND_RANK = {PLACED: 0, REQUEST: 1, STATUS: 2, RECORDING: 3}
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
AFTER_ALL = 1 << 30  # higher than any step

OrderKey = tuple[int, int, str, int, int, datetime, str]


def order_key(facts: Facts) -> OrderKey:
    """Sorts a call's events: by the document that caused them, then by kind, leg, sequence and status.

    What no document of ours caused stands at the beginning (the progress of a call we placed) or at the
    end (the end of the whole call, recordings).
    """
    return (
        _step(facts),
        KIND_RANK.get(facts.kind, 9),
        facts.leg if facts.kind != REQUEST or facts.screening else "",
        facts.sequence if facts.sequence is not None else 0,  # counts one leg's callbacks, from 0
        _status_rank(facts),
        facts.at or NO_TIME,
        facts.keys or facts.mark or facts.recording or "",
    )


def _status_rank(facts: Facts) -> int:
    if facts.kind == RECORDING:
        return RECORDING_RANK.get(facts.recording_status or "", 0)
    if facts.screening:
        return int(bool(facts.accepted))
    return STATUS_RANK.get(facts.status or "", 0)


def _step(facts: Facts) -> int:
    if facts.step is not None:
        return facts.step
    if facts.kind == RECORDING:
        return AFTER_ALL + 1
    return AFTER_ALL if facts.status in FINAL else 0
