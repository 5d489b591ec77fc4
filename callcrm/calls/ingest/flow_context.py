"""The world as one call sees it: who is free, who is waiting, and whom this call has claimed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from callcrm.calls import pops
from callcrm.calls.ingest import call_rows
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.events import FlowRequest
from callcrm.customers import identity
from callcrm.ivr.steps import Target
from callcrm.ledger import event_store
from callcrm.ledger.facts import REQUEST
from callcrm.models import CallState
from callcrm.routing import claim
from callcrm.routing.selection import CallerNeeds

REST = timedelta(minutes=1)  # before an agent who did not answer is rung again by the same caller


class StoreContext:
    """Answers the player's questions in the call's own transaction; `claimed` is whom it promised to ring.

    A call that has ended claims nobody: whatever is still asked about it is history, not service.
    """

    def __init__(
        self,
        session: Session,
        runtime: CallRuntime,
        request: FlowRequest,
        row: Mapping[str, Any] | None,
        now: datetime,
    ) -> None:
        self._session = session
        self._runtime = runtime
        self._request = request
        self._row = row
        self._ended = request.hung_up or (row is not None and row["state"] == CallState.ENDED)
        self.now = now
        self.operators = runtime.operators
        self.claimed: str | None = None

    @property
    def caller(self) -> str | None:
        """The caller's own number if it can be rung back."""
        return self._runtime.to_e164(self._request.caller)

    def claim_agent(self, queue: str, language: str) -> Target | None:
        """Claim the best free agent for this call."""
        if self._ended:
            return None
        target = claim.claim_agent(self._session, self._needs(queue, language), self.now, self._lately_rung)
        self.claimed = target.agent if target else None
        return target

    def is_staffed(self, queue: str) -> bool:
        """Whether anybody who serves the queue is signed on; of an ended call it no longer matters."""
        return self._ended or claim.is_staffed(self._session, queue, self.now)

    def agent_available(self, queue: str, language: str) -> bool:
        """Whether it is this caller's turn."""
        return not self._ended and claim.agent_available(
            self._session, self._needs(queue, language), self.now, self._lately_rung
        )

    @property
    def destination(self) -> str:
        """Where the last answer sent the caller: who leaves the queue comes back without the key pressed."""
        facts = event_store.facts_of_call(self._session, self._request.event.root_sid)
        with_answer = [answer for answer in facts if answer.destination and answer.kind == REQUEST]
        return max(with_answer, key=lambda answer: answer.step or 0).destination or "" if with_answer else ""

    def parse_number(self, keys: str) -> str | None:
        """The number somebody keyed in, if it is one that can be rung."""
        return self._runtime.to_e164(keys)

    @property
    def _lately_rung(self) -> frozenset[str]:
        """Agents who have just let this caller ring in vain."""
        if self._row is None:
            return frozenset()
        return pops.agents(self._session, self._call_id, since=self.now - REST)

    @property
    def _call_id(self) -> str:
        return call_rows.call_id(self._request.event.root_sid)

    def _needs(self, queue: str, language: str) -> CallerNeeds:
        customer = self._row["customer_id"] if self._row else None
        if self._row is None and self.caller:
            customer = identity.resolve(self._session, self.caller, self._runtime.own_numbers)
        return CallerNeeds(
            call_id=self._call_id, queue=queue, language=language, customer_id=customer, phone=self.caller
        )
