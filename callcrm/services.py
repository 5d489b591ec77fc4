"""The parts of the running app, as every edge may ask for them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from callcrm.base.clock import Clock
from callcrm.base.threads import Threads
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.media import MediaClient
from callcrm.carrier.rest import RestClient
from callcrm.config import Settings
from callcrm.crm.seams import SEAMS, Seams
from callcrm.jobs.backlog import Backlog
from callcrm.ledger.spool import Spool
from callcrm.live.hub import Hub
from callcrm.recordings.storage import Storage
from callcrm.store.store import Store

Listener = Callable[[list[object]], None]


@dataclass
class Services:
    """Everything an edge may ask for. `published`: who is told of what was committed."""

    settings: Settings
    clock: Clock
    threads: Threads
    runtime: CallRuntime
    store: Store
    spool: Spool
    hub: Hub
    rest_client: RestClient
    media: MediaClient
    storage: Storage
    backlog: Backlog
    seams: Seams = SEAMS
    published: list[Listener] = field(default_factory=list)
