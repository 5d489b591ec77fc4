"""Negative controls: the product broken in one place, and the check that guards it seen red.

A check here is the very one that passes on the true product in its own file.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from callcrm.store.store import Store
from tests.carrier import test_twiml as twimls
from tests.clocks import CLOCK, THREADS
from tests.e2e import test_e2e_caller_walk as walks
from tests.e2e import test_e2e_stories as stories
from tests.e2e.call_centre import RunStory, story_runner
from tests.mutants import broken
from tests.mutants.broken import Patch
from tests.running_app import RunningApp, open_app, settings_for
from tests.store import test_store_sqlite as stores
from tests.torture import test_durable as durability
from tests.webhooks import test_call_stories as calls
from tests.webhooks import test_signature_gate as signatures
from tests.webhooks import test_webhook_callbacks as callbacks
from tests.webhooks import test_webhook_documents as documents

Mutant = Callable[[Patch], None]
HERE = Path(__file__).resolve().parent
RED = (AssertionError, ElementTree.ParseError)
pytestmark = pytest.mark.engine("sqlite")

orders = callbacks.test_any_order_and_repetition_of_a_calls_events_make_one_history
replays = callbacks.test_replaying_a_days_requests_changes_nothing
offers = stories.test_a_call_is_offered_to_the_agents_who_are_rung_and_to_nobody_else
HTTP: Sequence[tuple[Mutant, Callable[[RunningApp], None]]] = (
    (broken.last_write_wins, orders),
    (broken.keyed_by_call_and_kind_alone, orders),
    (broken.forgets_its_answers, replays),
    (broken.forgets_its_answers, calls.test_a_repeated_key_press_rings_nobody_twice),
    (broken.string_built_document, documents.test_a_callers_words_never_come_back_in_a_document),
    (broken.string_built_document, documents.test_markup_in_a_callers_words_stays_words),
    (broken.pop_for_everybody, calls.test_only_the_agent_who_is_rung_is_offered_the_call),
)
STORIES: Sequence[tuple[Mutant, Callable[[RunStory], None]]] = (
    (broken.pop_for_everybody, offers),
    (broken.pop_announced_to_everybody, offers),
)
STRANDED = "was left without a human, a recorder or a call back"
WALKS: Sequence[tuple[Mutant, str, str]] = (
    (broken.dial_without_action, "nobody at all answers", STRANDED),
    (broken.hangs_up_on_a_wrong_key, "none", STRANDED),
    (broken.silence_that_loops, "none", "a loop"),
    (broken.no_operator_in_the_queue, "everybody is busy", "0 does not lead to a human"),
)
ALONE: Sequence[tuple[Mutant, Callable[[], None]]] = (
    (broken.unfiltered_control_characters, twimls.test_control_characters_in_a_prompt_are_left_out),
    (broken.no_token_no_check, signatures.test_without_a_token_nothing_verifies),
)


def _title(value: object) -> str | None:
    return getattr(value, "__name__", None)


@pytest.mark.parametrize(("mutant", "check"), HTTP, ids=_title)
def test_a_break_is_noticed_over_http(
    mutant: Mutant, check: Callable[[RunningApp], None], tmp_path: Path, monkeypatch: Patch
) -> None:
    mutant(monkeypatch)
    with open_app(settings_for(f"sqlite:///{tmp_path / 'a.sqlite3'}", tmp_path)) as app:
        if check.__module__ == documents.__name__:
            app.hire("Ana", documents.ANA)
        with pytest.raises(RED):
            check(app)


@pytest.mark.parametrize(("mutant", "check"), STORIES, ids=_title)
def test_a_break_is_noticed_in_a_story(
    mutant: Mutant,
    check: Callable[[RunStory], None],
    database_url: str,
    tmp_path: Path,
    monkeypatch: Patch,
) -> None:
    mutant(monkeypatch)
    with pytest.raises(RED):
        check(story_runner(database_url, tmp_path))


@pytest.mark.parametrize(("mutant", "fault", "words"), WALKS, ids=_title)
def test_a_break_is_noticed_on_a_callers_walk(
    mutant: Mutant, fault: str, words: str, database_url: str, tmp_path: Path, monkeypatch: Patch
) -> None:
    mutant(monkeypatch)
    shallow = replace(walks.FAULTS[fault], depth=2)
    result, unpromised = asyncio.run(walks.walk(shallow, database_url, tmp_path))
    assert words in "\n".join([*result.complaints, *unpromised])


@pytest.mark.parametrize(("mutant", "check"), ALONE, ids=_title)
def test_a_break_is_noticed_in_a_unit_test(
    mutant: Mutant, check: Callable[[], None], monkeypatch: Patch
) -> None:
    mutant(monkeypatch)
    with pytest.raises(RED):
        check()


@contextmanager
def opened(database_url: str) -> Iterator[Store]:
    """A store, opened after the mutation."""
    store = Store(database_url, CLOCK, THREADS)
    try:
        yield store
    finally:
        store.close()


def test_a_deferred_write_lock_is_noticed(database_url: str, tmp_path: Path, monkeypatch: Patch) -> None:
    broken.begins_deferred(monkeypatch)
    with opened(database_url) as store, pytest.raises(RED):
        stores.test_a_short_lock_is_waited_for(store, tmp_path / "store.sqlite3")


def test_a_store_that_never_syncs_is_noticed(database_url: str, monkeypatch: Patch) -> None:
    broken.never_syncs(monkeypatch)
    with opened(database_url) as store, pytest.raises(RED):
        stores.test_writes_are_durable_over_a_power_cut_and_keys_are_checked(store)


@pytest.mark.timeout(300)
def test_a_store_that_never_syncs_is_noticed_by_a_trace(tmp_path: Path, monkeypatch: Patch) -> None:
    """Kills can't show this one: what a dead process has written the kernel still has."""
    monkeypatch.setenv("PYTHONPATH", f"{HERE / 'unsynced'}:{HERE.parents[1]}")
    answers, bad = durability.unsynced_answers(durability.acknowledge(tmp_path, 30))
    assert answers >= 30
    assert bad >= answers // 2
