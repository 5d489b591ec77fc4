"""The composition root: the one place that knows every service and every edge."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route

from callcrm import api, ops, web
from callcrm.background import background_work
from callcrm.base.clock import Clock, SystemClock
from callcrm.base.threads import SystemThreads, Threads
from callcrm.calls import call_ended
from callcrm.calls.runtime import CallRuntime, build_runtime
from callcrm.carrier.media import open_media_client
from callcrm.carrier.rest import open_rest_client
from callcrm.carrier.rest_transport import open_http
from callcrm.config import Settings
from callcrm.crm.seams import SEAMS, Seams
from callcrm.customers import linking
from callcrm.edge.path_prefix import PathPrefix
from callcrm.ivr.flows.configured import load_configured_flows
from callcrm.ivr.flows.model import Flows
from callcrm.jobs.backlog import Backlog
from callcrm.ledger.spool import Spool
from callcrm.live.bus import open_bus
from callcrm.live.hub import Hub
from callcrm.messages import receive
from callcrm.middleware import ClientDisconnects, SecurityHeaders, WebhookMetrics
from callcrm.paths import webhook_routes
from callcrm.recordings.storage_factory import open_storage
from callcrm.services import CommitListener, Services
from callcrm.shutdown import on_stop_signal
from callcrm.store.store import Store
from callcrm.web.context import WebContext
from callcrm.web.not_found import unknown_address
from callcrm.web.security import over_tls
from callcrm.web.softphone import NO_SOFTPHONE, SIMULATOR

SOFTPHONES = {driver.name: driver for driver in (NO_SOFTPHONE, SIMULATOR)}


def build(
    settings: Settings,
    clock: Clock | None = None,
    flows: Flows | None = None,
    *,
    threads: Threads | None = None,
    framed: bool = False,
    background: bool = True,
    seams: Seams = SEAMS,
) -> Starlette:
    """The application, whose services run as long as its lifespan; FlowFault if a flow fails its proof.

    `framed` lets our pages show each other in a frame. Without `background` it answers requests alone: no job
    and no periodic work runs, and no spooled event is taken in.
    """
    clock, threads = clock or SystemClock(), threads or SystemThreads()
    runtime = build_runtime(settings, flows or load_configured_flows(settings))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            services = await stack.enter_async_context(
                running_services(settings, runtime, clock, threads, seams)
            )
            if background:
                await stack.enter_async_context(background_work(services))
            app.state.services = services
            app.state.web = WebContext(services, softphone=SOFTPHONES[settings.softphone], framed=framed)
            yield

    routes = [*webhook_routes(), *api.routes, *ops.routes, *web.routes]
    app = Starlette(
        routes=routes,
        middleware=[
            *_path_prefix(settings, routes),
            Middleware(SecurityHeaders, hsts=settings.hsts if over_tls(settings) else "off"),
            Middleware(WebhookMetrics, clock=clock),
            Middleware(ClientDisconnects),
        ],
        exception_handlers={404: unknown_address, 405: unknown_address},
        lifespan=lifespan,
    )
    # Its own redirects trust the Host header and lead to http behind a proxy: see web/not_found.py.
    app.router.redirect_slashes = False
    return app


def _path_prefix(settings: Settings, routes: list[BaseRoute]) -> list[Middleware]:
    if not settings.path_prefix:
        return []
    names = {route.path.split("/")[1] for route in routes if isinstance(route, Mount | Route)}
    return [Middleware(PathPrefix, prefix=settings.path_prefix, names=names)]


@asynccontextmanager
async def running_services(
    settings: Settings, runtime: CallRuntime, clock: Clock, threads: Threads, seams: Seams = SEAMS
) -> AsyncIterator[Services]:
    """Runs the services; on the way out each finishes what it has begun, store and spool last."""
    async with AsyncExitStack() as stack:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        spool = Spool(settings.spool, clock, threads)
        stack.callback(spool.close)
        hub = Hub(clock, open_bus(settings.database, settings.redis_url, clock))
        commit_listeners: list[CommitListener] = [hub.on_commit]
        store = Store(settings.database, clock, threads, on_commit=partial(_publish, commit_listeners))
        stack.callback(store.close)
        http = await stack.enter_async_context(open_http())
        services = Services(
            settings=settings,
            clock=clock,
            threads=threads,
            runtime=runtime,
            store=store,
            spool=spool,
            hub=hub,
            rest_client=open_rest_client(settings, clock, http),
            media=open_media_client(settings, clock, threads),
            storage=open_storage(settings, threads),
            commit_listeners=commit_listeners,
            backlog=Backlog((call_ended.JOB, linking.JOB, receive.RECEIVED_JOB), clock),
            seams=seams,
        )
        await stack.enter_async_context(hub.running(store))
        stack.enter_context(on_stop_signal(hub.close))
        yield services


def _publish(listeners: list[CommitListener], events: list[object]) -> None:
    for listener in listeners:
        listener(events)
