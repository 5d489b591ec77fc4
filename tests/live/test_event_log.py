"""What is kept of announcements, and for how long."""

from datetime import timedelta
from functools import partial

from callcrm.live import event_log
from callcrm.live.announce import Announcement, announce
from callcrm.live.kinds import LiveKind
from callcrm.store.store import Store
from tests.clocks import CLOCK


def announced(store: Store, *subjects: str) -> list[Announcement]:
    for subject in subjects:
        store.write_now(partial(announce, kind=LiveKind.CALL_UPDATED, subject=subject, to=["mia"]))
    return store.read_now(lambda session: event_log.after(session, 0))


def test_what_is_announced_is_published_with_the_id_it_is_kept_under(
    store: Store, published: list[object]
) -> None:
    assert announced(store, "call_1", "call_2") == published


def test_what_is_a_day_old_is_dropped_but_the_newest(store: Store) -> None:
    *_, third = announced(store, "call_1", "call_2", "call_3")
    dropped = store.write_now(lambda session: event_log.prune(session, CLOCK.now() + timedelta(hours=25)))
    assert (dropped, store.read_now(lambda session: event_log.after(session, 0))) == (2, [third])


def test_what_is_younger_than_a_day_stays(store: Store) -> None:
    kept = announced(store, "call_1", "call_2")
    store.write_now(lambda session: event_log.prune(session, CLOCK.now() + timedelta(hours=23)))
    assert store.read_now(lambda session: event_log.after(session, 0)) == kept


def test_no_id_is_given_twice_however_much_is_dropped(store: Store) -> None:
    last = announced(store, "call_1", "call_2")[-1]
    store.write_now(lambda session: event_log.prune(session, CLOCK.now() + timedelta(days=2)))
    assert announced(store, "call_3")[-1].id > last.id


def test_what_fills_a_gap_is_found_with_what_is_new(store: Store) -> None:
    ids = [row.id for row in announced(store, *(f"call_{number}" for number in range(6)))]
    rows = store.read_now(lambda session: event_log.missing(session, [(ids[1], ids[2])], ids[4]))
    assert [row.id for row in rows] == [ids[1], ids[2], ids[5]]


def test_no_ids_are_no_rows(store: Store) -> None:
    assert store.read_now(lambda session: event_log.by_ids(session, [])) == []
