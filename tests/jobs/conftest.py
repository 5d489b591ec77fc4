"""The fixture of a call that both we and the carrier know."""

import pytest
from sqlmodel import Session

from callcrm.agents import users
from callcrm.calls.runtime import build_runtime
from callcrm.config import load_settings
from callcrm.ivr.flows.model import Flows
from callcrm.store.store import Store
from tests.clocks import SetClock
from tests.jobs.carrier_world import SARA, SETTINGS, World


@pytest.fixture
def world(store: Store, clock: SetClock) -> World:
    def verb(session: Session) -> str:
        return users.add_user(session, "sara@example.com", "agent", "Sara", SARA, None, clock.now()).id

    noon, sara = clock.now(), store.write_now(verb)
    clock.advance(600)
    return World(store, build_runtime(load_settings(SETTINGS), Flows()), clock, sara, noon)
