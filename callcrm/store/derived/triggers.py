"""What is derived from the rows, whoever writes them: search entries, which triggers note as due, and each
customer's last touch, which they keep.

Triggers are no part of a revision: one that rebuilds a table takes its triggers along. `remove` and `install`
stand around every upgrade.
"""

from collections.abc import Iterable
from typing import Any

from callcrm.store.derived import last_touch, search_postgres, search_sqlite

_SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
_POSTGRES_TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
)


def remove(driver: Any, *, on_sqlite: bool) -> None:
    """Drops the triggers, so that tables can be rebuilt or filled in bulk; what they derived stays."""
    if on_sqlite:
        _run(driver, search_sqlite.removal(driver))
    else:
        removal = search_postgres.removal(_tables(driver, on_sqlite=on_sqlite))
        _run(driver, (*removal, *last_touch.POSTGRES_REMOVAL))


def install(driver: Any, *, on_sqlite: bool) -> None:
    """Creates the triggers, and SQLite's index."""
    tables = _tables(driver, on_sqlite=on_sqlite)
    if on_sqlite:
        _run(driver, (*search_sqlite.installation(tables), *last_touch.SQLITE_INSTALLATION))
    else:
        _run(driver, (*search_postgres.installation(tables), *last_touch.POSTGRES_INSTALLATION))


def fill(driver: Any, *, on_sqlite: bool) -> None:
    """Derives everything anew; the triggers must be installed once before."""
    tables = _tables(driver, on_sqlite=on_sqlite)
    filling = (search_sqlite if on_sqlite else search_postgres).filling(tables)
    _run(driver, (*filling, *last_touch.FILLING))


def _tables(driver: Any, *, on_sqlite: bool) -> set[str]:
    """The tables there are: before the last revision, fewer than the models have."""
    names = _SQLITE_TABLES if on_sqlite else _POSTGRES_TABLES
    return {name for (name,) in driver.execute(names).fetchall()}


def _run(driver: Any, statements: Iterable[str]) -> None:
    for sql in statements:
        driver.execute(sql)
