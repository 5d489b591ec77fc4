"""A search is posted, kept and redirected to: no address has its words, and Back leads to its results."""

from collections.abc import Mapping
from functools import partial

from starlette.responses import Response

from callcrm.agents.browser import kept_searches
from callcrm.web.page import Page


async def redirect_to_search(page: Page, path: str, fields: Mapping[str, str]) -> Response:
    """A redirect to the page of this search, below `path`."""
    keep = partial(
        kept_searches.keep, session_id=page.user.session_id, path=path, fields=fields, now=page.now
    )
    return page.redirect(f"{path}/{await page.write(keep)}")


async def kept_search(page: Page, path: str) -> Mapping[str, str] | None:
    """The fields of the search this page is of; None if it is not kept, or another session's."""
    find = partial(kept_searches.find, session_id=page.user.session_id, path=path, key=page.id, now=page.now)
    return await page.read(find)
