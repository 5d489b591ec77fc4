"""The tiers among the settings, and one customer's, set by hand."""

from starlette.responses import Response

from callcrm.business import tiers as business_tiers
from callcrm.crm.tiers import tiers
from callcrm.customers import customers
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post


async def show(page: Page) -> Response:
    """The page: the tiers, the best first."""
    present = await page.read(business_tiers.get)
    return page.respond("tiers/tiers.html", tiers=tiers.shown(page.locale, present))


async def set_by_hand(page: Page) -> Response:
    """Sets the customer's tier by hand, or leaves it to the rules again."""
    code = str((await page.form()).get("tier", "")) or None
    runtime = page.services.runtime
    region, own = runtime.settings.default_region, runtime.own_numbers
    await page.write(
        lambda session: customers.update(
            session, page.id, {"tier": code}, region=region, own=own, now=page.now
        )
    )
    return page.redirect(f"/customers/{page.id}")


routes = of_module("tiers", [get("/settings/tiers", show), post("/customers/{id}/tier", set_by_hand)])
