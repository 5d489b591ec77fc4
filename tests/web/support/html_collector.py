"""Collects pages and parts of pages as users get them, as whole documents for an HTML checker."""

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
HISTORY = "<section><h2>History</h2>{}</section>"
# The elements around a part, by its path or its target's id; any other part is put into a <div>.
WRAPPERS = {
    r"^/promises/late$|^#late$": COUNT,
    r"^/calls/[^/]+/row$": "<form id='chosen'></form>" + ROW,
    r"^/settings/queues/": ROW,
    r"^/customers/[^/]+/history": HISTORY,
    r"^/promises/|^/calls/[^/]+/promises$": ITEM,
}


@dataclass(frozen=True, slots=True)
class HtmlDocument:
    """A whole page, or a part with the elements around it that make it one."""

    name: str
    html: str


@dataclass
class HtmlCollector:
    """Appends to `documents` the HTML that one client gets; `label` begins their names."""

    client: PageClient
    label: str
    documents: list[HtmlDocument]

    def get(self, path: str, *, part: bool = False) -> None:
        """Collects the response to a GET; with `part`, as htmx sends it."""
        self._keep(f"GET {path}", path, self.client.get(path, **(HTMX if part else {})))

    def post(self, path: str, fields: dict[str, Any] | None = None, *, part: bool = False) -> None:
        """Collects the response to a form; with `part`, as htmx sends it."""
        response = self.client.post(path, fields, **(HTMX if part else {}))
        self._keep(f"POST {path}", path, response)
        address = response.headers.get("location", "")
        if address.startswith(f"{path}/"):  # of a search
            self._keep(f"GET {path}/{{id}}", address, self.client.get(address))

    def _keep(self, name: str, path: str, response: Any) -> None:
        assert response.status_code != 500, (self.label, name)
        if response.headers.get("content-type", "").startswith("text/html"):
            # htmx puts an error beside its form; a refused row of the queues comes in its own place.
            in_place = response.status_code < 400 or path.startswith("/settings/queues/")
            target = path if in_place else ""
            self.documents += html_documents(
                f"{self.label}: {name} {response.status_code}", target, response.text
            )


def html_documents(name: str, path: str, html: str) -> Iterator[HtmlDocument]:
    """A page as it is; of a part each `hx-partial` by itself, for htmx swaps them into different targets."""
    if html.lstrip().lower().startswith("<!doctype"):
        yield HtmlDocument(name, html)
        return
    for target, inner in PARTIAL.findall(html):
        yield HtmlDocument(f"{name} {target}", DOCUMENT.format(_wrapper_for(target).format(inner)))
    rest = PARTIAL.sub("", html).strip()
    if rest:
        yield HtmlDocument(name, DOCUMENT.format(_wrapper_for(path.partition("?")[0]).format(rest)))


def _wrapper_for(path: str) -> str:
    return next((html for pattern, html in WRAPPERS.items() if re.search(pattern, path)), "<div>{}</div>")
