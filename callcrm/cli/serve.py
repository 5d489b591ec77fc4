"""`callcrm serve`: webhooks, desk and API in one process tree."""

import gc
import os
import shutil
import signal
import socket
import sys
from typing import Annotated

import structlog
import typer
import uvicorn
from starlette.applications import Starlette

from callcrm import config, logs
from callcrm.app import build
from callcrm.base.errors import Refused, Unavailable, fault_fields
from callcrm.base.files import reason
from callcrm.base.processes import raise_file_limit
from callcrm.cli.checks.contradictions import contradictions
from callcrm.cli.checks.doubts import doubts, misspelled
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_failure
from callcrm.cli.prerequisites import prepare_store
from callcrm.config import Settings, SettingsFault
from callcrm.edge.server.protocol import BoundedProtocol
from callcrm.ivr.flows.configured import load_configured_flows
from callcrm.store.migrations.schema import EncodingFault

# Longer than the slowest call-flow response; a stream that is still open then is cut.
GRACE_SECONDS = 5
GC_THRESHOLDS = (10_000, 20, 100)

app = command_group()


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def load_serve_settings(host: str, port: int) -> Settings:
    """The settings, checked for all that `serve` needs; an unset public URL becomes where we listen."""
    settings = config.load_settings(to_serve=True)
    _make_data_dir(settings)
    if not settings.public_url:
        os.environ["CALLCRM_PUBLIC_URL"] = _url(host, port)  # the environment, for workers to inherit
        settings = config.load_settings(to_serve=True)
    _check_consistency(settings, host, port)
    return settings


def _check_consistency(settings: Settings, host: str, port: int) -> None:
    """Raise SettingsFault if settings contradict each other; log what is probably not meant."""
    if faults := contradictions(settings):
        raise SettingsFault([fault.line for fault in faults])
    for doubt in (*doubts(settings, host=host, port=port), *misspelled()):
        structlog.get_logger().warning("serve.doubtful_setting", setting=doubt.variable, cause=doubt.cause)


def _make_data_dir(settings: Settings) -> None:
    """Make the data directory, or raise SettingsFault: without a store events wait in its spool."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsFault(
            [f"CALLCRM_DATA_DIR: {settings.data_dir} can't be used ({error.strerror})"]
        ) from None
    if not os.access(settings.data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise SettingsFault([f"CALLCRM_DATA_DIR: {settings.data_dir} can't be written"])


def _check_port(host: str, port: int) -> None:
    """Raise Refused if we can't listen there: said now, before a store is made or upgraded."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
                probe.listen(1)  # with SO_REUSEADDR two may bind, but only one may listen
    except OSError as error:
        cause = f"port {port} of {host} can't be had ({reason(error)})"
        raise Refused(f"{cause}: see --host and --port") from None


def _prepare_store(settings: Settings) -> None:
    """Bring the schema up to date. Whatever prevents it, serve all the same: callers reach a human without a
    store, and events wait in the spool. Only Refused ends it: a schema to be upgraded by command, or a
    database that is not UTF-8.
    """
    try:
        prepare_store(settings)
    except Refused:
        raise
    except EncodingFault as fault:
        raise Refused(str(fault)) from None
    except Exception as fault:
        log = structlog.get_logger()
        if isinstance(fault, Unavailable):
            log.error("serving callers without the store", **fault_fields(fault))
        else:
            log.exception("serving callers without the store")


def _share_metrics(settings: Settings) -> None:
    """Have all workers count in one folder, so that /metrics adds them up; what it held before is stale."""
    folder = settings.data_dir.absolute() / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def worker() -> Starlette:
    """The app of one of several worker processes: uvicorn's factory."""
    logs.configure()
    return _build_app(config.load_settings())


def _build_app(settings: Settings) -> Starlette:
    BoundedProtocol.clock = clock
    app = build(settings)
    leave_garbage()
    return app


def leave_garbage() -> None:
    """Collects less of it. A full collection stops every call for a quarter of a second where a thousand
    screens watch. So what is loaded now is left out of it, and the rest is collected fully only now and then.
    """
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes; more than one needs PostgreSQL.")
    ] = 1,
) -> None:
    """Run webhooks, desk and API in one process tree. SIGTERM drains."""
    logs.configure()
    raise_file_limit()
    settings = load_serve_settings(host, port)
    if workers > 1 and settings.on_sqlite:
        reason = "SQLite has one writer, so --workers above 1 needs PostgreSQL (CALLCRM_DATABASE_URL)"
        raise typer.Exit(print_failure(reason, code=2))
    _check_port(host, port)
    # Until the server drains. Raised here, an exit would be lost inside a callback of the garbage collector.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    _prepare_store(settings)
    if workers > 1:
        load_configured_flows(settings)  # a broken flow stops us here, not each worker anew
        _share_metrics(settings)
    app = _build_app(settings) if workers == 1 else "callcrm.cli.serve:worker"
    # uvicorn drains, then raises the signal again: a requested stop exits with 0.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _run(app, host, port, workers)
    except SystemExit as stop:
        raise typer.Exit(1 if stop.code else 0) from None  # any failure is 1: uvicorn has codes of its own


def _run(app: Starlette | str, host: str, port: int, workers: int) -> None:
    uvicorn.run(
        app,
        factory=workers > 1,
        host=host,
        port=port,
        workers=workers,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # signatures are checked against the public URL, never against headers
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
