"""The player's context with the store at hand: agents are claimed and queues read in the transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from callcrm.calls import pops, survey_question
from callcrm.calls.ingest import call_rows
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.events import FlowRequest
from callcrm.customers import identity
from callcrm.ivr.steps import Target
from callcrm.ledger import event_store
from callcrm.ledger.facts import REQUEST
from callcrm.models import CallState, Direction
from callcrm.routing import claim, contact_rules
from callcrm.routing.selection import CallerNeeds

REST = timedelta(minutes=1)  # before an agent who did not answer is rung again by the same caller


class StoreContext:
    """Answers the player's queries for one request; `claimed` is the id of the agent it has claimed.

    A call that has ended claims nobody: its late requests are recorded, not served. `plain`: what the
    business keeps around calls is not asked for.
    """

    def __init__(
        self,
        session: Session,
        runtime: CallRuntime,
        request: FlowRequest,
        row: Mapping[str, Any] | None,
        now: datetime,
        *,
        plain: bool = False,
    ) -> None:
        self._session = session
        self._runtime = runtime
        self._request = request
        self._row = row
        self._plain = plain
        self._ended = request.hung_up or (row is not None and row["state"] == CallState.ENDED)
        self.now = now
        self.operators = runtime.operators
        self.claimed: str | None = None

    @property
    def caller(self) -> str | None:
        """The caller's number (E.164); None if it can't be called back."""
        return self._runtime.to_e164(self._request.caller)

    def queue_for(self, queue: str) -> str:
        """The queue to stand in for who chose this one: that of the caller's tier, if somebody serves it."""
        customer = None if self._ended or self._plain else self._customer
        return claim.queue_of_tier(self._session, customer, queue, self.now) if customer else queue

    def claim_agent(self, queue: str, language: str) -> Target | None:
        """The best free agent of the queue, now claimed for this call; None if there is none."""
        if self._ended:
            return None
        target = claim.claim_agent(self._session, self._needs(queue, language), self.now, self._lately_rung)
        self.claimed = target.agent if target else None
        return target

    def is_staffed(self, queue: str) -> bool:
        """Whether anybody who serves the queue is signed on; always True of a call that has ended."""
        return self._ended or claim.is_staffed(self._session, queue, self.now, self._needs(queue, ""))

    def agent_available(self, queue: str, language: str) -> bool:
        """Whether this caller is next in line and an agent is free."""
        return not self._ended and claim.agent_available(
            self._session, self._needs(queue, language), self.now, self._lately_rung
        )

    @property
    def is_restricted(self) -> bool:
        """Whether conduct says who may be rung for this caller."""
        return not self._plain and contact_rules.rule_of(self._session, self._customer) is not None

    @property
    def destination(self) -> str:
        """The destination of the latest answer that named one, else "". A caller who has left the queue comes
        back without the key they pressed there.
        """
        facts = event_store.facts_of_call(self._session, self._request.event.root_sid)
        with_answer = [answer for answer in facts if answer.destination and answer.kind == REQUEST]
        return max(with_answer, key=lambda answer: answer.step or 0).destination or "" if with_answer else ""

    @property
    def survey(self) -> str:
        """The kind of question to ask now that a conversation is over; "" for none."""
        if self._plain or self._ended or self._row is None or self._row["direction"] != Direction.INBOUND:
            return ""
        return survey_question.kind_due(
            self._session,
            phone=None if self.caller in self._runtime.own_numbers else self.caller,
            customer_id=self._row["customer_id"],
            talk_seconds=self._request.event.facts.seconds,
            now=self.now,
        )

    def parse_number(self, keys: str) -> str | None:
        """The E.164 form of the digits keyed in; None if they are no number that can be rung back."""
        return self._runtime.number_to_ring_back(keys)

    @property
    def _lately_rung(self) -> frozenset[str]:
        """Agents who were rung for this call in the last minute and did not answer."""
        if self._row is None:
            return frozenset()
        return pops.agents(self._session, self._call_id, since=self.now - REST)

    @property
    def _call_id(self) -> str:
        return call_rows.call_id(self._request.event.root_sid)

    def _needs(self, queue: str, language: str) -> CallerNeeds:
        return CallerNeeds(
            call_id=self._call_id,
            queue=queue,
            language=language,
            customer_id=self._customer,
            phone=self.caller,
            zone=self._runtime.settings.zone,
            plain=self._plain,
        )

    @property
    def _customer(self) -> str | None:
        if self._row is not None:
            customer: str | None = self._row["customer_id"]
            return customer
        caller = self.caller
        return identity.resolve(self._session, caller, self._runtime.own_numbers) if caller else None
