"""New questions from outside, said on the desk as they come."""

from functools import partial

from starlette.responses import Response

from callcrm.views.desk.questions import new_questions
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module


async def questions(page: Page) -> Response:
    """The new ones, as banners."""
    rows = await page.read(partial(new_questions, agent_id=page.user.user_id, now=page.now))
    return page.respond("forms/_questions.html", questions=rows)


routes = of_module("forms", [get("/desk/questions", questions, keeps_session=False)])
