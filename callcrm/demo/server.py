"""The demo as one ASGI app that can start afresh: a life of it after the other at the same address."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from callcrm.demo.app import DemoApp, running_demo
from callcrm.ivr.flows.loader import Flows


class Demo:
    """Hands requests to the present life; while the next one begins they wait."""

    def __init__(self, url: str, flows: Flows, routes: Sequence[BaseRoute]) -> None:
        self._url, self._flows, self._routes = url, flows, routes
        self._life: asyncio.Future[DemoApp] | None = None
        self._again = asyncio.Event()
        self._stop = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one WebSocket."""
        assert self._life is not None, "the demo runs with its lifespan"
        life = await asyncio.shield(self._life)
        await life.app(scope, receive, send)

    async def afresh(self) -> DemoApp:
        """End every call and begin with a fresh store; the life with that store."""
        assert self._life is not None, "the demo runs with its lifespan"
        if self._life.done():
            self._life = asyncio.get_running_loop().create_future()
            self._again.set()
        return await asyncio.shield(self._life)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Lives follow each other for as long as the block."""
        self._life = asyncio.get_running_loop().create_future()
        keeper = asyncio.create_task(self._keep())
        await asyncio.wait((keeper, self._life), return_when=asyncio.FIRST_COMPLETED)
        if keeper.done():
            keeper.result()  # raises what kept the first life from beginning
        try:
            yield
        finally:
            self._stop = True
            self._again.set()
            await keeper

    async def _keep(self) -> None:
        while not self._stop:
            self._again.clear()
            async with running_demo(self._url, self._flows, self._routes) as life:
                life.app.state.afresh = self.afresh
                assert self._life is not None
                self._life.set_result(life)
                await self._again.wait()


def demo_app(url: str, flows: Flows, routes: Sequence[BaseRoute]) -> Starlette:
    """The demo at this public URL, alive with its lifespan."""
    demo = Demo(url, flows, routes)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with demo.running():
            yield

    return Starlette(routes=[Mount("/", demo)], lifespan=lifespan)
