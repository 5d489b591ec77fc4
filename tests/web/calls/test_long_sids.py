"""A compatible carrier's SIDs have up to 64 printable characters: wherever an id is taken, they are one."""

import pytest

from tests.running_app import RunningApp
from tests.web.support.page_client import sign_in

pytestmark = pytest.mark.one_engine

SIDS = ["v3:" + "k" * 61, "k" * 41, "a~b!c.d-e_f" * 4, "CA" + "0" * 32]


@pytest.mark.parametrize("sid", SIDS)
def test_a_long_sid_names_its_call_everywhere(app: RunningApp, sid: str) -> None:
    app.rings(sid)
    call = app.get(f"/calls/{sid}")
    assert call["carrier_sid"] == sid
    assert app.get(f"/calls/{call['id']}")["id"] == call["id"]
    assert app.send("POST", f"/calls/{sid}/notes", {"body": "a note"}).status_code == 201
    assert app.send("PATCH", f"/calls/{sid}", {"disposition": "sold"}).status_code == 200
    assert app.get("/calls", q="x")["items"] == []
    page = sign_in(app, "Sue", "supervisor")
    for path in (f"/calls/{sid}", f"/calls/{sid}/row", f"/calls/{sid}/details"):
        assert page.get(path).status_code in (200, 303), path
    assert page.post(f"/calls/{sid}/notes", {"body": "another"}).status_code in (200, 303)


@pytest.mark.parametrize("path", ["/calls", "/promises", "/customers", "/messages"])
def test_a_filter_takes_as_long_an_id(app: RunningApp, path: str) -> None:
    for name in ("customer", "agent", "owner", "queue"):
        response = app.send("GET", f"{path}?{name}={'k' * 64}")
        assert response.status_code in (200, 404), (name, response.text)


@pytest.mark.parametrize("path", ["/calls/{}", "/recordings/{}/media", "/customers/{}", "/promises/{}"])
def test_an_unknown_id_of_any_length_is_not_found(app: RunningApp, path: str) -> None:
    for ident in ("k" * 41, "k" * 64, "k" * 65, "k" * 500):
        assert app.send("GET", path.format(ident)).status_code == 404
