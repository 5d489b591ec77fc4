"""`callcrm serve`: webhooks, desk and API in one process tree."""

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
from callcrm.cli.say import fail
from callcrm.config import Settings
from callcrm.ivr.flow import load_flows

# Longer than the slowest call-flow answer; a stream that is still open then is cut.
GRACE_SECONDS = 5

app = group()


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def settings_as_served(host: str, port: int) -> Settings:
    """The settings, all that `serve` needs among them; the public URL is where we listen, if not set."""
    settings = config.load()
    config.required_by_serve(settings)
    if not settings.public_url:
        os.environ["CALLCRM_PUBLIC_URL"] = _address(host, port)  # the environment, for workers to inherit
        settings = config.load()
    return settings


def _prepare_store(settings: Settings) -> None:
    try:
        prepare(settings)
    except (Unavailable, OSError):
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
    return build(config.load())


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
    uvicorn.run(
        build(settings) if workers == 1 else "callcrm.cli.serve:worker",
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
