"""Our calls and recordings laid beside the carrier's lists, and the gaps closed, whatever was lost."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from callcrm.base.clock import Clock
from callcrm.calls import reconciliation
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.reconcile import call_events, recording_event, vanished
from callcrm.carrier.resources import CarrierCall
from callcrm.carrier.rest import Gateway
from callcrm.ledger.event_store import Event
from callcrm.store.store import Store

T = TypeVar("T")
LONGEST_CALL = timedelta(hours=4, minutes=10)  # the carrier ends every call after four hours
DEADLINE = 10.0
AT_ONCE = 100


@dataclass(slots=True)
class Report:
    """What was found and mended."""

    missing_calls: int = 0
    repaired_calls: int = 0
    missing_recordings: int = 0
    requeued_recordings: int = 0


@dataclass(frozen=True)
class Reconciler:
    """Compares and mends; may be stopped anywhere and run again.

    What ended at the carrier less than `patience` ago is left to its callbacks, which may be under way.
    """

    store: Store
    gateway: Gateway
    runtime: CallRuntime
    clock: Clock
    patience: timedelta = timedelta()

    async def run(self, since: datetime) -> Report:
        """What the carrier lists since then and what we take for live, mended; CarrierDown if it is away."""
        report = Report()
        listed = {call.sid: call async for call in self.gateway.calls(since)}
        live = await self.store.read(
            partial(reconciliation.live_calls, before=self.clock.now() - self.patience)
        )
        asked = await self._asked(listed, live)
        told = [call for call in (*listed.values(), *asked.values()) if call and self._is_settled(call)]
        await self._mend_calls(told, report)
        gone = {sid for sid, call in asked.items() if call is None}
        await self._end_vanished([call for call in live if call.sid in gone], report)
        await self._mend_recordings(since, report)
        requeue = partial(reconciliation.requeue, now=self.clock.now())
        report.requeued_recordings = await self.store.write(requeue, deadline=DEADLINE)
        return report

    async def _asked(
        self, listed: Mapping[str, CarrierCall], live: Sequence[reconciliation.LiveCall]
    ) -> dict[str, CarrierCall | None]:
        """Legs that are not listed, asked for one by one: of live calls, and callers of legs that are."""
        callers = {call.parent for call in listed.values() if call.parent}
        strangers = await self.store.read(partial(reconciliation.unknown_roots, sids=callers - listed.keys()))
        wanted = strangers | {sid for call in live for sid in (call.sid, *call.legs)} - listed.keys()
        return {sid: await self.gateway.call(sid) for sid in sorted(wanted)}

    def _is_settled(self, call: CarrierCall) -> bool:
        return call.ended_at is None or call.ended_at <= self.clock.now() - self.patience

    async def _mend_calls(self, told: Sequence[CarrierCall], report: Report) -> None:
        agents = await self.store.read(reconciliation.addresses)
        for batch in _batches(_by_root(told)):
            legs = [leg for call in batch for leg in call]
            known = await self.store.read(partial(reconciliation.statuses, calls=legs))
            for call in batch:
                missing = [self._events(leg, known.get(leg.sid, ()), agents) for leg in call]
                await self._fill([event for events in missing for event in events], report)

    def _events(self, leg: CarrierCall, known: Iterable[str], agents: Mapping[str, str]) -> list[Event]:
        return call_events(leg, frozenset(known), agents, self._account, self.clock.now())

    async def _fill(self, events: Sequence[Event], report: Report) -> None:
        if not events:
            return
        verb = partial(reconciliation.fill, runtime=self.runtime, events=events, now=self.clock.now())
        if await self.store.write(verb, deadline=DEADLINE):
            report.missing_calls += 1
        else:
            report.repaired_calls += 1

    async def _end_vanished(self, calls: Sequence[reconciliation.LiveCall], report: Report) -> None:
        """End calls the carrier knows nothing of, once none could still be going on."""
        for call in calls:
            if call.last_heard < self.clock.now() - LONGEST_CALL:
                await self._fill([vanished(call.sid, self._account, call.last_heard)], report)

    async def _mend_recordings(self, since: datetime, report: Report) -> None:
        told = [recording async for recording in self.gateway.recordings(since)]
        for batch in _batches(told):
            known = await self.store.read(partial(reconciliation.recording_statuses, recordings=batch))
            for recording in batch:
                event = recording_event(
                    recording, known.get(recording.sid, ()), self._account, self.clock.now()
                )
                if event is None:
                    continue
                verb = partial(
                    reconciliation.fill, runtime=self.runtime, events=[event], now=self.clock.now()
                )
                await self.store.write(verb, deadline=DEADLINE)
                report.missing_recordings += 1

    @property
    def _account(self) -> str:
        return self.runtime.settings.account_sid


def _by_root(legs: Iterable[CarrierCall]) -> list[list[CarrierCall]]:
    roots: dict[str, list[CarrierCall]] = defaultdict(list)
    for leg in legs:
        roots[leg.parent or leg.sid].append(leg)
    return list(roots.values())


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
