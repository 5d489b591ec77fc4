"""The player: a caller's place and input in, the next step out. Pure, given a world to ask.

Whatever fails leads to the operator; `0`, silence and wrong keys do so in every flow.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from callcrm.ivr import ending, waiting
from callcrm.ivr.shape import LANGUAGE_MENU, Choice, Flow, Flows, Kind, Menu
from callcrm.ivr.steps import (
    Answer,
    Arrived,
    Ask,
    Finish,
    Input,
    Place,
    Prompt,
    Ring,
    RingEnded,
    Spot,
    Target,
    World,
)
from callcrm.ivr.turn import Turn, pressed

MENU_TIMEOUT = 4  # seconds to press a key in
REPEAT_TIMEOUT = 3
LANGUAGE_TIMEOUT = 3
MOST_REPEATS = 1  # of a menu, after a silence or a wrong key


def respond(flows: Flows, place: Place, came: Input, world: World) -> Answer:
    """The next step for a caller at this place. It never fails: a fault leads to the operator."""
    turn = Turn(flows, flows.get(place.flow), place, world)
    try:
        return AT[place.spot](turn, came)
    except Exception as fault:  # whatever the world raises
        return replace(_human(turn, came), fault=type(fault).__name__)


def _human(turn: Turn, came: Input) -> Answer:
    if turn.place.spot == Spot.WAIT:
        # the carrier dials nobody from its waiting loop: a caller has to leave the queue first
        return waiting.leave(turn, Spot.OPERATOR)
    in_menu = turn.place.spot == Spot.NODE and not isinstance(came, RingEnded)
    return ending.operator(turn, pressed(came) if in_menu else None)


def _start(turn: Turn, came: Input) -> Answer:
    flow = turn.flows.for_number(came.number if isinstance(came, Arrived) else None)
    if flow is None:
        return ending.operator(turn)
    place = replace(turn.place, flow=flow.name, language=flow.languages[0])
    turn = replace(turn, flow=flow, place=place)
    return (
        _ask_language(turn, flow) if len(flow.languages) > 1 else _first_menu(turn, flow, flow.languages[0])
    )


def _ask_language(turn: Turn, flow: Flow) -> Answer:
    say = tuple(
        Prompt("language", {"key": key}, language) for key, language in enumerate(flow.languages, start=1)
    )
    then = turn.place.then(spot=Spot.NODE, node=LANGUAGE_MENU)
    return turn.answer(Ask(say, then, then, LANGUAGE_TIMEOUT), Spot.NODE)


def _language_chosen(turn: Turn, flow: Flow, keys: str) -> Answer:
    """Whoever presses nothing, or no language's key, gets the first."""
    chosen = {str(key): language for key, language in enumerate(flow.languages, start=1)}
    return _first_menu(turn, flow, chosen.get(keys, flow.languages[0]), keys)


def _first_menu(turn: Turn, flow: Flow, language: str, keys: str | None = None) -> Answer:
    name = flow.main if flow.hours.open_at(turn.world.now) else flow.closed
    if name not in flow.menus:
        return ending.operator(turn, keys)
    before = (Prompt(flow.greeting),) if flow.greeting and name == flow.main else ()
    return _ask(turn, name, flow.menus[name], before=before, language=language, keys=keys)


def _ask(
    turn: Turn,
    name: str,
    menu: Menu,
    *,
    tries: int = 0,
    before: tuple[Prompt, ...] = (),
    language: str = "",
    keys: str | None = None,
) -> Answer:
    language = language or turn.place.language
    then = turn.place.then(spot=Spot.NODE, node=name, tries=tries, language=language)
    timeout = REPEAT_TIMEOUT if tries else MENU_TIMEOUT
    step = Ask((*before, Prompt(menu.say)), then, then, timeout)
    return turn.answer(step, Spot.NODE, keys=keys, language=language)


def _node(turn: Turn, came: Input) -> Answer:
    place, flow, keys = turn.place, turn.flow, pressed(came)
    if isinstance(came, RingEnded):  # a number the menu led to
        return ending.spoken(turn) if came.answered else ending.operator(turn)
    if flow is None or keys.startswith("0"):
        return ending.operator(turn, keys)
    if place.node == LANGUAGE_MENU:
        return _language_chosen(turn, flow, keys)
    menu = flow.menus[place.node]
    choice = menu.choices.get(keys)
    if choice:
        return CHOSEN[choice.kind](turn, flow, choice, keys)
    if place.tries < MOST_REPEATS:
        return _ask(turn, place.node, menu, tries=place.tries + 1, keys=keys)
    return ending.operator(turn, keys)


def _to_queue(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    return waiting.queue(turn, choice.to, keys)


def _to_menu(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    return _ask(turn, choice.to, flow.menus[choice.to], keys=keys)


def _to_message(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    """The message, then its menu once more: whoever says nothing to that wants the operator."""
    menu, name = flow.menus[turn.place.node], turn.place.node
    return _ask(turn, name, menu, tries=MOST_REPEATS, before=(Prompt(choice.to),), keys=keys)


def _to_number(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    kind = "sip" if choice.to.startswith("sip") else "phone"
    then = turn.place.then()
    step = Ring((Prompt("operator"),), (Target(choice.to, kind),), then, record=turn.place.announced)
    return turn.answer(step, Spot.OPERATOR, keys=keys)


def _to_voicemail(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    return ending.voicemail(turn, keys)


def _to_callback(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    return ending.callback(turn, keys)


def _done(turn: Turn, came: Input) -> Answer:
    """After a call of ours went out there is nobody left to be connected; whoever else is here is lost."""
    return turn.answer(Finish(()), Spot.DONE) if isinstance(came, RingEnded) else ending.operator(turn)


AT: Mapping[Spot, Callable[[Turn, Input], Answer]] = {
    Spot.START: _start,
    Spot.NODE: _node,
    Spot.QUEUE: waiting.rung,
    Spot.WAIT: waiting.wait,
    Spot.LEFT: waiting.left,
    Spot.OPERATOR: ending.operator_rung,
    Spot.VOICEMAIL: ending.message_taken,
    Spot.CALLBACK: ending.calling_back,
    Spot.DONE: _done,
}

CHOSEN: Mapping[Kind, Callable[[Turn, Flow, Choice, str], Answer]] = {
    Kind.QUEUE: _to_queue,
    Kind.MENU: _to_menu,
    Kind.MESSAGE: _to_message,
    Kind.NUMBER: _to_number,
    Kind.VOICEMAIL: _to_voicemail,
    Kind.CALLBACK: _to_callback,
}
