"""Live events over the API."""

import asyncio
from functools import partial
from typing import Any

import pytest
from pydantic import BaseModel
from sqlmodel import Session

from callcrm.agents import states, tokens
from callcrm.api import live_frames
from callcrm.api.http.context import ApiContext
from callcrm.base.errors import TooMany, Unavailable
from callcrm.calls import customer_assignment
from callcrm.crm.noun import Reader
from callcrm.edge.stream import KEEPALIVE
from callcrm.live import hub as live_hub
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Call
from callcrm.models.crm.complaint import Complaint
from tests.api.events.conftest import Live, Play, offered, updated
from tests.api.support.office import NOON, PEOPLE, verify
from tests.api.support.stream import streaming
from tests.clocks import SetClock, skipping


def test_an_offer_reaches_exactly_the_agent_who_is_rung(play: Play) -> None:
    async def story(live: Live) -> None:
        streams = [await live.stream(who) for who in PEOPLE]
        await live.do(offered)
        await live.do(lambda session: announce(session, LiveKind.CALL_ENDED, "call_one", to=list(PEOPLE)))
        kinds = [(await stream.next()).kind for stream in streams]
        assert kinds == ["call.offered", "call.ended", "call.ended", "call.ended"]

    play(story)


def test_updates_reach_the_agents_concerned_and_supervisors(play: Play) -> None:
    async def story(live: Live) -> None:
        ana, ben, sara, ada = [await live.stream(who) for who in PEOPLE]
        await live.do(updated)
        assert {(await stream.next()).kind for stream in (ana, sara, ada)} == {"call.updated"}
        await asyncio.sleep(0.05)
        assert ben.silent()

    play(story)


def test_a_supervising_program_of_no_ones_hears_what_supervisors_hear(play: Play) -> None:
    async def story(live: Live) -> None:
        token = partial(tokens.add_token, name="wallboard", role="supervisor", user_email=None, now=NOON)
        live.secrets["wallboard"] = await live.parts.store.write(token)
        stream = await live.stream("wallboard")
        await live.do(updated)
        assert (await stream.next()).kind == "call.updated"

    play(story)


def test_a_call_event_tells_the_call_its_customer_and_the_candidates(play: Play) -> None:
    async def story(live: Live) -> None:
        stream = await live.stream("sara")
        await live.do(updated)
        data = (await stream.next()).data
        assert (data["call"]["id"], data["customer"]) == ("call_one", None)
        assert {candidate["name"] for candidate in data["candidates"]} == {"Rosa", "Paul"}
        await live.do(
            lambda session: customer_assignment.assign(session, one_call(session), "cus_rosa", "ana", NOON)
        )
        data = (await stream.next()).data
        assert (data["customer"]["phones"], data["candidates"]) == (["+12025550123"], [])

    play(story)


def one_call(session: Session) -> Call:
    return session.get_one(Call, "call_one")


def test_events_fit_the_document(play: Play) -> None:
    async def story(live: Live) -> None:
        stream = await live.stream("sara")
        await live.do(updated)
        await live.do(lambda session: states.set_state(session, "ana", "break", NOON))
        await live.do(lambda session: announce(session, LiveKind.QUEUE_UPDATED, "sales"))
        for kind, shape in (("call", "LiveCall"), ("agent", "LiveAgent"), ("queue", "LiveQueue")):
            event = await stream.next()
            assert event.kind == f"{kind}.updated"
            verify(shape, event.data)

    play(story)


def test_a_client_that_comes_again_is_told_what_it_missed_once(play: Play) -> None:
    async def story(live: Live) -> None:
        await live.do(offered)
        async with streaming(live.app, live.secrets["ana"], last_event_id="0") as first:
            seen = await first.next()
        await live.do(updated)
        await live.do(lambda session: announce(session, LiveKind.CALL_ENDED, "call_one", to=["ben"]))
        await live.do(lambda session: announce(session, LiveKind.CALL_ENDED, "call_one", to=["ana"]))
        again = await live.stream("ana", last_event_id=seen.id)
        assert [(await again.next()).kind for _ in range(2)] == ["call.updated", "call.ended"]
        await live.do(updated)
        assert (await again.next()).kind == "call.updated"

    play(story)


def test_a_client_cut_off_before_its_first_event_misses_nothing(play: Play) -> None:
    async def story(live: Live) -> None:
        await live.do(offered)
        async with streaming(live.app, live.secrets["ana"]) as first:
            seen = first.last_id
        await live.do(updated)
        again = await live.stream("ana", last_event_id=seen)
        assert (await again.next()).kind == "call.updated"

    play(story)


def test_an_id_we_did_not_hand_out_does_no_harm(play: Play) -> None:
    async def story(live: Live) -> None:
        for event_id in ("", "x", "-1", "9" * 400, "1.5-2"):
            stream = await live.stream("ana", last_event_id=event_id)
            await live.do(updated)
            assert (await stream.next()).kind == "call.updated"

    play(story)


