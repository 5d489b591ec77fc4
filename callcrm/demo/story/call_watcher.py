"""What the store comes to show of a live call, found by polling and added to the story."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session, col, select

from callcrm.base.clock import Clock
from callcrm.crm.promises import promises
from callcrm.customers.identity import BY_NUMBER, candidates
from callcrm.demo.story.story import Entry, LocalizedText, Story
from callcrm.i18n.locale import Locale
from callcrm.live.kinds import LiveKind
from callcrm.models import Call, Customer, Note, Pop, Promise, Recording, RecordingStatus, User
from callcrm.store.store import Store, StoreDown

POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class CallSnapshot:
    """One call with everything in the store that belongs to it.

    `candidates` counts the customers with its number while none is chosen; `pops` come with the agent's name.
    """

    call: Call
    customer: Customer | None
    candidates: int
    pops: Sequence[tuple[Pop, str]]
    notes: Sequence[Note]
    recordings: Sequence[Recording]
    promise: Promise | None


def call_snapshots(session: Session, sids: Iterable[str]) -> list[CallSnapshot]:
    """The calls with these carrier SIDs, as far as the store has them."""
    calls = session.exec(select(Call).where(col(Call.carrier_sid).in_(list(sids)))).all()
    return [_snapshot(session, call) for call in calls]


def _snapshot(session: Session, call: Call) -> CallSnapshot:
    pops = select(Pop, User.name).join(User, col(User.id) == col(Pop.agent_id)).where(Pop.call_id == call.id)
    return CallSnapshot(
        call,
        session.get(Customer, call.customer_id) if call.customer_id else None,
        0 if call.customer_id else len(candidates(session, call.phone)),
        session.exec(pops.order_by(col(Pop.sent_at))).all(),
        session.exec(select(Note).where(Note.call_id == call.id)).all(),
        session.exec(select(Recording).where(Recording.call_id == call.id)).all(),
        promises.of_calls(session, [call.id]).get(call.id),
    )


@dataclass
class CallWatcher:
    """Polls the store for the live calls, and adds what is new to the story."""

    store: Store
    story: Story
    clock: Clock
    calls: Callable[[], Sequence[str]]
    reported: dict[str, object] = field(default_factory=dict)

    async def run(self) -> None:
        """Poll until cancelled; a store that is down is tried again."""
        while True:
            await self.clock.sleep(POLL_SECONDS)
            sids = self.calls()
            if not sids:
                continue
            try:
                snapshots = await self.store.read(partial(call_snapshots, sids=sids))
            except StoreDown:
                continue
            for snapshot in snapshots:
                self._add_changes(snapshot)

    def _add_changes(self, snapshot: CallSnapshot) -> None:
        call = snapshot.call
        for change in _changes(snapshot):
            key = f"{call.id}:{change.key}"
            if self.reported.get(key) != change.value:
                self.reported[key] = change.value
                at = change.at or self.clock.now()
                self.story.add(Entry(at, call.carrier_sid, change.text, change.wire))


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the story, added once for each `value` of its `key`, at its own time if it has one."""

    key: str
    value: object
    text: LocalizedText
    wire: str = ""
    at: datetime | None = None


def _changes(snapshot: CallSnapshot) -> Iterator[Change]:
    yield Change("customer", snapshot.call.customer_id or f"{snapshot.candidates}", _identified(snapshot))
    for pop, name in snapshot.pops:
        yield from _pop(pop, name)
    for note in snapshot.notes:
        yield _note(note)
    for recording in snapshot.recordings:
        if recording.status == RecordingStatus.STORED:
            yield Change(
                f"{recording.id}:stored", True, _stored(recording), f"sha256 {(recording.sha256 or '')[:16]}…"
            )
    if snapshot.call.disposition:
        yield Change("disposition", snapshot.call.disposition, _disposition, snapshot.call.disposition)
    if snapshot.promise is not None:
        yield Change("promise", snapshot.promise.id, _promised(snapshot.promise), snapshot.promise.kind)


def _identified(snapshot: CallSnapshot) -> LocalizedText:
    if snapshot.customer is not None:
        name, tier = snapshot.customer.name, snapshot.customer.tier
        if snapshot.call.identified_by in (None, BY_NUMBER):
            return lambda locale: locale._(
                "Known by the number: %(name)s%(tier)s", name=name, tier=_tier(locale, tier)
            )
        return lambda locale: locale._("Somebody chose who it is: %(name)s", name=name)
    if snapshot.candidates > 1:
        count = snapshot.candidates
        return lambda locale: locale._("%(n)s customers share this number", n=locale.number(count))
    if snapshot.call.phone is None:
        return lambda locale: locale._("The caller shows no number")
    return lambda locale: locale._("Nobody is known by this number")


def _tier(locale: Locale, tier: str | None) -> str:
    names = {"gold": locale._(", gold"), "silver": locale._(", silver"), "bronze": locale._(", bronze")}
    return names.get(tier or "", "")


def _pop(pop: Pop, name: str) -> Iterator[Change]:
    def sent(locale: Locale) -> str:
        return locale._("Pop to %(name)s’s screen, before any phone rings", name=name)

    yield Change(f"{pop.id}:sent", True, sent, LiveKind.CALL_OFFERED, pop.sent_at)
    if pop.delivered_at is not None:
        delay = _seconds(pop.delivered_at - pop.sent_at)

        def delivered(locale: Locale) -> str:
            return locale._("It reached %(name)s’s browser after %(s)s s", name=name, s=locale.number(delay))

        yield Change(f"{pop.id}:delivered", True, delivered, "receipt: delivered", pop.delivered_at)
    if pop.seen_at is not None:
        seen_after = _seconds(pop.seen_at - pop.sent_at)

        def seen(locale: Locale) -> str:
            return locale._("%(name)s had it in sight after %(s)s s", name=name, s=locale.number(seen_after))

        yield Change(f"{pop.id}:seen", True, seen, "receipt: seen", pop.seen_at)


def _seconds(span: timedelta) -> float:
    return round(max(0.0, span.total_seconds()), 2)


def _note(note: Note) -> Change:
    author, length = note.author, len(note.body)
    if note.finished_at is not None:
        return Change(
            f"{note.id}:done", True, lambda locale: locale._("%(name)s’s note is finished", name=author)
        )

    def saved(locale: Locale) -> str:
        return locale._("%(name)s’s note is saved: %(n)s characters", name=author, n=locale.number(length))

    return Change(f"{note.id}:saved", note.version, saved, f"version {note.version}")


def _stored(recording: Recording) -> LocalizedText:
    size = round((recording.bytes or 0) / 1000)
    return lambda locale: locale._(
        "The recording is in our own keeping: %(size)s kB", size=locale.number(size)
    )


def _disposition(locale: Locale) -> str:
    return locale._("How it ended is noted")


def _promised(promise: Promise) -> LocalizedText:
    due = promise.due_at
    return lambda locale: locale._("We owe this caller a call back by %(time)s", time=locale.time(due))
