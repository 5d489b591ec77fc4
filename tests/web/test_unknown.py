"""An address that leads nowhere: a page of ours for people, as docs/access.md says, and none for programs."""

from typing import Any

import pytest

from callcrm.simulator.wire.signature import sign
from tests.running import TOKEN
from tests.running_app import FORM, PUBLIC, RunningApp
from tests.web.support.page_client import page_text, sign_in

pytestmark = pytest.mark.engine("sqlite")

NOWHERE = (
    "/nothing",
    "/desk/nothing",
    "/calls/a/b/c/d",
    "/%D9%87%DB%8C%DA%86",
    "/apis",
    "/statics/x.css",
    "/demo",
)
ROLES = ("agent", "supervisor", "admin")


def is_ours(response: Any, status: int = 404) -> bool:
    """Whether this is a page of ours that may load nothing from elsewhere."""
    policy = response.headers["content-security-policy"]
    return (
        response.status_code == status
        and response.headers["content-type"].startswith("text/html")
        and "script-src 'self'" in policy
        and "frame-ancestors 'none'" in policy
        and response.headers["x-content-type-options"] == "nosniff"
    )


@pytest.mark.parametrize("path", NOWHERE)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_stranger_gets_a_page_with_the_way_in(app: RunningApp, method: str, path: str) -> None:
    response = app.client.request(method, path, follow_redirects=False)
    assert is_ours(response)
    assert 'href="/login"' in response.text
    assert "No page has this address." in page_text(response.text)


@pytest.mark.parametrize("role", ROLES)
def test_whoever_is_signed_in_keeps_the_frame_and_goes_on_from_there(app: RunningApp, role: str) -> None:
    someone = sign_in(app, f"The {role}", role)
    for response in (someone.get("/nothing"), someone.post("/nothing"), someone.put("/nothing")):
        assert is_ours(response)
        assert 'class="nav"' in response.text
        assert ("To the desk" if role == "agent" else "To the calls") in page_text(response.text)


def test_it_speaks_the_visitors_language(app: RunningApp) -> None:
    leila = sign_in(app, "Leila", language="fa")
    for page in (
        app.client.get("/nothing", headers={"Accept-Language": "fa-IR,fa;q=0.9"}).text,
        app.client.get("/nothing?lang=fa").text,
        leila.get("/nothing").text,
    ):
        assert 'dir="rtl"' in page
        assert "هیچ صفحه‌ای این نشانی را ندارد" in page


def test_head_is_answered_as_get_is(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lane")
    assert is_ours(app.client.head("/nothing"))
    assert is_ours(ana.head("/nothing"))


def test_a_part_that_is_asked_for_is_answered_as_a_part(app: RunningApp) -> None:
    response = sign_in(app, "Ana Lane").get("/nothing", **{"HX-Request": "true"})
    assert response.status_code == 404
    assert response.text.lstrip().startswith('<div class="empty" role="alert">')


def test_a_known_address_that_takes_no_such_method_says_which_it_takes(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lane")
    for response in (ana.post("/calls"), ana.put("/desk"), app.client.delete("/login")):
        assert is_ours(response, 405)
        assert "GET" in response.headers["allow"]
    assert "does not take what was sent to it" in page_text(ana.post("/calls").text)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/nothing", "application/problem+json"),
        ("/api/nothing", "text/plain"),
        ("/webhooks/nothing", "text/plain"),
        ("/static/nothing.css", "text/plain"),
    ],
)
@pytest.mark.parametrize("signed_in", [False, True])
def test_programs_get_no_page(app: RunningApp, path: str, kind: str, signed_in: bool) -> None:
    response = sign_in(app, "Ana Lane").get(path) if signed_in else app.client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith(kind)


def test_an_unknown_webhook_is_the_carriers_to_hear_of(app: RunningApp) -> None:
    path = "/webhooks/twilio/nothing"
    signed = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + path, []), "Content-Type": FORM}
    assert app.client.post(path).status_code == 403
    response = app.client.post(path, headers=signed)
    assert (response.status_code, response.headers["content-type"].split(";")[0]) == (404, "text/plain")


def test_it_asks_nothing_of_the_store_for_a_stranger_and_says_so_when_the_store_is_away(
    app: RunningApp,
) -> None:
    ana = sign_in(app, "Ana Lane")
    app.services.store.close()
    assert is_ours(app.client.get("/nothing"))
    assert is_ours(ana.get("/nothing"), 503)
