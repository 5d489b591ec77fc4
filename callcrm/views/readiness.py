"""Whether this process can keep what it is told: the store takes writes, and the spool would."""

from pathlib import Path

from sqlalchemy import make_url, text
from sqlmodel import Session, col, select

from callcrm.base.files import nearest_folder, reason, write_fault
from callcrm.models import CarrierEvent
from callcrm.services import Services
from callcrm.store.migrations.schema import CORRUPT, RESTORE, check_revision
from callcrm.store.store import Store, StoreDown

DEADLINE = 1.0  # seconds


async def faults(services: Services) -> dict[str, str]:
    """Why each part that is down is down, by its name; empty where all is well."""
    down: dict[str, str] = {}
    if fault := await _store_fault(services):
        down["store"] = fault
    if error := await services.threads.run(write_fault, nearest_folder(services.settings.spool)):
        down["spool"] = f"The spool's folder can't be written ({reason(error)})."
    elif unreadable := services.spool.unreadable:
        down["spool"] = f"Spool files that can't be read: {len(unreadable)}, and the events in them wait."
    return down


async def _store_fault(services: Services) -> str | None:
    store = services.store
    try:
        await store.write(_check_writable, deadline=DEADLINE)
    except StoreDown as fault:
        if not store.corrupt:
            return str(fault)
    if store.corrupt:
        return f"{CORRUPT[:-1]}: {RESTORE}."
    return await services.threads.run(_disk_fault, store)


def _check_writable(session: Session) -> None:
    """Raises where the ledger can't be read, is another program's by now, or the database takes no writes."""
    connection = session.connection()
    connection.execute(select(col(CarrierEvent.id)).limit(1))
    check_revision(connection.connection.driver_connection)  # another program may have upgraded it meanwhile
    if connection.dialect.name == "sqlite":
        return
    # A standby, or a server set to read-only, as some do to themselves when the disk is full.
    if connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on":
        raise StoreDown("The store is read-only.")


def _disk_fault(store: Store) -> str | None:
    """Why SQLite's next commit would fail: it needs room, in the folder of its file, for the log."""
    if store.dialect != "sqlite":
        return None
    error = write_fault(Path(make_url(store.url).database or "").parent)
    return f"The store's folder can't be written ({reason(error)})." if error else None
