"""The services of the running app, as its edges get them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from callcrm.base.clock import Clock
from callcrm.base.threads import Threads
from callcrm.business.hours import business_hours
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.media import MediaClient
from callcrm.carrier.rest import RestClient
from callcrm.config import Settings
from callcrm.crm.seams import SEAMS, Seams
from callcrm.i18n.locale import LANGUAGES, Locale
from callcrm.ivr.flows.hours import Hours
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

    @cached_property
    def locales(self) -> Mapping[str, Locale]:
        """The languages we speak, by code, in the business's zone and region."""
        zone, region, now = self.settings.zone, self.settings.default_region, self.clock.now
        return {language: Locale(language, zone, region, now) for language in LANGUAGES}

    @property
    def hours(self) -> Hours:
        """When the business is open: the hours of the flow that answers its first number."""
        return business_hours(self.runtime.flows, self.settings.numbers)
