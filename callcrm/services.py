"""The parts of the running house, as every edge may ask for them."""

from dataclasses import dataclass, field

from callcrm.base.clock import Clock
from callcrm.calls.house import House
from callcrm.carrier.rest import Gateway
from callcrm.config import Settings
from callcrm.jobs.runner import Runner
from callcrm.ledger.spool import Spool
from callcrm.live.hub import Hub
from callcrm.recordings.storage import Storage
from callcrm.store.door import Store


@dataclass
class Services:
    """Everything an edge may ask for. `faults` is what keeps the house from being ready, name to cause."""

    settings: Settings
    clock: Clock
    house: House
    store: Store
    spool: Spool
    hub: Hub
    gateway: Gateway
    storage: Storage
    runner: Runner
    faults: dict[str, str] = field(default_factory=dict)
