"""One turn of one caller: what the player's parts are handed, and how they phrase an answer."""

import re
from dataclasses import dataclass

from callcrm.ivr.flows.model import Flow, Flows
from callcrm.ivr.steps import Answer, Decision, FlowContext, Input, KeysPressed, NodeKind, Position, Step

NO_KEY = re.compile(r"[^0-9*#]")
MOST_KEYS = 20

IVR, RINGING, QUEUED = "ivr", "ringing", "queued"
STATES = {NodeKind.QUEUE: RINGING, NodeKind.OPERATOR: RINGING, NodeKind.WAIT: QUEUED}


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the caller is and whom to ask. `flow` is None where the place names none that exists."""

    flows: Flows
    flow: Flow | None
    position: Position
    context: FlowContext

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
    ) -> Answer:
        """This step, and what the ledger shall remember. `keys` ended the menu just left, "" for nothing."""
        language = language or self.position.language
        decision = Decision(
            destination=destination,
            node="" if keys is None else self.position.node or self.position.kind,
            input=None if keys is None else NO_KEY.sub("?", keys[:MOST_KEYS]),
            queue=queue or self.position.queue,
            language=language,
            announced=announced,
            promise=promise,
            call_back=call_back,
            state=STATES.get(destination, IVR),
        )
        return Answer(step, language, decision)


def pressed(came: Input) -> str:
    """The keys pressed, "" for none."""
    return came.keys if isinstance(came, KeysPressed) else ""
