"""The demo answers this machine alone: a name that leads here from a foreign page opens nothing."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from callcrm.demo.host_check import HostCheck
from callcrm.demo.server import demo_app
from callcrm.ivr.flows.model import Flows

URL = "http://127.0.0.1:8000"


def client() -> TestClient:
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("in"), methods=["GET", "POST"])])
    return TestClient(HostCheck(app, URL), base_url=URL)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000", "[::1]:8000"])
def test_this_machine_is_let_in(host: str) -> None:
    assert client().get("/", headers={"Host": host}).text == "in"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8000",
        "127.0.0.1.evil.example:8000",
        "127.0.0.1:9000",
        "localhost",
        "127.0.0.1",
        "",
        "0.0.0.0:8000",
    ],
)
def test_a_foreign_name_is_not(host: str) -> None:
    response = client().get("/", headers={"Host": host})
    assert response.status_code == 421
    assert URL in response.text


def test_the_demo_itself_looks_at_the_host() -> None:
    response = TestClient(demo_app(URL, Flows(), []), base_url="http://evil.example:8000").get("/demo")
    assert response.status_code == 421


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://127.0.0.1:8000", 200), ("http://evil.example", 403), ("http://[", 403), ("null", 200)],
)
def test_a_foreign_page_signs_nobody_in(origin: str, status: int) -> None:
    assert client().post("/", headers={"Origin": origin}).status_code == status


def test_a_foreign_page_opens_no_socket() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(*_: object) -> None:
        raise AssertionError("it was let in")

    headers = [(b"host", b"127.0.0.1:8000"), (b"origin", b"http://evil.example")]
    asyncio.run(HostCheck(app, URL)({"type": "websocket", "headers": headers}, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]
