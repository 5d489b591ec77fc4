"""`callcrm serve`: webhooks, desk and API in one process tree."""

import gc
import os
import shutil
import signal
import sys
from typing import Annotated

import structlog
import typer
import uvicorn
from starlette.applications import Starlette

from callcrm import config, logs
from callcrm.app import build
from callcrm.base.errors import Unavailable
from callcrm.cli.commands import group
from callcrm.cli.database import prepare
from callcrm.cli.output import fail
from callcrm.config import Settings, SettingsFault
from callcrm.ivr.flows.loader import load_flows

# Longer than the slowest call-flow answer; a stream that is still open then is cut.
GRACE_SECONDS = 5
GARBAGE = (10_000, 20, 100)

app = group()


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def settings_as_served(host: str, port: int) -> Settings:
    """The settings, all that `serve` needs among them; the public URL is where we listen, if not set."""
    settings = config.load_settings(to_serve=True)
    _make_data_dir(settings)
    if not settings.public_url:
        os.environ["CALLCRM_PUBLIC_URL"] = _address(host, port)  # the environment, for workers to inherit
        settings = config.load_settings(to_serve=True)
    return settings


def _make_data_dir(settings: Settings) -> None:
    """Without a store events can wait, without a place to wait in they can't."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise SettingsFault(
            [f"CALLCRM_DATA_DIR: {settings.data_dir} can't be used ({fault.strerror})"]
        ) from None
    if not os.access(settings.data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise SettingsFault([f"CALLCRM_DATA_DIR: {settings.data_dir} can't be written"])


def _prepare_store(settings: Settings) -> None:
    try:
        prepare(settings)
    except Unavailable:
        # Line-keeper: callers reach a human without a store, and events wait in the spool.
        structlog.get_logger().exception("serve.without_store")


def _count_together(settings: Settings) -> None:
    folder = settings.data_dir.absolute() / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def worker() -> Starlette:
    """The app in one of several workers."""
    logs.configure()
    return _built(config.load_settings())


def _built(settings: Settings) -> Starlette:
    app = build(settings)
    # Looking through everything for garbage stops every call for a quarter of a second where a thousand
    # screens watch: what is loaded now stays, and of the rest what is young is looked at.
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    return app


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
    settings = settings_as_served(host, port)
    if workers > 1 and settings.on_sqlite:
        reason = "SQLite has one writer, so --workers above 1 needs PostgreSQL (CALLCRM_DATABASE_URL)"
        raise typer.Exit(fail(reason, code=2))
    _prepare_store(settings)
    if workers > 1:
        load_flows(settings.flows, settings.zone)  # a broken flow stops us here, not each worker anew
        _count_together(settings)
    # uvicorn drains, then hands the signal on to this handler: a stop that was asked for is a success.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _run(settings, host, port, workers)
    except SystemExit as stop:
        raise typer.Exit(1 if stop.code else 0) from None  # uvicorn's own codes are none of ours


def _run(settings: Settings, host: str, port: int, workers: int) -> None:
    uvicorn.run(
        _built(settings) if workers == 1 else "callcrm.cli.serve:worker",
        factory=workers > 1,
        host=host,
        port=port,
        workers=workers,
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # signatures are checked against the public URL, never against headers
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
