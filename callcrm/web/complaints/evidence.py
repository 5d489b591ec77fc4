"""Files of a complaint on its page: added, and looked at."""

from sqlmodel import Session
from starlette.responses import Response

from callcrm.crm.complaints import files, policy
from callcrm.crm.complaints.files import LARGEST
from callcrm.edge.files import complaint_files
from callcrm.edge.ranges import Unsatisfiable
from callcrm.models.crm.complaint import ComplaintFile
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post


async def add(page: Page) -> Response:
    """Adds a file, and answers with the list of all."""
    services, user = page.services, page.user.principal
    await complaint_files.check(services, page.id, user)
    upload = await page.upload()
    try:
        file = await complaint_files.stored(services, upload)
    finally:
        upload.close()

    def verb(session: Session) -> ComplaintFile:
        return files.add(session, page.id, file, by=user, now=page.now)

    row = await page.write(verb)
    return page.respond("complaints/page/_file.html", 201, file=row)


async def show(page: Page) -> Response:
    """A file, whole or a byte range."""
    name, user = str(page.request.path_params["file"]), page.user.principal
    try:
        return await complaint_files.response(page.request, page.services, page.id, name, user)
    except Unsatisfiable as fault:
        return Response(status_code=416, headers={"Content-Range": str(fault)})


routes = of_module(
    policy.NAME,
    [
        post("/complaints/{id}/files", add, upload=LARGEST),
        get("/complaints/{id}/files/{file}", show),
    ],
)
