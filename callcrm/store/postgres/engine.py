"""How PostgreSQL is connected to, and what a failed connection means for the others."""

import hashlib
import os
from typing import Any

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.pool import NullPool

from callcrm.base.clock import Clock
from callcrm.store.errors import StoreDown, translate_error

RECONNECT_PAUSE = 0.5  # seconds after a failed connection during which no other is tried
# Seconds, milliseconds for tcp_user_timeout. A host that is gone must be noticed: by itself TCP gives up
# after a quarter of an hour.
CONNECT_ARGS = {
    "connect_timeout": 3,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}


def open_engine(url: str) -> Engine:
    """An engine on the server that leaves transactions to its user."""
    return create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",  # SQLAlchemy sends no BEGIN or COMMIT of its own
        connect_args={**CONNECT_ARGS, **certificates(url)},
        use_native_hstore=False,  # or each new connection begins with a query for a type we do not use
    )


def certificates(url: str) -> dict[str, Any]:
    """The file of certificates to check the server with, where the URL asks for a check and names none:
    SSL_CERT_FILE, which libpq does not know. Where no check is asked for, naming one would begin it.
    """
    query = make_url(url).query
    file = os.environ.get("SSL_CERT_FILE", "")
    named = "sslrootcert" in query or "PGSSLROOTCERT" in os.environ
    mode = query.get("sslmode") or os.environ.get("PGSSLMODE", "")
    return {"sslrootcert": file} if file and not named and mode in ("verify-ca", "verify-full") else {}


def advisory_lock_key(name: str) -> int:
    """The key of the advisory lock with this name: a signed 64-bit number, the same in every process."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


class Outage:
    """Shared by the threads: after one failed to connect, the others fail at once instead of trying too."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = clock.monotonic()
        self._fault = StoreDown()

    def check(self) -> None:
        """The fault of the last failure, within half a second of it."""
        if self._clock.monotonic() < self._until:
            raise type(self._fault)(
                str(self._fault)
            )  # raising it would write to a traceback that others read

    def start(self, error: BaseException) -> None:
        """Records why a connection could not be made."""
        fault = translate_error(error)
        self._fault = fault if isinstance(fault, StoreDown) else StoreDown("The store can't be reached.")
        self._until = self._clock.monotonic() + RECONNECT_PAUSE
