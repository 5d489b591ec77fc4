"""What the ledger and the screens come to know of a call, noticed within moments and told."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session, col, select

from callcrm.base.clock import Clock
from callcrm.customers.identity import BY_NUMBER, candidates
from callcrm.demo.story.story import Entry, Said, Story
from callcrm.i18n.locale import Locale
from callcrm.live.kinds import LiveKind
from callcrm.models import Call, Customer, Note, Pop, Promise, Recording, RecordingStatus, User
from callcrm.store.store import Store, StoreDown

LOOK = 0.25  # seconds


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one call."""

    call: Call
    customer: Customer | None
    candidates: int
    pops: Sequence[tuple[Pop, str]]
    notes: Sequence[Note]
    recordings: Sequence[Recording]
    promise: Promise | None


def known(session: Session, sids: Iterable[str]) -> list[Known]:
    """The calls of these SIDs, with what hangs on them."""
    calls = session.exec(select(Call).where(col(Call.carrier_sid).in_(list(sids)))).all()
    return [_known(session, call) for call in calls]


def _known(session: Session, call: Call) -> Known:
    pops = select(Pop, User.name).join(User, col(User.id) == col(Pop.agent_id)).where(Pop.call_id == call.id)
    return Known(
        call,
        session.get(Customer, call.customer_id) if call.customer_id else None,
        0 if call.customer_id else len(candidates(session, call.phone)),
        session.exec(pops.order_by(col(Pop.sent_at))).all(),
        session.exec(select(Note).where(Note.call_id == call.id)).all(),
        session.exec(select(Recording).where(Recording.call_id == call.id)).all(),
        session.exec(select(Promise).where(Promise.call_id == call.id)).first(),
    )


@dataclass
class Watcher:
    """Looks at the calls that are on, and tells what is new about them."""

    store: Store
    story: Story
    clock: Clock
    calls: Callable[[], Sequence[str]]
    seen: dict[str, object] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled; a store that is away is looked at again."""
        while True:
            await self.clock.sleep(LOOK)
            sids = self.calls()
            if not sids:
                continue
            try:
                found = await self.store.read(partial(known, sids=sids))
            except StoreDown:
                continue
            for one in found:
                self._compare(one)

    def _compare(self, one: Known) -> None:
        for news in _news(one):
            name = f"{one.call.id}:{news.key}"
            if self.seen.get(name) != news.value:
                self.seen[name] = news.value
                self.story.tell(
                    Entry(news.at or self.clock.now(), one.call.carrier_sid, news.said, news.wire)
                )


@dataclass(frozen=True, slots=True)
class News:
    """One thing that is known: told once for each `value` of its `key`, at its own time if it has one."""

    key: str
    value: object
    said: Said
    wire: str = ""
    at: datetime | None = None


def _news(one: Known) -> Iterator[News]:
    yield News("who", one.call.customer_id or f"{one.candidates}", _who(one))
    for pop, name in one.pops:
        yield from _pop(pop, name)
    for note in one.notes:
        yield _note(note)
    for recording in one.recordings:
        if recording.status == RecordingStatus.STORED:
            yield News(
                f"{recording.id}:stored", True, _stored(recording), f"sha256 {(recording.sha256 or '')[:16]}…"
            )
    if one.call.disposition:
        yield News("ended as", one.call.disposition, _how_it_ended, one.call.disposition)
    if one.promise is not None:
        yield News("promise", one.promise.id, _owed(one.promise), one.promise.kind)


def _who(one: Known) -> Said:
    if one.customer is not None:
        name, tier = one.customer.name, one.customer.tier
        if one.call.customer_by in (None, BY_NUMBER):
            return lambda locale: locale._(
                "Known by the number: %(name)s%(tier)s", name=name, tier=_tier(locale, tier)
            )
        return lambda locale: locale._("Somebody chose who it is: %(name)s", name=name)
    if one.candidates > 1:
        several = one.candidates
        return lambda locale: locale._("%(n)s customers share this number", n=locale.number(several))
    if one.call.phone is None:
        return lambda locale: locale._("The caller shows no number")
    return lambda locale: locale._("Nobody is known by this number")


def _tier(locale: Locale, tier: str | None) -> str:
    named = {"gold": locale._(", gold"), "silver": locale._(", silver"), "bronze": locale._(", bronze")}
    return named.get(tier or "", "")


def _pop(pop: Pop, name: str) -> Iterator[News]:
    def sent(locale: Locale) -> str:
        return locale._("Pop to %(name)s’s screen, before any phone rings", name=name)

    yield News(f"{pop.id}:sent", True, sent, LiveKind.CALL_OFFERED, pop.sent_at)
    if pop.delivered_at is not None:
        after = _seconds(pop.delivered_at - pop.sent_at)

        def delivered(locale: Locale) -> str:
            return locale._("It reached %(name)s’s browser after %(s)s s", name=name, s=locale.number(after))

        yield News(f"{pop.id}:delivered", True, delivered, "receipt: delivered", pop.delivered_at)
    if pop.seen_at is not None:
        later = _seconds(pop.seen_at - pop.sent_at)

        def seen(locale: Locale) -> str:
            return locale._("%(name)s had it in sight after %(s)s s", name=name, s=locale.number(later))

        yield News(f"{pop.id}:seen", True, seen, "receipt: seen", pop.seen_at)


def _seconds(span: timedelta) -> float:
    return round(max(0.0, span.total_seconds()), 2)


def _note(note: Note) -> News:
    author, length = note.author, len(note.body)
    if note.finished_at is not None:
        return News(
            f"{note.id}:done", True, lambda locale: locale._("%(name)s’s note is finished", name=author)
        )

    def saved(locale: Locale) -> str:
        return locale._("%(name)s’s note is saved: %(n)s characters", name=author, n=locale.number(length))

    return News(f"{note.id}:saved", note.version, saved, f"version {note.version}")


def _stored(recording: Recording) -> Said:
    size = round((recording.bytes or 0) / 1000)
    return lambda locale: locale._(
        "The recording is in our own keeping: %(size)s kB", size=locale.number(size)
    )


def _how_it_ended(locale: Locale) -> str:
    return locale._("How it ended is noted")


def _owed(promise: Promise) -> Said:
    due = promise.due_at
    return lambda locale: locale._("We owe this caller a call back by %(time)s", time=locale.time(due))
