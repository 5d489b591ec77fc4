"""Gather: prompts that a key cuts short, then keys or speech until enough or nothing more comes."""

from dataclasses import dataclass

from callcrm.simulator.ground_truth import Pressed
from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import Sign
from callcrm.simulator.twiml.document_runner import DocumentRunner, Outcome
from callcrm.simulator.twiml.speaking import prompt
from callcrm.simulator.twiml.verbs import Gather


@dataclass(frozen=True, slots=True)
class Input:
    """What was gathered: keys (and the key that ended them), or words."""

    digits: str = ""
    finish: str = ""
    words: str = ""

    def params(self) -> dict[str, str]:
        """As the action is told."""
        if self.words:
            return {"SpeechResult": self.words, "Confidence": "0.9"}
        return {"Digits": self.digits, "FinishedOnKey": self.finish, "msg": "Gather End"}


async def gather(stage: DocumentRunner, verb: Gather) -> Outcome:
    """Ask, listen, and go to the action; with nothing heard, to the next verb."""
    leg = stage.leg
    leg.answer()
    leg.ear.forget()
    leg.show(Sign.LISTENING)
    for part in verb.prompts:
        if await prompt(stage, part, lambda: _has_input(leg, verb)):
            break
    collected = await _collect(leg, verb)
    if collected is None and not verb.action_on_empty_result:
        return None
    collected = collected or Input()
    if leg.parent is None and (collected.digits or collected.finish):
        leg.call.pressed.append(Pressed(leg.switch.clock.now(), collected.digits + collected.finish))
    return stage.goto(verb.action, verb.method, collected.params())


def _has_input(leg: Leg, verb: Gather) -> bool:
    keys = leg.ear.keys if "dtmf" in verb.input else ()
    speech = leg.ear.speech if "speech" in verb.input else ()
    return bool(keys or speech)


async def _collect(leg: Leg, verb: Gather) -> Input | None:
    digits = ""
    while await leg.rest(verb.timeout, lambda: _has_input(leg, verb)):
        if "speech" in verb.input and leg.ear.speech and not digits:
            said = leg.ear.speech.popleft()
            await leg.rest(said.seconds + verb.timeout)
            return Input(words=said.text)
        leg.ear.speech.clear()
        while leg.ear.keys:
            key = leg.ear.keys.popleft()
            if key in verb.finish_on_key:
                return Input(digits, key)
            digits += key
            if len(digits) == verb.num_digits:
                return Input(digits)
    return Input(digits) if digits else None
