"""Reports of the page's script: receipts of pops, and the lease of its softphone."""

from functools import partial

from starlette.responses import Response

from callcrm.agents import softphone
from callcrm.base.errors import NotFound
from callcrm.calls import pops
from callcrm.web.page import Page
from callcrm.web.routes import post

GONE = ("false", "no", "0")


async def save_receipt(page: Page) -> Response:
    """Records that the agent's latest pop of the call was delivered to the page, or seen."""
    kind = page.request.path_params["kind"]
    if kind not in pops.RECEIPTS:
        raise NotFound("There is no such receipt.")
    verb = partial(
        pops.record_receipt,
        call_id=page.id,
        agent_id=page.user.user_id,
        kind=kind,
        now=page.services.clock.now(),
    )
    await page.write(verb)
    return Response(status_code=204)


async def renew_softphone(page: Page) -> Response:
    """Renews the lease of the agent's softphone, or ends it."""
    gone = (await page.form()).get("up") in GONE
    verb = softphone.unregister if gone else softphone.register
    await page.write(partial(verb, agent_id=page.user.user_id, now=page.now))
    return Response(status_code=204)


routes = [
    post("/desk/pops/{id}/{kind}", save_receipt, keeps_session=False),
    post("/desk/softphone", renew_softphone, keeps_session=False),
]
