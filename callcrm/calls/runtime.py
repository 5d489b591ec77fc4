"""The configuration of the call flow, held in memory so that no caller waits for the store."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from callcrm.base.phones import to_e164
from callcrm.calls.outgoing.allowed_numbers import is_allowed
from callcrm.carrier.twiml.fallback import last_resort
from callcrm.carrier.twiml.renderer import ACCEPTED, DECLINED, TwimlRenderer
from callcrm.config import Settings
from callcrm.ivr.flows.model import Flows
from callcrm.ivr.steps import Target


@dataclass(frozen=True)
class CallRuntime:
    """Flows, operators, our own numbers, and the TwiML renderer, as last loaded.

    `last_resort` is the TwiML for a request that could not be understood at all.
    """

    settings: Settings
    flows: Flows
    operators: tuple[Target, ...]
    own_numbers: frozenset[str]
    renderer: TwimlRenderer
    last_resort: str
    to_e164: Callable[[str | None], str | None]
    accepted: str = ACCEPTED
    declined: str = DECLINED

    def number_to_ring_back(self, keys: str) -> str | None:
        """The E.164 form of digits a caller keyed in; None if they are no number that agents may ring."""
        number = self.to_e164(keys)
        if number is None or number in self.own_numbers or not is_allowed(self.settings, number):
            return None
        return number


def operators(settings: Settings) -> tuple[Target, ...]:
    """The operators as dial targets; numbers are screened, so that no mobile's voicemail answers for one."""
    return tuple(
        Target(address=number, kind="sip")
        if number.startswith("sip")
        else Target(address=number, screen=True)
        for number in settings.operator_numbers
    )


def build_runtime(settings: Settings, flows: Flows) -> CallRuntime:
    """The runtime for these settings and flows."""
    caller_id = settings.numbers[0] if settings.numbers else None
    humans = operators(settings)
    return CallRuntime(
        settings=settings,
        flows=flows,
        operators=humans,
        own_numbers=frozenset((*settings.numbers, *settings.operator_numbers, *flows.numbers)),
        renderer=TwimlRenderer(flows.book, settings.public_url, caller_id, settings.call_seconds),
        last_resort=last_resort(settings.operator_numbers, settings.public_url, settings.call_seconds),
        to_e164=partial(to_e164, region=settings.default_region),
    )
