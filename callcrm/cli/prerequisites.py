"""What commands need before they can work: the prepared store, and the carrier account."""

from collections.abc import Iterator
from contextlib import contextmanager

from callcrm.base.errors import Refused
from callcrm.cli.clock_and_threads import clock, threads
from callcrm.config import Settings, SettingsFault
from callcrm.store import migrate
from callcrm.store.store import Store


def prepare_store(settings: Settings) -> None:
    """Bring a SQLite store to the newest schema; Refused if PostgreSQL has an old one."""
    if settings.on_sqlite:
        migrate.upgrade(settings.database, clock)
    elif not migrate.is_current(settings.database, clock):
        raise Refused("the database has an old schema: run `callcrm migrate` first")


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """The prepared store, closed at the end of the block."""
    prepare_store(settings)
    store = Store(settings.database, clock, threads, guest=True)
    try:
        yield store
    finally:
        store.close()


def require_carrier_account(settings: Settings) -> None:
    """Raise SettingsFault, a line for each setting of the carrier account that is missing."""
    account = {"TWILIO_ACCOUNT_SID": settings.account_sid, "TWILIO_AUTH_TOKEN": settings.auth_token}
    missing = [f"{name}: not set (the carrier account)" for name, value in account.items() if not value]
    if missing:
        raise SettingsFault(missing)
