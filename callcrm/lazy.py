"""Packages that only some settings or commands need: imported at their first use, and only by way of here.

`from callcrm.lazy import psycopg` gives a stand-in, which type checkers take for the package. Its first
attribute imports the package, so nothing evaluated at import may touch it: no base class, no default, no
decorator, and annotations stand in quotes. (A command's own modules come late by `cli/commands.py`.)
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import alembic.command
    import alembic.config
    import charset_normalizer
    import obstore.exceptions
    import obstore.store
    import psycopg
    import python_calamine
    import redis.asyncio

__all__ = [
    "alembic",
    "charset_normalizer",
    "is_imported",
    "obstore",
    "psycopg",
    "python_calamine",
    "redis",
]

# Each with the modules that its users name.
LAZY: Mapping[str, tuple[str, ...]] = {
    "alembic": ("alembic", "alembic.command", "alembic.config"),  # where the schema is not the newest
    "charset_normalizer": ("charset_normalizer",),  # files that are not in UTF-8
    "obstore": ("obstore", "obstore.exceptions", "obstore.store"),  # CALLCRM_RECORDINGS_URL=s3://…
    "psycopg": ("psycopg",),  # CALLCRM_DATABASE_URL=postgresql://…
    "python_calamine": ("python_calamine",),  # Excel workbooks
    "redis": ("redis", "redis.asyncio"),  # CALLCRM_REDIS_URL
}
# Imported by others wherever they are installed, for what we never do: colouring tracebacks on terminals
# (structlog, Mako), reloading (uvicorn). Taking them for absent saves every process 10 MB. Nothing here
# installs sniffio: httpx looks for it at every request, and a failed import is tried again each time.
ABSENT = ("pygments", "rich", "sniffio", "watchfiles")

for name in ABSENT:
    sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # to `import`, None is a missing module


class LazyPackage(ModuleType):
    """A stand-in for the first of these modules. The first attribute asked for imports them all."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        super().__init__(modules[0])
        self._modules = modules

    def __getattr__(self, attribute: str) -> Any:
        package, *_ = [import_module(module) for module in self._modules]
        value = getattr(package, attribute)
        setattr(self, attribute, value)  # so that the next time does not come here
        return value


def is_imported(package: str) -> bool:
    """Whether anybody has imported this package: before that, nothing can be an instance of its classes."""
    return sys.modules.get(package) is not None


def __getattr__(name: str) -> ModuleType:
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return LazyPackage(LAZY[name])
