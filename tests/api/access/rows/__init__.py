"""The access matrix of the nouns' endpoints: a file for each noun.

`ROWS` has, by method and path, the body and what an agent, a supervisor and an administrator are answered;
`IDEMPOTENT` the templates of those that take an Idempotency-Key, with their methods.
"""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

ALL = (200, 200, 200)
CREATED = (201, 201, 201)
GONE = (404, 404, 404)
SUPERVISORS = (403, 200, 200)
Rows = dict[tuple[str, str], tuple[object, tuple[int, int, int]]]


def _modules() -> list[ModuleType]:
    return [import_module(module.name) for module in iter_modules(__path__, f"{__name__}.")]


def noun_rows() -> Rows:
    """The rows of all nouns."""
    return {key: row for module in _modules() for key, row in module.ROWS.items()}


def noun_idempotent() -> set[tuple[str, str]]:
    """The nouns' endpoints that take an Idempotency-Key."""
    return {pair for module in _modules() for pair in module.IDEMPOTENT}
