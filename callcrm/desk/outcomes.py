"""How a call stands or ended, in a word and the state its colour means."""

from callcrm.desk.words import Words
from callcrm.models import Call, CallState, Outcome

TONES: dict[str, str] = {
    Outcome.ABANDONED: "lost",
    Outcome.VOICEMAIL: "wait",
    Outcome.CALLBACK: "wait",
    Outcome.FAILED: "lost",
}


def outcome(words: Words, call: Call) -> tuple[str, str]:
    """The word for a call, and the kind of badge it gets ("" for none)."""
    if call.state != CallState.ENDED:
        return _state(words, call.state)
    return name(words, call.outcome), TONES.get(call.outcome or "", "")


def _state(words: Words, state: str) -> tuple[str, str]:
    return {
        CallState.IVR: (words._("In the menu"), "wait"),
        CallState.QUEUED: (words._("Waiting"), "wait"),
        CallState.IN_PROGRESS: (words._("In call"), "live"),
    }.get(CallState(state), (words._("Ringing"), "wait"))


def name(words: Words, code: str | None) -> str:
    """The word for an outcome."""
    return names(words).get(code or "", code or words._("Ended"))


def names(words: Words) -> dict[str, str]:
    """The words for all outcomes."""
    return {
        Outcome.ANSWERED: words._("Answered"),
        Outcome.ABANDONED: words._("Gave up"),
        Outcome.VOICEMAIL: words._("Voicemail"),
        Outcome.CALLBACK: words._("Call back asked"),
        Outcome.NO_ANSWER: words._("No answer"),
        Outcome.BUSY: words._("Busy"),
        Outcome.FAILED: words._("Failed"),
        Outcome.CANCELED: words._("Hung up first"),
    }
