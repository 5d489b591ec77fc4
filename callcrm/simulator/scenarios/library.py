"""The library of scenarios: who calls, what they do, who answers where, and what is expected of the call."""

from collections.abc import Mapping
from dataclasses import dataclass

from callcrm.base.errors import NotFound
from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.parties.callees import (
    CalleeBehaviour,
    answers,
    busy,
    ignores_screening,
    mobile_voicemail,
    no_answer,
    unreachable,
)
from callcrm.simulator.parties.callers import (
    HangUp,
    KeepPressing,
    LeaveMessage,
    Press,
    Script,
    Step,
    Talk,
    Wait,
    WaitUntilBeep,
)
from callcrm.simulator.scenarios import expectations as expect
from callcrm.simulator.scenarios.expectations import Expectation

# Numbers reserved for fiction (555-01xx); a household shares the last one.
CALLERS = tuple(f"+1202555{n:04d}" for n in range(110, 140))
SHARED = ("+12025550199",)
WITHHELD = ("anonymous", "+266696687", "Restricted")  # the spellings in which carriers send it
PERSIAN = ("+447700900123",)
ANSWERS = answers()


@dataclass(frozen=True, slots=True)
class MenuKeys:
    """The keys that callers press, by meaning; an empty one is not pressed, for a flow without that menu."""

    english: str = "1"
    persian: str = "2"
    sales: str = "1"
    support: str = "2"
    operator: str = "0"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of call. `first_callees` answer the first rings in turn, `other_callees` all further ones.

    Whatever the scenario, the carrier must have been able to run every document.
    """

    name: str
    description: str
    script: Script
    expects: tuple[Expectation, ...]
    callers: tuple[str, ...] = CALLERS
    first_callees: tuple[CalleeBehaviour, ...] = ()
    other_callees: CalleeBehaviour = ANSWERS

    def complaints(self, call: CallTruth) -> tuple[str, ...]:
        """How the call fell short of the scenario's expectations; empty if all is well."""
        complaints = (expectation(call) for expectation in (expect.no_errors, *self.expects))
        return tuple(complaint for complaint in complaints if complaint)


def _script(*steps: Step | str, patience: float = 300) -> Script:
    """A script of these steps; a text is keys to press at the next menu, an empty one falls away."""
    return Script(tuple(Press(step) if isinstance(step, str) else step for step in steps if step), patience)


def library(keys: MenuKeys = MenuKeys()) -> Mapping[str, Scenario]:
    """All scenarios by name."""
    groups = (_answered, _unanswered, _abandoned, _confused, _whose_number, _survey_scenarios)
    return {scenario.name: scenario for group in groups for scenario in group(keys)}


def find_scenario(name: str, keys: MenuKeys = MenuKeys()) -> Scenario:
    """The scenario of this name; raises NotFound with the names there are."""
    scenarios = library(keys)
    if name not in scenarios:
        raise NotFound(f"there is no scenario {name!r}; there are {', '.join(scenarios)}")
    return scenarios[name]


def _answered(keys: MenuKeys) -> tuple[Scenario, ...]:
    english = keys.english
    talk = (Talk(), HangUp())
    spoke = (expect.reached_human,)
    return (
        Scenario(
            "answered",
            "Sales is chosen, somebody answers.",
            _script(english, keys.sales, *talk),
            spoke,
        ),
        Scenario(
            "support",
            "Support is chosen, somebody answers.",
            _script(english, keys.support, *talk),
            spoke,
        ),
        Scenario(
            "operator",
            "The operator is asked for.",
            _script(english, keys.operator, *talk),
            spoke,
        ),
        Scenario(
            "second_ring",
            "The first telephone rings in vain, any further one is answered.",
            _script(english, keys.sales, *talk),
            (expect.reached_human_or_recorder,),
            first_callees=(no_answer(),),
        ),
    )


