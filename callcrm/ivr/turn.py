"""One request of one call: what the player's parts are handed, and how they make an answer."""

import re
from dataclasses import dataclass, field

from callcrm.ivr.flows.model import Flow, Flows
from callcrm.ivr.steps import Answer, Decision, FlowContext, FlowEvent, KeysPressed, NodeKind, Position, Step

NOT_A_KEY = re.compile(r"[^0-9*#]")
MAX_KEYS = 20

IVR, RINGING, QUEUED = "ivr", "ringing", "queued"
STATES = {NodeKind.QUEUE: RINGING, NodeKind.OPERATOR: RINGING, NodeKind.WAIT: QUEUED}


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the call is and what can be asked. `flow` is None where the position names none that exists.

    `faults`: what the context failed with where the caller goes on all the same (names of exceptions).
    """

    flows: Flows
    flow: Flow | None
    position: Position
    context: FlowContext
    faults: list[str] = field(default_factory=list, compare=False)

    def answer(
        self,
        step: Step,
        destination: NodeKind,
        *,
        keys: str | None = None,
        language: str = "",
        queue: str = "",
        announced: bool = False,
        promise: str = "",
        call_back: str = "",
        state: str = "",
        survey: str = "",
        mark: str = "",
    ) -> Answer:
        """This step, and what the ledger keeps of it. `keys` ended the menu just left, "" for nothing.

        `state` is the call's from now on, where it is not the one that goes with the destination.
        What is no key is kept as `?`: speech, or anything else a client of the carrier may send.
        """
        language = language or self.position.language
        decision = Decision(
            destination=destination,
            node="" if keys is None else self.position.node or self.position.kind,
            keys=None if keys is None else NOT_A_KEY.sub("?", keys[:MAX_KEYS]),
            queue=queue or self.position.queue,
            language=language,
            announced=announced,
            promise=promise,
            call_back=call_back,
            state=state or STATES.get(destination, IVR),
            survey=survey,
            mark=mark,
        )
        return Answer(step, language, decision)


def keys_of(event: FlowEvent) -> str:
    """The keys pressed, "" for none."""
    return event.keys if isinstance(event, KeysPressed) else ""