def test_an_event_is_rendered_once_for_all(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    call = live_frames.RENDERERS[LiveKind.CALL_UPDATED]
    monkeypatch.setitem(live_frames.RENDERERS, LiveKind.CALL_UPDATED, partial(noted, rendered, call))

    async def story(live: Live) -> None:
        streams = [await live.stream(who) for who in ("ana", "sara", "ada", "ada")]
        await live.do(updated)
        assert len({(await stream.next()).data["call"]["id"] for stream in streams}) == 1
        assert rendered == ["call_one"]

    play(story)


def noted(
    rendered: list[str],
    renderer: live_frames.Renderer,
    session: Session,
    context: ApiContext,
    reader: Reader,
    subject: str,
) -> BaseModel:
    rendered.append(subject)
    return renderer(session, context, reader, subject)


def test_what_is_there_no_more_is_passed_over(play: Play) -> None:
    async def story(live: Live) -> None:
        stream = await live.stream("sara")
        for kind in (LiveKind.CALL_UPDATED, LiveKind.AGENT_UPDATED, LiveKind.PROMISE_UPDATED):
            await live.do(partial(announce, kind=kind, subject="gone"))
        await live.do(updated)
        assert (await stream.next()).data["call"]["id"] == "call_one"

    play(story)


def test_a_stream_is_never_kept_by_anybody_between(play: Play) -> None:
    async def story(live: Live) -> None:
        stream = await live.stream("ana")
        names = ("cache-control", "x-accel-buffering", "content-type")
        assert {name: stream.headers[name] for name in names} == {
            "cache-control": "no-store",
            "x-accel-buffering": "no",
            "content-type": "text/event-stream; charset=utf-8",
        }
        assert stream.raw.startswith("retry: ")

    play(story)


def test_silence_is_broken_by_comments(play: Play, clock: SetClock) -> None:
    async def story(live: Live) -> None:
        stream = await live.stream("ana")
        await skipping(clock, KEEPALIVE, lambda: not stream.silent())
        assert await stream.piece() == ": ping\n\n"

    play(story)


def test_clients_who_leave_leave_nothing_behind(play: Play) -> None:
    async def story(live: Live) -> None:
        for _ in range(20):
            async with streaming(live.app, live.secrets["ana"]):
                await live.do(updated)
        assert live.parts.hub.stream_count == 0

    play(story)


def test_one_stream_too_many_is_refused_and_there_is_room_again(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_hub, "MAX_STREAMS_PER_OWNER", 2)

    async def story(live: Live) -> None:
        hub = live.parts.hub
        async with streaming(live.app, live.secrets["ana"]), streaming(live.app, live.secrets["ana"]):
            with pytest.raises(TooMany):
                hub.check_room("ana")
            await live.stream("ben")
        while hub.streams("ana"):  # noqa: ASYNC110  (nothing tells when a stream has gone)
            await asyncio.sleep(0.01)
        await live.stream("ana")
        hub.max_streams = 2
        with pytest.raises(Unavailable):
            hub.check_room("sara")

    play(story)


def test_whoever_is_complained_of_gets_a_frame_of_their_own(play: Play) -> None:
    def complained(session: Session) -> None:
        session.get_one(Call, "call_one").customer_id = "cus_rosa"
        times: dict[str, Any] = {"opened_at": NOON, "due_at": NOON, "created_at": NOON}
        about: dict[str, Any] = {"about": "staff", "staff_id": "sara", "body": "Rude.", "search_text": "rude"}
        session.add(Complaint(id="cmp_1", customer_id="cus_rosa", **about, **times))

    async def story(live: Live) -> None:
        await live.do(complained)
        for order in (("sara", "ada", "ana"), ("ana", "ada", "sara")):
            streams = {who: await live.stream(who) for who in order}
            await live.do(updated)
            people = {who: (await stream.next()).data["customer"] for who, stream in streams.items()}
            counts = {who: person["open_complaints"] for who, person in people.items()}
            assert counts == {"sara": 0, "ada": 1, "ana": 1}

    play(story)


def test_what_is_hidden_from_somebody_is_announced_to_all_others(play: Play) -> None:
    def hidden(session: Session) -> None:
        announce(session, LiveKind.CALL_UPDATED, "call_one", to=["ana", "ben"], hidden_from="ana")

    async def story(live: Live) -> None:
        ana, ben, sara = [await live.stream(who) for who in ("ana", "ben", "sara")]
        await live.do(hidden)
        assert {(await stream.next()).kind for stream in (ben, sara)} == {"call.updated"}
        await asyncio.sleep(0.05)
        assert ana.silent()

    play(story)
