"""Jobs in which nouns learn that a call has ended or has found its customer."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlmodel import Session

from callcrm.base.clock import Clock
from callcrm.base.errors import fault_fields
from callcrm.business import modules
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.noun import Noun
from callcrm.crm.seams import Seams
from callcrm.store.shared_turns import SharedTurns
from callcrm.store.store import Store

DEADLINE = 10.0
log = structlog.get_logger()
Hear = Callable[[Noun], Callable[[Session, datetime], None] | None]


class NounJobs:
    """Does the jobs `call_ended`, `customer_linked` and `message_received` for all nouns that have a verb for
    them.
    """

    def __init__(self, seams: Seams, store: Store, runtime: CallRuntime, clock: Clock) -> None:
        self._seams, self._runtime, self._clock = seams, runtime, clock
        # One at a time: two that settle the same thing would each not see what the other writes.
        self._turns = {
            noun.name: SharedTurns(store, f"after call: {noun.name}", DEADLINE) for noun in seams.nouns
        }

    async def call_ended(self, payload: dict[str, Any]) -> None:
        """Every noun that is switched on looks at the call of the payload."""

        await self._each(lambda noun: self._unless_off(noun, noun.call_ended, payload["call"]))

    async def message_received(self, payload: dict[str, Any]) -> None:
        """Every noun that is switched on looks at the message of the payload."""
        await self._each(lambda noun: self._unless_off(noun, noun.message_received, payload["message"]))

    def _unless_off(
        self, noun: Noun, verb: Callable[[Session, CallRuntime, str, datetime], None] | None, subject: str
    ) -> Callable[[Session, datetime], None] | None:
        if verb is None:
            return None

        def unless_off(session: Session, now: datetime) -> None:
            if noun.module is None or noun.module.name not in modules.off(session):
                verb(session, self._runtime, subject, now)

        return unless_off

    async def linked(self, payload: dict[str, Any]) -> None:
        """Every noun looks at the customer of the payload."""

        def hear(noun: Noun) -> Callable[[Session, datetime], None] | None:
            verb = noun.linked
            return None if verb is None else lambda session, now: verb(session, payload["customer"], now)

        await self._each(hear)

    async def _each(self, hear: Hear) -> None:
        """One noun that fails keeps no other from hearing; the job is then done again for all."""
        failures: list[Exception] = []
        for noun in self._seams.nouns:
            verb = hear(noun)
            if verb is None:
                continue
            try:
                await self._turns[noun.name].run(partial(_at, verb, self._clock.now()))
            except Exception as failure:
                log.warning("a noun failed after a call", noun=noun.name, **fault_fields(failure))
                failures.append(failure)
        if failures:
            raise failures[0]


def _at(verb: Callable[[Session, datetime], None], now: datetime, session: Session) -> None:
    verb(session, now)
