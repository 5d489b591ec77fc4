"""Pages and parts of pages, kept as somebody got them, each a document that a checker of HTML can read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.web.support.incoming_call import HTMX
from tests.web.support.page_client import PageClient

PARTIAL = re.compile(r"<hx-partial\s[^>]*target=\"([^\"]+)\"[^>]*>(.*?)</hx-partial>", re.DOTALL)
DOCUMENT = (
    '<!doctype html><html lang="en"><head><title>A part</title></head><body><h1>A part</h1>{}</body></html>'
)
COUNT, ROW, ITEM = "<a href='#x'><span>{}</span></a>", "<table><tbody>{}</tbody></table>", "<ul>{}</ul>"
# What a part is put into, by its path or its target's id; anything else is put into a <div>.
WRAPPERS = {
    r"^/promises/late$|^#late$": COUNT,
    r"^/calls/[^/]+/row$": "<form id='chosen'></form>" + ROW,
    r"^/settings/queues/": ROW,
    r"^/promises/|^/calls/[^/]+/promises$": ITEM,
}


@dataclass(frozen=True, slots=True)
class HtmlDocument:
    """A whole page, or a part with what it stands in put around it."""

    name: str
    html: str


@dataclass
class HtmlCollector:
    """Gathers in `drawn` what one visitor gets."""

    visitor: PageClient
    who: str
    drawn: list[HtmlDocument]

    def get(self, path: str, *, part: bool = False) -> None:
        """The answer to a GET."""
        self._keep(f"GET {path}", path, self.visitor.get(path, **(HTMX if part else {})))

    def post(self, path: str, fields: dict[str, Any] | None = None, *, part: bool = False) -> None:
        """The answer to a form."""
        self._keep(f"POST {path}", path, self.visitor.post(path, fields, **(HTMX if part else {})))

    def _keep(self, name: str, path: str, response: Any) -> None:
        assert response.status_code != 500, (self.who, name)
        if response.headers.get("content-type", "").startswith("text/html"):
            place = path if response.status_code < 400 else ""  # a fault is put beside what it is about
            self.drawn += html_documents(f"{self.who}: {name} {response.status_code}", place, response.text)


def html_documents(name: str, path: str, html: str) -> Iterator[HtmlDocument]:
    """A page as it is; of a part each piece in its place, for htmx puts them in different ones."""
    if html.lstrip().lower().startswith("<!doctype"):
        yield HtmlDocument(name, html)
        return
    for target, inner in PARTIAL.findall(html):
        yield HtmlDocument(f"{name} {target}", DOCUMENT.format(_wrapper_for(target).format(inner)))
    rest = PARTIAL.sub("", html).strip()
    if rest:
        yield HtmlDocument(name, DOCUMENT.format(_wrapper_for(path.partition("?")[0]).format(rest)))


def _wrapper_for(path: str) -> str:
    return next((place for shape, place in WRAPPERS.items() if re.search(shape, path)), "<div>{}</div>")
