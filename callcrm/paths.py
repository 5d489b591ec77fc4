"""Where the folders beside the package are: at the top of a checkout, inside the package in a wheel."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from starlette.routing import BaseRoute

PACKAGE = Path(__file__).resolve().parent
INSTALLED = (PACKAGE / "webhooks").is_dir()


def folder(name: str) -> Path:
    """The path of `ivr_flows`, `templates` or `webhooks`."""
    return PACKAGE / name if INSTALLED else PACKAGE.parent / name


def webhook_routes() -> Sequence[BaseRoute]:
    """The carrier's routes; an ImportError if another distribution owns the name `webhooks`."""
    module = import_module("callcrm.webhooks" if INSTALLED else "webhooks")
    location = Path(str(module.__file__)).resolve().parent
    if location != folder("webhooks"):
        raise ImportError(f"another distribution owns the name 'webhooks': {location}")
    return tuple(module.routes)
