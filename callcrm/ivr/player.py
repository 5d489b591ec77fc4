"""The player: a call's position and an event in, the next step out. Pure, given a context to ask.

Whatever fails leads to the operator; `0`, silence and wrong keys do so in every flow.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from callcrm.ivr import callback, exits, survey, waiting
from callcrm.ivr.flows.model import LANGUAGE_MENU, Choice, ChoiceKind, Flow, Flows, Menu
from callcrm.ivr.steps import (
    Answer,
    CallArrived,
    FlowContext,
    FlowEvent,
    Gather,
    HangUp,
    NodeKind,
    Position,
    Prompt,
    Ring,
    RingEnded,
    Target,
)
from callcrm.ivr.turn import Turn, keys_of

MENU_TIMEOUT = 4  # seconds to press a key in
REPEAT_TIMEOUT = 3  # seconds
LANGUAGE_TIMEOUT = 3  # seconds
MAX_REPEATS = 1  # of a menu, after a silence or a wrong key


def respond(flows: Flows, position: Position, event: FlowEvent, context: FlowContext) -> Answer:
    """The next step of a call at this position. It never fails: a fault leads to the operator."""
    turn = Turn(flows, flows.get(position.flow), position, context)
    try:
        answer = HANDLERS[position.kind](turn, event)
    except Exception as fault:  # whatever the context raises
        return replace(_to_human(turn, event), fault=type(fault).__name__)
    if turn.faults and not answer.fault:
        return replace(answer, fault=turn.faults[0])
    return answer


def _to_human(turn: Turn, event: FlowEvent) -> Answer:
    if turn.position.kind == NodeKind.WAIT:
        # the carrier takes no Dial in a waitUrl's document: a caller has to leave the queue first
        return waiting.leave_queue(turn, NodeKind.OPERATOR)
    in_menu = turn.position.kind == NodeKind.NODE and not isinstance(event, RingEnded)
    return exits.ring_operators(turn, keys_of(event) if in_menu else None)


def _start(turn: Turn, event: FlowEvent) -> Answer:
    flow = turn.flows.for_number(event.number if isinstance(event, CallArrived) else None)
    if flow is None:
        return exits.ring_operators(turn)
    position = replace(turn.position, flow=flow.name, language=flow.languages[0])
    turn = replace(turn, flow=flow, position=position)
    if len(flow.languages) > 1:
        return _language_menu(turn, flow)
    return _first_menu(turn, flow, flow.languages[0])


def _language_menu(turn: Turn, flow: Flow) -> Answer:
    """Each language offered in itself, in the order of the flow file."""
    prompts = tuple(
        Prompt("language", {"key": key}, language) for key, language in enumerate(flow.languages, start=1)
    )
    then = turn.position.next(kind=NodeKind.NODE, node=LANGUAGE_MENU)
    return turn.answer(Gather(prompts, then, then, LANGUAGE_TIMEOUT), NodeKind.NODE)


def _language_chosen(turn: Turn, flow: Flow, keys: str) -> Answer:
    """Whoever presses nothing, or no language's key, gets the first."""
    by_key = {str(key): language for key, language in enumerate(flow.languages, start=1)}
    return _first_menu(turn, flow, by_key.get(keys, flow.languages[0]), keys)


def _first_menu(turn: Turn, flow: Flow, language: str, keys: str | None = None) -> Answer:
    name = flow.main if flow.hours.open_at(turn.context.now) else flow.closed
    if name not in flow.menus:
        return exits.ring_operators(turn, keys)
    greeting = (Prompt(flow.greeting),) if flow.greeting and name == flow.main else ()
    return _menu(turn, name, flow.menus[name], before=greeting, language=language, keys=keys)


def _menu(
    turn: Turn,
    name: str,
    menu: Menu,
    *,
    tries: int = 0,
    before: tuple[Prompt, ...] = (),
    language: str = "",
    keys: str | None = None,
) -> Answer:
    """The menu's prompt, with `before` in front of it, and a wait for a key."""
    language = language or turn.position.language
    then = turn.position.next(kind=NodeKind.NODE, node=name, tries=tries, language=language)
    timeout = REPEAT_TIMEOUT if tries else MENU_TIMEOUT
    step = Gather((*before, Prompt(menu.say)), then, then, timeout)
    return turn.answer(step, NodeKind.NODE, keys=keys, language=language)


