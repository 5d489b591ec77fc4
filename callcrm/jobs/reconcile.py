"""Our calls and recordings compared with the carrier's lists, and what lost callbacks left out filled in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from callcrm.base.clock import Clock
from callcrm.calls import reconciliation
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.reconcile import missing_call_events, missing_recording_event
from callcrm.carrier.resources import CarrierCall
from callcrm.carrier.rest import RestClient
from callcrm.ledger.event_store import Event
from callcrm.store.store import Store

T = TypeVar("T")
SILENCE = timedelta(minutes=2)  # after which a call the carrier does not know is over
DEADLINE = 10.0
BATCH_SIZE = 100


@dataclass(slots=True)
class Report:
    """How many of each were filled in."""

    missing_calls: int = 0
    repaired_calls: int = 0
    missing_recordings: int = 0
    requeued_recordings: int = 0


@dataclass(frozen=True)
class Reconciler:
    """Compares and fills in; may be stopped at any point and run again.

    Calls that ended at the carrier less than `patience` ago are left to their callbacks, which may be on
    their way.
    """

    store: Store
    rest_client: RestClient
    runtime: CallRuntime
    clock: Clock
    patience: timedelta = timedelta()

    async def run(self, since: datetime) -> Report:
        """Fills in what the carrier lists since then and what we take for live; CarrierDown if it is away."""
        report = Report()
        listed = {call.sid: call async for call in self.rest_client.list_calls(since)}
        live = await self.store.read(
            partial(reconciliation.live_calls, before=self.clock.now() - self.patience)
        )
        unlisted = await self._unlisted(listed, live)
        calls = [call for call in (*listed.values(), *unlisted.values()) if call and self._is_settled(call)]
        await self._fill_calls(calls, report)
        vanished_sids = {sid for sid, call in unlisted.items() if call is None}
        await self._end_vanished([call.sid for call in live if call.sid in vanished_sids], report)
        await self._fill_recordings(since, report)
        prices = partial(reconciliation.record_prices, calls=list(listed.values()), since=since)
        await self.store.write(prices, deadline=DEADLINE)
        requeue = partial(reconciliation.requeue, now=self.clock.now())
        report.requeued_recordings = await self.store.write(requeue, deadline=DEADLINE)
        return report

    async def _unlisted(
        self, listed: Mapping[str, CarrierCall], live: Sequence[reconciliation.LiveCall]
    ) -> dict[str, CarrierCall | None]:
        """Calls that are not in the list, fetched by SID, None for those the carrier does not know: calls and
        legs we take for live, and the parents of listed legs.
        """
        parents = {call.parent for call in listed.values() if call.parent}
        unknown = await self.store.read(partial(reconciliation.unknown_roots, sids=parents - listed.keys()))
        sids = unknown | {sid for call in live for sid in (call.sid, *call.legs)} - listed.keys()
        return {sid: await self.rest_client.fetch_call(sid) for sid in sorted(sids)}

    def _is_settled(self, call: CarrierCall) -> bool:
        return call.ended_at is None or call.ended_at <= self.clock.now() - self.patience

    async def _fill_calls(self, calls: Sequence[CarrierCall], report: Report) -> None:
        agents = await self.store.read(reconciliation.addresses)
        for batch in _batches(_by_root(calls)):
            legs = [leg for call in batch for leg in call]
            statuses = await self.store.read(partial(reconciliation.statuses, calls=legs))
            for call in batch:
                missing = [self._events(leg, statuses.get(leg.sid, ()), agents) for leg in call]
                await self._fill([event for events in missing for event in events], report)

    def _events(self, leg: CarrierCall, statuses: Iterable[str], agents: Mapping[str, str]) -> list[Event]:
        """The events of the leg that we have not: those of statuses other than these."""
        return missing_call_events(leg, frozenset(statuses), agents, self._account, self.clock.now())

    async def _fill(self, events: Sequence[Event], report: Report) -> None:
        if not events:
            return
        verb = partial(reconciliation.fill, runtime=self.runtime, events=events, now=self.clock.now())
        if await self.store.write(verb, deadline=DEADLINE):
            report.missing_calls += 1
        else:
            report.repaired_calls += 1

    async def _end_vanished(self, sids: Iterable[str], report: Report) -> None:
        """Ends calls the carrier does not know, if nothing was heard of them for a while."""
        for sid in sorted(sids):
            verb = partial(
                reconciliation.end_vanished,
                runtime=self.runtime,
                sid=sid,
                silent_since=self.clock.now() - SILENCE,
                now=self.clock.now(),
            )
            report.repaired_calls += await self.store.write(verb, deadline=DEADLINE)

    async def look_up(self, live: Sequence[reconciliation.LiveCall]) -> Report:
        """Fills in what the carrier says now of these calls and of their legs; CarrierDown if it is away."""
        report, calls, vanished = Report(), [], []
        for call in live:
            root = await self.rest_client.fetch_call(call.sid)
            if root is None:
                vanished.append(call.sid)
            elif root.ended_at is not None:  # its legs end with it
                calls.append(root)
            else:
                calls += [
                    root,
                    *[leg for sid in call.legs if (leg := await self.rest_client.fetch_call(sid))],
                ]
        await self._fill_calls([call for call in calls if self._is_settled(call)], report)
        await self._end_vanished(vanished, report)
        return report

    async def _fill_recordings(self, since: datetime, report: Report) -> None:
        recordings = [recording async for recording in self.rest_client.list_recordings(since)]
        for batch in _batches(recordings):
            statuses = await self.store.read(partial(reconciliation.recording_statuses, recordings=batch))
            for recording in batch:
                event = missing_recording_event(
                    recording, statuses.get(recording.sid, ()), self._account, self.clock.now()
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
    return (items[start : start + BATCH_SIZE] for start in range(0, len(items), BATCH_SIZE))
