"""What every response says to the browser, and where redirects lead."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from tests.clocks import SetClock
from tests.http_scope import http_scope
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import PageClient, sign_in

pytestmark = pytest.mark.one_engine
PATHS = (
    "/login",
    "/healthz",
    "/metrics",
    "/api/v1/calls",
    "/api/v1/openapi.json",
    "/nowhere",
    "/webhooks/twilio/voice",
)


@pytest.mark.parametrize("path", ["/calls/", "/login/", "/settings/users/", "/login///", "/customers/?q=1"])
def test_a_slash_too_many_leads_to_the_page_and_nowhere_else(app: RunningApp, path: str) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}
    response = app.client.get(path, headers=headers, follow_redirects=False)
    plain, _, query = path.partition("?")
    expected = plain.rstrip("/") + (f"?{query}" if query else "")
    assert (response.status_code, response.headers["location"]) == (308, expected)


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/",
        "//evil.example/login/",
        "/\\evil.example/",
        "/nowhere/",
        "/healthz/",
        "/api/v1/calls/",
    ],
)
def test_no_slash_leads_to_another_host(app: RunningApp, path: str) -> None:
    response = app.client.get("http://calls.example.test" + path, follow_redirects=False)
    assert response.status_code in (401, 404), response.headers
    assert "location" not in response.headers


@pytest.mark.parametrize("path", ["//evil.example/", "//evil.example/login/"])
def test_no_slash_leads_to_another_host_where_a_route_takes_any_path(app: RunningApp, path: str) -> None:
    def nowhere(_request: Request) -> Response:
        raise HTTPException(404)

    app.asgi.router.routes.append(Route("/{rest:path}", nowhere))
    response = app.client.get("http://calls.example.test" + path, follow_redirects=False)
    assert (response.status_code, response.headers.get("location")) == (404, None)


@pytest.mark.parametrize("path", ["/login/", "/logout/", "/webhooks/twilio/voice/", "/api/v1/calls/"])
def test_what_is_posted_to_a_slash_too_many_is_not_sent_on(app: RunningApp, path: str) -> None:
    response = app.client.post(path, follow_redirects=False)
    assert response.status_code in (401, 403, 404, 405)
    assert "location" not in response.headers


@pytest.mark.parametrize("path", PATHS)
def test_every_response_keeps_other_sites_out(app: RunningApp, path: str) -> None:
    headers = app.client.get(path).headers
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "microphone=(self)" in headers["permissions-policy"]


@pytest.mark.parametrize(
    ("setting", "public_url", "expected"),
    [
        ("", "https://calls.example.test", "max-age=31536000"),
        ("host", "https://calls.example.test", "max-age=31536000"),
        ("subdomains", "https://calls.example.test", "max-age=31536000; includeSubDomains"),
        ("off", "https://calls.example.test", None),
        ("subdomains", "http://calls.example.test", None),
    ],
)
def test_https_is_asked_for_as_far_as_set(
    tmp_path: Path, clock: SetClock, setting: str, public_url: str, expected: str | None
) -> None:
    more = {"CALLCRM_PUBLIC_URL": public_url, **({"CALLCRM_HSTS": setting} if setting else {})}
    settings = settings_for(f"sqlite:///{tmp_path}/x.sqlite3", tmp_path, **more)
    with open_app(settings, clock, background=False) as app:
        assert app.client.get("/healthz").headers.get("strict-transport-security") == expected


@pytest.mark.parametrize(
    "path", ["/login", "/webhooks/twilio/voice", "/api/v1/calls", "/set-password/x", "/notes/x"]
)
def test_a_body_that_breaks_off_is_no_error(
    app: RunningApp, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = sign_in(app, "Ana")
    status, raised = asyncio.run(broken_off(app, path, client))
    assert raised is None
    assert status is None or status < 500
    assert [record for record in caplog.records if record.levelname == "ERROR" or record.exc_info] == []


async def broken_off(
    app: RunningApp, path: str, client: PageClient
) -> tuple[int | None, BaseException | None]:
    """The status of a request whose body ends in the middle, and what it raised."""
    sent: list[Any] = []
    messages = iter(
        [{"type": "http.request", "body": b"email=a", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {
        "content-type": "application/json"
        if path.startswith("/api")
        else "application/x-www-form-urlencoded",
        "authorization": app.authorization["Authorization"],
        "cookie": f"__Host-callcrm={client.cookie}",
        "content-length": "1000",
    }
    scope = http_scope("PUT" if path.startswith("/notes") else "POST", path, headers)
    with capture_logs() as logs:
        try:
            future = app.client.portal
            assert future is not None
            await asyncio.to_thread(future.call, app.asgi, scope, receive, send)
        except BaseException as fault:
            return None, fault
    assert [line for line in logs if line["log_level"] == "error"] == []
    return next((message["status"] for message in sent if "status" in message), None), None
