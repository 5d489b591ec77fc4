"""Calls of which nothing is heard, looked up at the carrier: they may be over without our knowing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from callcrm.calls import reconciliation
from callcrm.jobs.reconcile import SILENCE, Reconciler, Report

AGAIN_AFTER = timedelta(minutes=2)  # that one call is looked up: a conversation is silent while it lasts
AT_ONCE = 100  # in one run


class QuietCalls:
    """Looks quiet calls up, each at most once in two minutes, those never looked up first.

    A lost callback, or a carrier that lost the call, so holds an agent for minutes and not for hours.
    """

    def __init__(self) -> None:
        self._looked_up: dict[str, datetime] = {}

    async def run(self, reconciler: Reconciler) -> Report:
        """Looks up what is due, and fills in what the carrier says; CarrierDown if it is away."""
        now = reconciler.clock.now()
        quiet = await reconciler.store.read(partial(reconciliation.quiet_calls, before=now - SILENCE))
        due = self._due(quiet, now)
        report = await reconciler.look_up(due)
        self._looked_up |= dict.fromkeys((call.sid for call in due), now)
        return report

    def _due(self, quiet: Sequence[reconciliation.LiveCall], now: datetime) -> list[reconciliation.LiveCall]:
        sids = {call.sid for call in quiet}
        self._looked_up = {sid: at for sid, at in self._looked_up.items() if sid in sids}
        due = [call for call in quiet if self._last(call, now) <= now - AGAIN_AFTER]
        return sorted(due, key=lambda call: self._last(call, now))[:AT_ONCE]

    def _last(self, call: reconciliation.LiveCall, now: datetime) -> datetime:
        return self._looked_up.get(call.sid, now - timedelta(days=1))
