"""The HTML edge: what agents and supervisors see and press. One file a page."""

from starlette.routing import BaseRoute

from callcrm.desk import (
    assets,
    autosave,
    board,
    card,
    choose,
    closing,
    customer,
    customer_form,
    customers,
    desk,
    events,
    login,
    me,
    notes,
    pad,
    parts,
    rail,
    receipts,
    recordings,
    ring,
    set_password,
    stage,
)

PAGES = (
    login,
    me,
    set_password,
    desk,
    stage,
    pad,
    notes,
    autosave,
    closing,
    rail,
    card,
    choose,
    board,
    events,
    receipts,
    parts,
    recordings,
    customers,
    customer_form,
    customer,
    ring,
)
routes: list[BaseRoute] = [assets.route, *(route for page in PAGES for route in page.routes)]
