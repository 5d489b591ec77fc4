"""The player: a caller's place and input in, the next step out. Pure, given a world to ask.

Whatever fails leads to the operator; `0`, silence and wrong keys do so in every flow.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from callcrm.ivr import exits, waiting
from callcrm.ivr.flows.model import LANGUAGE_MENU, Choice, ChoiceKind, Flow, Flows, Menu
from callcrm.ivr.steps import (
    Answer,
    CallArrived,
    FlowContext,
    Gather,
    HangUp,
    Input,
    NodeKind,
    Position,
    Prompt,
    Ring,
    RingEnded,
    Target,
)
from callcrm.ivr.turn import Turn, pressed

MENU_TIMEOUT = 4  # seconds to press a key in
REPEAT_TIMEOUT = 3
LANGUAGE_TIMEOUT = 3
MOST_REPEATS = 1  # of a menu, after a silence or a wrong key


def respond(flows: Flows, position: Position, came: Input, world: FlowContext) -> Answer:
    """The next step for a caller at this place. It never fails: a fault leads to the operator."""
    turn = Turn(flows, flows.get(position.flow), position, world)
    try:
        return AT[position.kind](turn, came)
    except Exception as fault:  # whatever the world raises
        return replace(_human(turn, came), fault=type(fault).__name__)


def _human(turn: Turn, came: Input) -> Answer:
    if turn.position.kind == NodeKind.WAIT:
        # the carrier dials nobody from its waiting loop: a caller has to leave the queue first
        return waiting.leave(turn, NodeKind.OPERATOR)
    in_menu = turn.position.kind == NodeKind.NODE and not isinstance(came, RingEnded)
    return exits.operator(turn, pressed(came) if in_menu else None)


def _start(turn: Turn, came: Input) -> Answer:
    flow = turn.flows.for_number(came.number if isinstance(came, CallArrived) else None)
    if flow is None:
        return exits.operator(turn)
    position = replace(turn.position, flow=flow.name, language=flow.languages[0])
    turn = replace(turn, flow=flow, position=position)
    return (
        _ask_language(turn, flow) if len(flow.languages) > 1 else _first_menu(turn, flow, flow.languages[0])
    )


def _ask_language(turn: Turn, flow: Flow) -> Answer:
    say = tuple(
        Prompt("language", {"key": key}, language) for key, language in enumerate(flow.languages, start=1)
    )
    then = turn.position.next(kind=NodeKind.NODE, node=LANGUAGE_MENU)
    return turn.answer(Gather(say, then, then, LANGUAGE_TIMEOUT), NodeKind.NODE)


def _language_chosen(turn: Turn, flow: Flow, keys: str) -> Answer:
    """Whoever presses nothing, or no language's key, gets the first."""
    chosen = {str(key): language for key, language in enumerate(flow.languages, start=1)}
    return _first_menu(turn, flow, chosen.get(keys, flow.languages[0]), keys)


def _first_menu(turn: Turn, flow: Flow, language: str, keys: str | None = None) -> Answer:
    name = flow.main if flow.hours.open_at(turn.context.now) else flow.closed
    if name not in flow.menus:
        return exits.operator(turn, keys)
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
    language = language or turn.position.language
    then = turn.position.next(kind=NodeKind.NODE, node=name, tries=tries, language=language)
    timeout = REPEAT_TIMEOUT if tries else MENU_TIMEOUT
    step = Gather((*before, Prompt(menu.say)), then, then, timeout)
    return turn.answer(step, NodeKind.NODE, keys=keys, language=language)


def _node(turn: Turn, came: Input) -> Answer:
    position, flow, keys = turn.position, turn.flow, pressed(came)
    if isinstance(came, RingEnded):  # a number the menu led to
        return exits.spoken(turn) if came.answered else exits.operator(turn)
    if flow is None or keys.startswith("0"):
        return exits.operator(turn, keys)
    if position.node == LANGUAGE_MENU:
        return _language_chosen(turn, flow, keys)
    menu = flow.menus[position.node]
    choice = menu.choices.get(keys)
    if choice:
        return CHOSEN[choice.kind](turn, flow, choice, keys)
    if position.tries < MOST_REPEATS:
        return _ask(turn, position.node, menu, tries=position.tries + 1, keys=keys)
    return exits.operator(turn, keys)


def _to_queue(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    return waiting.queue(turn, choice.to, keys)


def _to_menu(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    return _ask(turn, choice.to, flow.menus[choice.to], keys=keys)


def _to_message(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    """The message, then its menu once more: whoever says nothing to that wants the operator."""
    menu, name = flow.menus[turn.position.node], turn.position.node
    return _ask(turn, name, menu, tries=MOST_REPEATS, before=(Prompt(choice.to),), keys=keys)


def _to_number(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    kind = "sip" if choice.to.startswith("sip") else "phone"
    then = turn.position.next()
    step = Ring((Prompt("operator"),), (Target(choice.to, kind),), then, record=turn.position.announced)
    return turn.answer(step, NodeKind.OPERATOR, keys=keys)


def _to_voicemail(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    return exits.voicemail(turn, keys)


def _to_callback(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    return exits.callback(turn, keys)


def _done(turn: Turn, came: Input) -> Answer:
    """After a call of ours went out there is nobody left to be connected; whoever else is here is lost."""
    return turn.answer(HangUp(()), NodeKind.DONE) if isinstance(came, RingEnded) else exits.operator(turn)


AT: Mapping[NodeKind, Callable[[Turn, Input], Answer]] = {
    NodeKind.START: _start,
    NodeKind.NODE: _node,
    NodeKind.QUEUE: waiting.rung,
    NodeKind.WAIT: waiting.wait,
    NodeKind.LEFT: waiting.left,
    NodeKind.OPERATOR: exits.operator_rung,
    NodeKind.VOICEMAIL: exits.message_taken,
    NodeKind.CALLBACK: exits.calling_back,
    NodeKind.DONE: _done,
}

CHOSEN: Mapping[ChoiceKind, Callable[[Turn, Flow, Choice, str], Answer]] = {
    ChoiceKind.QUEUE: _to_queue,
    ChoiceKind.MENU: _to_menu,
    ChoiceKind.MESSAGE: _to_message,
    ChoiceKind.NUMBER: _to_number,
    ChoiceKind.VOICEMAIL: _to_voicemail,
    ChoiceKind.CALLBACK: _to_callback,
}
