"""Where the folders beside the package are: in a checkout at its top, in a wheel inside the package."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from starlette.routing import BaseRoute

PACKAGE = Path(__file__).resolve().parent
INSTALLED = (PACKAGE / "webhooks").is_dir()


def folder(name: str) -> Path:
    """The folder `ivr_flows`, `templates` or `webhooks`, wherever it was put."""
    return PACKAGE / name if INSTALLED else PACKAGE.parent / name


def webhook_routes() -> Sequence[BaseRoute]:
    """The carrier's routes; an ImportError if another distribution owns the name `webhooks`."""
    module = import_module("callcrm.webhooks" if INSTALLED else "webhooks")
    found = Path(str(module.__file__)).resolve().parent
    if found != folder("webhooks"):
        raise ImportError(f"another distribution owns the name 'webhooks': {found}")
    return tuple(module.routes)