def _after_node(turn: Turn, event: FlowEvent) -> Answer:
    position, flow, keys = turn.position, turn.flow, keys_of(event)
    if isinstance(event, RingEnded):  # a number the menu led to
        return survey.ask_or_goodbye(turn) if event.answered else exits.ring_operators(turn)
    if flow is None or keys.startswith("0"):
        return exits.ring_operators(turn, keys)
    if position.node == LANGUAGE_MENU:
        return _language_chosen(turn, flow, keys)
    menu = flow.menus[position.node]
    choice = menu.choices.get(keys)
    if choice:
        return CHOICE_HANDLERS[choice.kind](turn, flow, choice, keys)
    if position.tries < MAX_REPEATS:
        return _menu(turn, position.node, menu, tries=position.tries + 1, keys=keys)
    return exits.ring_operators(turn, keys)


def _to_queue(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    return waiting.ring_agent_or_wait(turn, turn.context.queue_for(choice.to), keys)


def _to_menu(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    return _menu(turn, choice.to, flow.menus[choice.to], keys=keys)


def _to_message(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    """The message, then its menu for the last time: whoever presses nothing wants the operator."""
    menu, name = flow.menus[turn.position.node], turn.position.node
    return _menu(turn, name, menu, tries=MAX_REPEATS, before=(Prompt(choice.to),), keys=keys)


def _to_number(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    """The number; who may speak with one agent alone reaches that one, else the operator."""
    if turn.context.is_restricted:
        queue = next(iter(flow.queues), None)
        return waiting.ring_agent_or_wait(turn, queue, keys) if queue else exits.ring_operators(turn, keys)
    kind = "sip" if choice.to.startswith("sip") else "phone"
    then = turn.position.next()
    target = Target(choice.to, kind)
    step = Ring((Prompt("operator"),), (target,), then, record=turn.position.announced)
    return turn.answer(step, NodeKind.OPERATOR, keys=keys)


def _to_voicemail(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    return exits.record_message(turn, keys)


def _to_callback(turn: Turn, flow: Flow, choice: Choice, keys: str) -> Answer:
    return callback.offer(turn, keys)


def _after_operators(turn: Turn, event: FlowEvent) -> Answer:
    """After ringing the operators: the end, or a message. Any other event leads to the operators."""
    if not isinstance(event, RingEnded):
        return exits.ring_operators(turn)
    return survey.ask_or_goodbye(turn) if event.answered else exits.record_message(turn)


def _after_done(turn: Turn, event: FlowEvent) -> Answer:
    """After an outbound call of ours nobody is left to be connected; any other caller here is lost."""
    if isinstance(event, RingEnded):
        return turn.answer(HangUp(()), NodeKind.DONE)
    return exits.ring_operators(turn)


HANDLERS: Mapping[NodeKind, Callable[[Turn, FlowEvent], Answer]] = {
    NodeKind.START: _start,
    NodeKind.NODE: _after_node,
    NodeKind.QUEUE: waiting.after_agent,
    NodeKind.WAIT: waiting.wait_turn,
    NodeKind.LEFT: waiting.after_queue,
    NodeKind.OPERATOR: _after_operators,
    NodeKind.VOICEMAIL: exits.after_message,
    NodeKind.CALLBACK: callback.after_offer,
    NodeKind.SURVEY: survey.after_question,
    NodeKind.DONE: _after_done,
}

CHOICE_HANDLERS: Mapping[ChoiceKind, Callable[[Turn, Flow, Choice, str], Answer]] = {
    ChoiceKind.QUEUE: _to_queue,
    ChoiceKind.MENU: _to_menu,
    ChoiceKind.MESSAGE: _to_message,
    ChoiceKind.NUMBER: _to_number,
    ChoiceKind.VOICEMAIL: _to_voicemail,
    ChoiceKind.CALLBACK: _to_callback,
}
