"""A browser that disconnects in the middle of a request causes no error."""

from typing import Any

from tests.running_app import RunningApp
from tests.web.support.page_client import sign_in


def test_a_client_that_disconnects_while_sending_is_not_an_error(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lane")
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        messages.append(message)

    headers = [
        (b"cookie", f"__Host-callcrm={ana.cookie}".encode()),
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-length", b"40"),
        (b"host", b"calls.example.test"),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/desk/state",
        "raw_path": b"/desk/state",
        "headers": headers,
        "query_string": b"",
        "scheme": "https",
        "http_version": "1.1",
        "server": ("calls.example.test", 443),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }

    async def request() -> None:
        await app.asgi(scope, receive, send)

    assert app.client.portal is not None
    app.client.portal.call(request)
    assert messages[0]["status"] == 400
