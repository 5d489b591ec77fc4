"""The services of the running app, as its edges get them."""

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

CommitListener = Callable[[list[object]], None]


@dataclass
class Services:
    """What edges use. `commit_listeners` get the events of each commit, in the store's threads."""

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
    commit_listeners: list[CommitListener] = field(default_factory=list)
