"""The demo as one ASGI app that can be restarted: one running demo after the other at the same address."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from callcrm.demo.app import CreateStore, DemoApp, create_store, running_demo
from callcrm.demo.host_check import HostCheck
from callcrm.ivr.flows.loader import Flows


class RestartableDemo:
    """Hands requests to the present demo; while the next one starts they wait for it."""

    def __init__(
        self, url: str, flows: Flows, routes: Sequence[BaseRoute], create_store: CreateStore
    ) -> None:
        self._run = partial(running_demo, url, flows, routes, create_store)
        self._present: asyncio.Future[DemoApp] | None = None
        self._end_present = asyncio.Event()
        self._stop = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one WebSocket."""
        assert self._present is not None, "the demo runs with its lifespan"
        demo = await asyncio.shield(self._present)  # one waiting request's end must not cancel it for all
        await demo.app(scope, receive, send)

    async def restart(self) -> DemoApp:
        """End every call and start a demo with a fresh store; that demo. Calls meanwhile get the same one."""
        assert self._present is not None, "the demo runs with its lifespan"
        if self._present.done():
            self._present = asyncio.get_running_loop().create_future()
            self._end_present.set()
        return await asyncio.shield(self._present)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run one demo after the other while the block runs; raises what kept the first from starting."""
        self._present = asyncio.get_running_loop().create_future()
        runner = asyncio.create_task(self._run_demos())
        await asyncio.wait((runner, self._present), return_when=asyncio.FIRST_COMPLETED)
        if runner.done():
            runner.result()
        try:
            yield
        finally:
            self._stop = True
            self._end_present.set()
            await runner

    async def _run_demos(self) -> None:
        while not self._stop:
            self._end_present.clear()
            async with self._run() as demo:
                demo.app.state.restart_demo = self.restart
                assert self._present is not None
                self._present.set_result(demo)
                await self._end_present.wait()


def demo_app(
    url: str, flows: Flows, routes: Sequence[BaseRoute], create_store: CreateStore = create_store
) -> Starlette:
    """The demo at this public URL; it runs with the app's lifespan."""
    demo = RestartableDemo(url, flows, routes, create_store)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with demo.running():
            yield

    return Starlette(
        routes=[Mount("/", demo)], middleware=[Middleware(HostCheck, url=url)], lifespan=lifespan
    )
