"""Who sits where in the demo: a browser comes back to its seat, and no call waits at one that was left."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from callcrm.demo import sign_in
from callcrm.demo.sample_data.people import AGENTS, STAFF, StaffMember
from callcrm.models import Agent, AgentState, Presence, User
from callcrm.store.store import Store
from tests.demo.demo_process import Demo, text_of
from tests.shop import NOON

pytestmark = pytest.mark.engine("sqlite")
LATER = NOON + timedelta(minutes=5)
SARA, OMAR, LEILA, GRACE = STAFF


@pytest.fixture
def staff(store: Store) -> Store:
    """A store with the demo's staff, all agents on a break."""

    def add(session: Session) -> None:
        for member in STAFF:
            row = User(id=member.id, email=member.email, name=member.name, role=member.role, created_at=NOON)
            row.number, row.language = member.number, member.language
            session.add(row)
        session.flush()
        session.add_all(Agent(id=agent.id, state=AgentState.BREAK, since=NOON) for agent in AGENTS)

    store.write_now(add)
    return store


def sits_down(store: Store, member: StaffMember, now: datetime = NOON) -> None:
    """A browser signs in as this colleague, never having been here."""
    store.write_now(lambda session: sign_in.sign_in(session, member, None, "tests", now))


def has_page(store: Store, member: StaffMember) -> None:
    """A page of this colleague's is open."""
    row = Presence(process="p", user_id=member.id, until=LATER + timedelta(seconds=18))
    store.write_now(lambda session: session.add(row))


def has_softphone(store: Store, member: StaffMember) -> None:
    """A softphone of this colleague's is open."""
    until = LATER + timedelta(seconds=18)
    store.write_now(lambda session: setattr(session.get_one(Agent, member.id), "softphone_until", until))


def free_seat(store: Store, language: str = "en", before: StaffMember | None = None) -> str:
    """Where the next browser sits down, five minutes later."""
    return store.read_now(lambda session: sign_in.free_seat(session, before, language, LATER)).slug


def state_of(store: Store, member: StaffMember) -> str:
    """The state of an agent."""
    return store.read_now(lambda session: session.get_one(Agent, member.id)).state


def test_a_seat_whose_page_was_closed_is_free_again(staff: Store) -> None:
    sits_down(staff, SARA)
    assert free_seat(staff) == "sara"


@pytest.mark.parametrize("is_there", [has_page, has_softphone])
def test_a_seat_with_an_open_page_is_taken(
    staff: Store, is_there: Callable[[Store, StaffMember], None]
) -> None:
    sits_down(staff, SARA)
    is_there(staff, SARA)
    assert free_seat(staff) == "omar"


def test_a_seat_somebody_is_on_their_way_to_is_taken(staff: Store) -> None:
    sits_down(staff, SARA, LATER - timedelta(seconds=5))
    assert free_seat(staff) == "omar"


@pytest.mark.parametrize(("language", "slug"), [("en", "sara"), ("fa", "leila")])
def test_a_browser_sits_down_where_its_language_is_spoken(staff: Store, language: str, slug: str) -> None:
    assert free_seat(staff, language) == slug


@pytest.mark.parametrize("before", STAFF, ids=lambda member: member.slug)
def test_a_browser_comes_back_to_its_seat(staff: Store, before: StaffMember) -> None:
    has_page(staff, SARA)
    assert free_seat(staff, "en", before) == before.slug


def test_no_call_rings_at_a_seat_whose_page_was_closed(staff: Store) -> None:
    sits_down(staff, SARA)
    assert state_of(staff, SARA) == "available"
    sits_down(staff, OMAR, LATER)
    assert (state_of(staff, SARA), state_of(staff, OMAR)) == ("break", "available")


def test_calls_go_on_to_ring_at_a_seat_with_an_open_page(staff: Store) -> None:
    sits_down(staff, SARA)
    has_page(staff, SARA)
    sits_down(staff, OMAR, LATER)
    assert (state_of(staff, SARA), state_of(staff, OMAR)) == ("available", "available")


def test_a_supervisor_leaves_the_agents_at_their_phones(staff: Store) -> None:
    sits_down(staff, SARA)
    sits_down(staff, GRACE, LATER)
    assert state_of(staff, SARA) == "available"


def test_what_language_a_seat_had_goes_with_whoever_chose_it(staff: Store) -> None:
    sits_down(staff, SARA)
    staff.write_now(lambda session: sign_in.set_language(session, SARA.id, "fa"))
    sits_down(staff, SARA, LATER)
    assert staff.read_now(lambda session: session.get_one(User, SARA.id)).language == "en"


def test_a_second_browser_at_a_desk_changes_no_language(staff: Store) -> None:
    sits_down(staff, SARA)
    has_page(staff, SARA)
    staff.write_now(lambda session: sign_in.set_language(session, SARA.id, "fa"))
    sits_down(staff, SARA, LATER)
    assert staff.read_now(lambda session: session.get_one(User, SARA.id)).language == "fa"


def test_starting_afresh_leaves_everybody_where_they_sit(demo: Demo) -> None:
    with demo.client("leila") as leila, demo.client("omar") as omar:
        assert leila.post("/demo/restart", timeout=60).status_code == 303
        # The others' pages come back by themselves, in any order, with nothing but their cookies.
        assert "Sit down as Omar Vance" in text_of(demo.get_page(omar, "/demo?lang=en"))
        assert 'aria-current="true"><bdi>Leila' in demo.get_page(leila, "/demo")


def test_starting_afresh_leaves_the_language_one_chose(demo: Demo) -> None:
    with demo.client("omar") as omar:
        omar.post("/demo/language", data={"language": "fa"})
        assert omar.post("/demo/restart", timeout=60).status_code == 303
        assert '<html lang="fa"' in demo.get_page(omar, "/demo")
