"""Named scenarios: who calls, what they do, who is there to answer, and what must come of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from callcrm.base.errors import NotFound
from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.parties.callers import HangUp, Insist, Linger, Press, Script, Speak, Step, Talk, Wait
from callcrm.simulator.parties.targets import (
    Target,
    answers,
    busy,
    ignores_screening,
    mobile_voicemail,
    no_answer,
    unreachable,
)
from callcrm.simulator.scenarios import expectations as expect
from callcrm.simulator.scenarios.expectations import Expectation

# Numbers set aside for invention; a household shares the last one.
CALLERS = tuple(f"+1202555{n:04d}" for n in range(110, 140))
SHARED = ("+12025550199",)
WITHHELD = ("anonymous", "+266696687", "Restricted")
PERSIAN = ("+447700900123",)
ANSWERS = answers()


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that callers press, by meaning; an empty one is not pressed, as if there were no such menu."""

    english: str = "1"
    persian: str = "2"
    sales: str = "1"
    support: str = "2"
    operator: str = "0"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of call. `targets` answer the first rings in turn, `others` all further ones."""

    name: str
    about: str
    script: Script
    expects: tuple[Expectation, ...]
    callers: tuple[str, ...] = CALLERS
    targets: tuple[Target, ...] = ()
    others: Target = ANSWERS

    def complaints(self, call: CallTruth) -> tuple[str, ...]:
        """What went wrong with such a call; nothing, if all is well."""
        found = (expectation(call) for expectation in (expect.sound, *self.expects))
        return tuple(complaint for complaint in found if complaint)


def _does(*steps: Step | str, patience: float = 300) -> Script:
    """A script of steps; keys are pressed each at the next menu, and empty ones fall away."""
    return Script(tuple(Press(step) if isinstance(step, str) else step for step in steps if step), patience)


def library(keys: Keys = Keys()) -> Mapping[str, Scenario]:
    """All scenarios by name."""
    every = (*_answered(keys), *_unanswered(keys), *_given_up(keys), *_confused(keys), *_whose_number(keys))
    return {scenario.name: scenario for scenario in every}


def find(name: str, keys: Keys = Keys()) -> Scenario:
    """The scenario of this name."""
    every = library(keys)
    if name not in every:
        raise NotFound(f"there is no scenario {name!r}; there are {', '.join(every)}")
    return every[name]


def _answered(keys: Keys) -> tuple[Scenario, ...]:
    english = keys.english
    talk = (Talk(), HangUp())
    spoke = (expect.human,)
    return (
        Scenario("answered", "Sales is chosen, somebody answers.", _does(english, keys.sales, *talk), spoke),
        Scenario(
            "support", "Support is chosen, somebody answers.", _does(english, keys.support, *talk), spoke
        ),
        Scenario("operator", "The operator is asked for.", _does(english, keys.operator, *talk), spoke),
        Scenario(
            "second_ring",
            "The first telephone rings in vain, any further one is answered.",
            _does(english, keys.sales, *talk),
            (expect.human_or_recorder,),
            targets=(no_answer(),),
        ),
    )


def _unanswered(keys: Keys) -> tuple[Scenario, ...]:
    sales = _does(keys.english, keys.sales, Speak(), HangUp())
    operator = _does(keys.english, keys.operator, Speak(15), HangUp())
    insisting = _does(keys.english, keys.sales, Insist("1"))

    def left(name: str, about: str, others: Target, script: Script = sales) -> Scenario:
        return Scenario(name, about, script, (expect.no_human, expect.message), others=others)

    return (
        left("busy", "Every line is engaged; a message is left.", busy()),
        left("no_answer", "It rings everywhere, nobody answers; a message is left.", no_answer()),
        left("unreachable", "No number works; a message is left.", unreachable()),
        left(
            "machine", "Mobiles' own voicemails pick up; the caller is not given to them.", mobile_voicemail()
        ),
        left("declined", "People pick up and do not accept; a message is left.", ignores_screening()),
        left("voicemail", "The operator does not answer; a message is left.", no_answer(), operator),
        Scenario(
            "callback",
            "Nobody answers, and wherever 1 is offered it is pressed, until a call back is arranged.",
            insisting,
            (expect.no_human, expect.not_stranded),
            others=no_answer(),
        ),
    )


def _given_up(keys: Keys) -> tuple[Scenario, ...]:
    gone = (expect.no_human, expect.own_hang_up)
    return (
        Scenario(
            "abandoned_in_menu",
            "The caller hangs up in the middle of the menu.",
            _does(Wait(4), HangUp()),
            (expect.nobody_rung, *gone),
        ),
        Scenario(
            "abandoned_at_once",
            "The caller hangs up before a word is said.",
            _does(Wait(0.2), HangUp()),
            gone,
        ),
        Scenario(
            "abandoned_in_queue",
            "The caller waits for somebody from sales, then no longer, and leaves no message.",
            _does(keys.english, keys.sales, Linger(75), HangUp()),
            (expect.rang_somebody, *gone),
            others=no_answer(),
        ),
    )


def _confused(keys: Keys) -> tuple[Scenario, ...]:
    reached = (expect.human, expect.soon)
    talk = (Talk(), HangUp())
    return (
        Scenario(
            "wrong_keys", "Keys that mean nothing.", _does(keys.english, "9", "8", "7", "6", *talk), reached
        ),
        Scenario("star_and_hash", "The keys beside 0.", _does("*", "#", "*", "#", *talk), reached),
        Scenario("silence", "The caller says and does nothing.", _does(*talk), reached),
        Scenario(
            "silence_unanswered",
            "The caller does nothing, and nobody answers.",
            _does(Speak(), HangUp()),
            (expect.message, expect.soon),
            others=no_answer(),
        ),
    )


def _whose_number(keys: Keys) -> tuple[Scenario, ...]:
    sales = _does(keys.english, keys.sales, Talk(), HangUp())
    persian = _does(keys.persian, keys.sales, Talk(), HangUp())
    spoke = (expect.human,)
    return (
        Scenario("shared_number", "Every caller calls from the same number.", sales, spoke, SHARED),
        Scenario("withheld", "The caller's number is withheld.", sales, spoke, WITHHELD),
        Scenario("persian_caller", "The caller chooses Persian.", persian, spoke, PERSIAN),
    )
