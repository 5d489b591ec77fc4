"""Gather: prompts that input cuts short, then keys or speech until there is enough or the time is up."""

from dataclasses import dataclass

from callcrm.simulator.ground_truth import PressedKeys
from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import LineEvent
from callcrm.simulator.twiml.document_runner import DocumentRunner, Outcome
from callcrm.simulator.twiml.speaking import play_prompt
from callcrm.simulator.twiml.verbs import Gather


@dataclass(frozen=True, slots=True)
class GatheredInput:
    """What was gathered: digits and the key that ended them, or speech as text."""

    digits: str = ""
    finish_key: str = ""
    speech: str = ""

    def params(self) -> dict[str, str]:
        """The action's parameters; the finish key is none of the digits."""
        if self.speech:
            return {"SpeechResult": self.speech, "Confidence": "0.9"}
        return {"Digits": self.digits, "FinishedOnKey": self.finish_key, "msg": "Gather End"}


async def gather(runner: DocumentRunner, verb: Gather) -> Outcome:
    """Play the prompts, listen, and go to the action; without input, to the next verb and no request."""
    leg = runner.leg
    leg.answer()
    leg.audio_in.discard_input()
    leg.notify(LineEvent.LISTENING)
    for prompt in verb.prompts:
        if await play_prompt(runner, prompt, lambda: _has_input(leg, verb)):
            break
    collected = await _collect(leg, verb)
    if collected is None and not verb.action_on_empty_result:
        return None
    collected = collected or GatheredInput()
    keys = collected.digits + collected.finish_key
    if leg.parent is None and keys:
        leg.call_truth.pressed.append(PressedKeys(leg.carrier.clock.now(), keys))
    return runner.goto(verb.action, verb.method, collected.params())


def _has_input(leg: Leg, verb: Gather) -> bool:
    keys = leg.audio_in.keys if "dtmf" in verb.input else ()
    speech = leg.audio_in.speech if "speech" in verb.input else ()
    return bool(keys or speech)


async def _collect(leg: Leg, verb: Gather) -> GatheredInput | None:
    # Where both are listened for, whichever kind comes first is the only one that counts.
    digits = ""
    while await leg.wait(verb.timeout, lambda: _has_input(leg, verb)):
        if "speech" in verb.input and leg.audio_in.speech and not digits:
            speech = leg.audio_in.speech.popleft()
            await leg.wait(speech.seconds + verb.timeout)
            return GatheredInput(speech=speech.text)
        leg.audio_in.speech.clear()
        while leg.audio_in.keys:
            key = leg.audio_in.keys.popleft()
            if key in verb.finish_on_key:
                return GatheredInput(digits, key)
            digits += key
            if len(digits) == verb.num_digits:
                return GatheredInput(digits)
    return GatheredInput(digits) if digits else None
