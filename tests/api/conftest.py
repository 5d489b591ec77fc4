"""What tests of the API share: the API over a real store, and people with tokens."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from callcrm import api
from callcrm.store.store import Store
from tests.api.support.office import Office, Parts
from tests.clocks import SetClock


@pytest.fixture
def parts(store: Store, clock: SetClock, tmp_path: Path) -> Parts:
    """The parts of the house the API needs."""
    return Parts(store, clock, tmp_path)


@pytest.fixture
def office(parts: Parts) -> Iterator[Office]:
    """The API, with Ana and Ben who are agents, Sara who supervises and Ada who administers."""
    app = Starlette(routes=api.routes)
    app.state.services = parts
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Office(client, parts)
