"""The HTML edge: what agents and supervisors see and press. One file a page."""

from starlette.routing import BaseRoute

from callcrm.web import assets
from callcrm.web.calls import call, calls, player
from callcrm.web.customers import customer, customers, form
from callcrm.web.desk import (
    call_panel,
    click_to_call,
    customer_card,
    desk,
    identify,
    live_stream,
    notes_panel,
    pop_reasons,
    receipts,
    sidebar,
    waiting,
    wrap_up,
)
from callcrm.web.notes import autosave, notes
from callcrm.web.parts import parts
from callcrm.web.promises import promises
from callcrm.web.search import search
from callcrm.web.session import account, login, set_password
from callcrm.web.settings import numbers, queues, users

PAGES = (
    login,
    account,
    set_password,
    numbers,
    queues,
    users,
    desk,
    call_panel,
    notes_panel,
    notes,
    autosave,
    wrap_up,
    sidebar,
    customer_card,
    identify,
    waiting,
    live_stream,
    receipts,
    pop_reasons,
    parts,
    player,
    calls,
    call,
    customers,
    form,
    customer,
    click_to_call,
    search,
    promises,
)
routes: list[BaseRoute] = [assets.route, *(route for page in PAGES for route in page.routes)]
