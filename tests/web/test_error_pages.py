"""Unknown paths and wrong methods: a page of ours for people, as docs/access.md says, none for programs."""

from typing import Any

import pytest

from callcrm.simulator.wire.signature import sign
from tests.running import TOKEN
from tests.running_app import FORM, PUBLIC, RunningApp
from tests.web.support.page_client import page_text, sign_in

pytestmark = pytest.mark.engine("sqlite")

UNKNOWN_PATHS = (
    "/nothing",
    "/desk/nothing",
    "/calls/a/b/c/d",
    "/%D9%87%DB%8C%DA%86",
    "/apis",
    "/statics/x.css",
    "/demo",
)
ROLES = ("agent", "supervisor", "admin")


def is_own_page(response: Any, status: int = 404) -> bool:
    """Whether this is our own error page of this status, with its security headers."""
    policy = response.headers["content-security-policy"]
    return (
        response.status_code == status
        and response.headers["content-type"].startswith("text/html")
        and "script-src 'self'" in policy
        and "frame-ancestors 'none'" in policy
        and response.headers["x-content-type-options"] == "nosniff"
    )


@pytest.mark.parametrize("path", UNKNOWN_PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_anonymous_request_gets_a_page_with_a_link_to_the_login(
    app: RunningApp, method: str, path: str
) -> None:
    response = app.client.request(method, path, follow_redirects=False)
    assert is_own_page(response)
    assert 'href="/login"' in response.text
    assert "No page has this address." in page_text(response.text)


@pytest.mark.parametrize("role", ROLES)
def test_a_signed_in_user_gets_the_page_with_its_navigation(app: RunningApp, role: str) -> None:
    client = sign_in(app, f"The {role}", role)
    for response in (client.get("/nothing"), client.post("/nothing"), client.put("/nothing")):
        assert is_own_page(response)
        assert 'class="nav"' in response.text
        assert ("To the desk" if role == "agent" else "To the calls") in page_text(response.text)


def test_the_page_is_in_the_users_language(app: RunningApp) -> None:
    leila = sign_in(app, "Leila", language="fa")
    for page in (
        app.client.get("/nothing", headers={"Accept-Language": "fa-IR,fa;q=0.9"}).text,
        app.client.get("/nothing?lang=fa").text,
        leila.get("/nothing").text,
    ):
        assert 'dir="rtl"' in page
        assert "هیچ صفحه‌ای این نشانی را ندارد" in page


def test_head_is_answered_like_get(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lane")
    assert is_own_page(app.client.head("/nothing"))
    assert is_own_page(ana.head("/nothing"))


def test_an_htmx_request_gets_a_part(app: RunningApp) -> None:
    response = sign_in(app, "Ana Lane").get("/nothing", **{"HX-Request": "true"})
    assert response.status_code == 404
    assert response.text.lstrip().startswith('<div class="empty" role="alert">')


def test_a_wrong_method_gets_405_and_the_allowed_ones(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lane")
    for response in (ana.post("/calls"), ana.put("/desk"), app.client.delete("/login")):
        assert is_own_page(response, 405)
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
def test_api_webhook_and_static_paths_get_no_page(
    app: RunningApp, path: str, kind: str, signed_in: bool
) -> None:
    response = sign_in(app, "Ana Lane").get(path) if signed_in else app.client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith(kind)


def test_an_unknown_webhook_is_404_only_for_signed_requests(app: RunningApp) -> None:
    path = "/webhooks/twilio/nothing"
    headers = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + path, []), "Content-Type": FORM}
    assert app.client.post(path).status_code == 403
    response = app.client.post(path, headers=headers)
    assert (response.status_code, response.headers["content-type"].split(";")[0]) == (404, "text/plain")


def test_an_anonymous_request_needs_no_store_and_a_session_without_one_is_503(
    app: RunningApp,
) -> None:
    ana = sign_in(app, "Ana Lane")
    app.services.store.close()
    assert is_own_page(app.client.get("/nothing"))
    assert is_own_page(ana.get("/nothing"), 503)
