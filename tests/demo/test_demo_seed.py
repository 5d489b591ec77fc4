"""The demo's sample data: its events are as the carrier sends them, and a rebuild changes nothing."""

import io
import wave
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session, SQLModel

from callcrm.agents.users import user_by_email
from callcrm.calls.rebuild import rebuild, roots
from callcrm.calls.runtime import CallRuntime, build_runtime
from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.config import E164
from callcrm.demo.sample_data import people, seed
from callcrm.demo.sample_data.audio_clips import conversation_wav, write_clips
from callcrm.demo.sample_data.call_plan import AudioClips
from callcrm.demo.settings import invented_account, settings_for
from callcrm.ivr.steps import NodeKind, Position
from callcrm.ledger.facts import PLACED, RECORDING, REQUEST, Facts, facts_from_json
from callcrm.store.store import Store
from tests.running_app import proven_flows

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
DERIVED = ("call", "leg", "recording", "promise", "consent", "pop", "note")
OUR_FACTS = frozenset(
    {
        "destination",
        "node",
        "keys",
        "queue",
        "language",
        "announced",
        "promise",
        "call_back",
        "state",
        "agent",
        "step",
    }
    | {"screened"}
)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> AudioClips:
    folder = tmp_path_factory.mktemp("sounds")
    return AudioClips(write_clips(folder, Random(1), (21, 40), 2), write_clips(folder, Random(1), (9,), 1))


@pytest.fixture
def runtime(tmp_path: Path) -> CallRuntime:
    settings = settings_for(tmp_path, "http://127.0.0.1:8000", invented_account(), "http://127.0.0.1:9")
    return build_runtime(settings, proven_flows(settings.flows))


@pytest.fixture
def rows(runtime: CallRuntime, clips: AudioClips) -> Mapping[str, Sequence[dict[str, Any]]]:
    return seed.build_rows(runtime, clips, NOW, 1)


def test_a_rebuild_of_the_ledger_leaves_every_call_as_it_is(
    store: Store, runtime: CallRuntime, clips: AudioClips
) -> None:
    store.write_now(partial(seed.fill_store, runtime=runtime, clips=clips, now=NOW, seed=1))
    before = store.read_now(_tables)
    # On PostgreSQL some stand for all: it would take as long as all other tests of this file.
    some = slice(None, None, 1 if store.dialect == "sqlite" else 5)
    for root in store.read_now(roots)[some]:
        assert store.write_now(partial(rebuild, runtime=runtime, root_sid=root, now=NOW))
    after = store.read_now(_tables)
    for name in DERIVED:
        assert after[name] == before[name], name


def test_the_facts_of_every_event_are_those_parsed_from_its_form(rows: Mapping[str, Any]) -> None:
    checked = Counter[str]()
    for row in rows["carrier_event"]:
        facts = facts_from_json(row["facts"])
        if facts.kind != PLACED:
            assert _carrier_fields(_parsed(row, facts)) == _carrier_fields(facts), row
            checked[facts.kind] += 1
    assert checked[REQUEST] > 1000
    assert checked[RECORDING] > 300


def test_the_same_seed_and_time_make_the_same_sample_data(runtime: CallRuntime, clips: AudioClips) -> None:
    first, second = (seed.build_rows(runtime, clips, NOW, 7) for _ in range(2))
    for name in ("call", "customer", "customer_phone", "note", "promise", "message"):
        assert first[name] == second[name]
    assert first["call"] != seed.build_rows(runtime, clips, NOW, 8)["call"]


def test_the_sample_data_has_calls_of_every_kind(rows: Mapping[str, Any]) -> None:
    outcomes = Counter((call["direction"], call["outcome"]) for call in rows["call"])
    assert len(rows["customer"]) == 200
    assert 800 <= len(rows["call"]) <= 1500
    for kind in ("answered", "abandoned", "voicemail", "callback"):
        assert outcomes["inbound", kind] > 20, kind
    assert outcomes["outbound", "answered"] > 50
    assert Counter(promise["state"] for promise in rows["promise"]).keys() == {"open", "kept", "dropped"}
    assert any(promise["due_at"] < NOW for promise in rows["promise"] if promise["state"] == "open")
    mina = [call for call in rows["call"] if call["customer_id"] == "cus_demo0000"]
    assert len(mina) >= 40
    assert all(call["ended_at"] < NOW for call in rows["call"])
    assert all(len(rows[name]) for name in seed.TABLE_ORDER)


def test_every_number_is_a_fictional_one(rows: Mapping[str, Any]) -> None:
    numbers = {phone["e164"] for phone in rows["customer_phone"]}
    numbers |= {call["phone"] for call in rows["call"] if call["phone"]}
    numbers |= {user["number"] for user in rows["user"] if user["number"]}
    for number in numbers - {"+982100000134"}:
        assert E164.fullmatch(number)
        assert number[-7:-2] == "55501", number


def test_all_sample_users_sign_in_with_the_printed_password(
    store: Store, runtime: CallRuntime, clips: AudioClips
) -> None:
    store.write_now(partial(seed.fill_store, runtime=runtime, clips=clips, now=NOW, seed=1))
    for member in people.STAFF:
        user = store.read_now(partial(user_by_email, email=member.email))
        assert seed._hasher.verify(people.PASSWORD, user.password_hash or "")


def _tables(session: Session) -> dict[str, list[dict[str, Any]]]:
    tables = {}
    for name in DERIVED:
        table = SQLModel.metadata.tables[name]
        rows = session.connection().execute(select(table).order_by(*table.primary_key.columns)).mappings()
        tables[name] = [{key: value for key, value in row.items() if key != "last_event_at"} for row in rows]
    return tables


def _parsed(row: Mapping[str, Any], facts: Facts) -> Facts:
    """What the webhooks make of the form."""
    form, now = Form(row["data"].items()), row["received_at"]
    if facts.kind == REQUEST:
        position = Position(NodeKind.DONE, step=facts.step or 0)
        request = events.parse_flow_request(row["kind"], "/x", position, form, now)
        assert request is not None
        return request.event.facts
    parse = events.parse_recording_status if facts.kind == RECORDING else events.parse_leg_status
    return parse("/x", {}, form, now).facts


def _carrier_fields(facts: Facts) -> dict[str, Any]:
    """The facts the carrier sends; the others are what our flow decided, and what our own URLs carry."""
    return {name: value for name, value in asdict(facts).items() if name not in OUR_FACTS}


@pytest.mark.parametrize(("seconds", "channels"), [(1, 2), (30, 2), (8, 1)])
def test_a_conversation_lasts_as_long_as_the_call_and_is_reproducible(seconds: int, channels: int) -> None:
    sound = conversation_wav("RE1", seconds, channels)
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getnframes()) == (channels, seconds * file.getframerate())
    assert sound == conversation_wav("RE1", seconds, channels)
    assert sound != conversation_wav("RE2", seconds, channels) or seconds == 1
