"""Ids: opaque, never twice, and sorted as they are made."""

from datetime import UTC, datetime, timedelta

from callcrm.base.ids import derived_id, new_id

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_ids_sort_by_their_time_and_within_a_moment_as_they_were_made() -> None:
    ids = [new_id("note", NOW + timedelta(milliseconds=number // 100)) for number in range(1000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 1000
    assert {len(id_) for id_ in ids} == {len("note_") + 25}


def test_a_derived_id_is_the_same_for_the_same_parts_alone() -> None:
    assert derived_id("call", "AC1", "CA1") == derived_id("call", "AC1", "CA1")
    assert derived_id("call", "AC1", "CA1") != derived_id("call", "AC1C", "A1")


def test_a_derived_id_is_the_same_in_every_version() -> None:
    assert derived_id("call", "CA1") == "call_hdhshm47wj0j7t0bmpfgb687"
    assert derived_id("rec", "RE" + "0" * 32) == "rec_nmp3n0srczn2wtwn70a837k3"
    assert new_id("note", NOW)[: len("note_") + 9] == "note_1ke70ehg0"
