"""What triggers derive from the rows, whoever writes them: search entries, and each customer's last touch.

Triggers are no part of a revision: one that rebuilds a table takes its triggers along. `remove` and `install`
stand around every upgrade.
"""

from collections.abc import Iterable
from typing import Any

from callcrm.store.derived import last_touch, search_postgres, search_sqlite


def remove(driver: Any, *, on_sqlite: bool) -> None:
    """Drops the triggers, so that tables can be rebuilt or filled in bulk; what they derived stays."""
    if on_sqlite:
        _run(driver, search_sqlite.removal(driver))
    else:
        _run(driver, (*search_postgres.REMOVAL, *last_touch.POSTGRES_REMOVAL))


def install(driver: Any, *, on_sqlite: bool) -> None:
    """Creates the triggers, and SQLite's index."""
    if on_sqlite:
        _run(driver, (*search_sqlite.INSTALLATION, *last_touch.SQLITE_INSTALLATION))
    else:
        _run(driver, (*search_postgres.INSTALLATION, *last_touch.POSTGRES_INSTALLATION))


def fill(driver: Any, *, on_sqlite: bool) -> None:
    """Derives everything anew; the triggers must be installed once before."""
    _run(driver, (*(search_sqlite if on_sqlite else search_postgres).FILLING, *last_touch.FILLING))


def _run(driver: Any, statements: Iterable[str]) -> None:
    for sql in statements:
        driver.execute(sql)