def _unanswered(keys: MenuKeys) -> tuple[Scenario, ...]:
    sales = _script(keys.english, keys.sales, LeaveMessage(), HangUp())
    operator = _script(keys.english, keys.operator, LeaveMessage(15), HangUp())
    pressing = _script(keys.english, keys.sales, KeepPressing("1"))
    silent_after_one = _script(keys.english, keys.sales, "1", Talk(), HangUp())

    def unanswered(name: str, description: str, callees: CalleeBehaviour, script: Script = sales) -> Scenario:
        return Scenario(
            name, description, script, (expect.not_connected, expect.left_message), other_callees=callees
        )

    return (
        unanswered("busy", "Every line is engaged; a message is left.", busy()),
        unanswered("no_answer", "It rings everywhere, nobody answers; a message is left.", no_answer()),
        unanswered("unreachable", "No number works; a message is left.", unreachable()),
        unanswered(
            "machine", "Mobiles' own voicemails pick up; the caller is not given to them.", mobile_voicemail()
        ),
        unanswered("declined", "People pick up and do not accept; a message is left.", ignores_screening()),
        unanswered("voicemail", "The operator does not answer; a message is left.", no_answer(), operator),
        Scenario(
            "callback",
            "Nobody answers, and wherever 1 is offered it is pressed, until a call back is arranged.",
            pressing,
            (expect.not_connected, expect.not_stranded),
            other_callees=no_answer(),
        ),
        Scenario(
            "callback_ignored",
            "Two telephones ring in vain; the caller presses 1 in the queue, says nothing to the offer of a "
            "call back, and is served in their turn.",
            silent_after_one,
            (expect.reached_human_or_recorder, expect.kept_place),
            first_callees=(no_answer(), no_answer()),
        ),
    )


def _abandoned(keys: MenuKeys) -> tuple[Scenario, ...]:
    hung_up = (expect.not_connected, expect.caller_hung_up)
    return (
        Scenario(
            "abandoned_in_menu",
            "The caller hangs up in the middle of the menu.",
            _script(Wait(4), HangUp()),
            (expect.nobody_rung, *hung_up),
        ),
        Scenario(
            "abandoned_at_once",
            "The caller hangs up before a word is said.",
            _script(Wait(0.2), HangUp()),
            hung_up,
        ),
        Scenario(
            "abandoned_in_queue",
            "The caller waits for somebody from sales, then no longer, and leaves no message.",
            _script(keys.english, keys.sales, WaitUntilBeep(75), HangUp()),
            (expect.somebody_rung, *hung_up),
            other_callees=no_answer(),
        ),
    )


def _confused(keys: MenuKeys) -> tuple[Scenario, ...]:
    reached = (expect.reached_human, expect.left_menus_in_time)
    talk = (Talk(), HangUp())
    return (
        Scenario(
            "wrong_keys",
            "Keys that mean nothing.",
            _script(keys.english, "9", "8", "7", "6", *talk),
            reached,
        ),
        Scenario("star_and_hash", "The keys beside 0.", _script("*", "#", "*", "#", *talk), reached),
        Scenario("silence", "The caller says and does nothing.", _script(*talk), reached),
        Scenario(
            "silence_unanswered",
            "The caller does nothing, and nobody answers.",
            _script(LeaveMessage(), HangUp()),
            (expect.left_message, expect.left_menus_in_time),
            other_callees=no_answer(),
        ),
    )


def _whose_number(keys: MenuKeys) -> tuple[Scenario, ...]:
    sales = _script(keys.english, keys.sales, Talk(), HangUp())
    persian = _script(keys.persian, keys.sales, Talk(), HangUp())
    spoke = (expect.reached_human,)
    return (
        Scenario("shared_number", "Every caller calls from the same number.", sales, spoke, SHARED),
        Scenario("withheld", "The caller's number is withheld.", sales, spoke, WITHHELD),
        Scenario("persian_caller", "The caller chooses Persian.", persian, spoke, PERSIAN),
    )


def _survey_scenarios(keys: MenuKeys) -> tuple[Scenario, ...]:
    """Who they spoke with hangs up first; some businesses then ask for a mark."""
    long_talk = (keys.english, keys.sales, Talk(60))
    spoke = (expect.reached_human, expect.not_stranded)
    return (
        Scenario(
            "survey",
            "Sales is chosen, somebody answers and hangs up first; the caller gives a 4 if asked for a mark.",
            _script(*long_talk, "4"),
            spoke,
        ),
        Scenario(
            "survey_operator",
            "Sales is chosen, somebody answers and hangs up first; asked for a mark, the caller presses 0.",
            _script(*long_talk, keys.operator),
            spoke,
        ),
    )
