"""The state or outcome of a call, in a word and a badge."""

from callcrm.i18n.locale import Locale
from callcrm.models import Call, CallState, Outcome

TONES: dict[str, str] = {
    Outcome.ABANDONED: "lost",
    Outcome.VOICEMAIL: "wait",
    Outcome.CALLBACK: "wait",
    Outcome.FAILED: "lost",
}


def outcome(locale: Locale, call: Call) -> tuple[str, str]:
    """The word for the call's state or outcome, and the badge's tone ("" for none)."""
    if call.state != CallState.ENDED:
        return _state(locale, call.state)
    return outcome_name(locale, call.outcome), TONES.get(call.outcome or "", "")


def _state(locale: Locale, state: str) -> tuple[str, str]:
    return {
        CallState.IVR: (locale._("In the menu"), "wait"),
        CallState.QUEUED: (locale._("Waiting"), "wait"),
        CallState.IN_PROGRESS: (locale._("In call"), "live"),
    }.get(CallState(state), (locale._("Ringing"), "wait"))


def outcome_name(locale: Locale, code: str | None) -> str:
    """The word for an outcome."""
    return outcome_names(locale).get(code or "", code or locale._("Ended"))


def outcome_names(locale: Locale) -> dict[str, str]:
    """The words for all outcomes."""
    return {
        Outcome.ANSWERED: locale._("Answered"),
        Outcome.ABANDONED: locale._("Gave up"),
        Outcome.VOICEMAIL: locale._("Voicemail"),
        Outcome.CALLBACK: locale._("Call back asked"),
        Outcome.NO_ANSWER: locale._("No answer"),
        Outcome.BUSY: locale._("Busy"),
        Outcome.FAILED: locale._("Failed"),
        Outcome.CANCELED: locale._("Hung up first"),
    }
