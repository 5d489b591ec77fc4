"""How much a browser has to fetch before somebody can work: the first page and all it asks for."""

import gzip
import re
from urllib.parse import urljoin

import pytest

from tests.running_app import RunningApp
from tests.web.support.page_client import PageClient, sign_in

pytestmark = pytest.mark.engine("sqlite")

MOST = 200 * 1024
LINKED = re.compile(r'(?:href|src)="(/static/[^"]+)"')
IMPORTED = re.compile(r'(?:from|import)\s*\(?\s*"(\.[a-z/.-]+\.js)"')
SHEET_FONT = re.compile(r'url\("([^"]+)"\)')


def fetched(app: RunningApp, page: str) -> dict[str, int]:
    """By URL: the bytes of each file the page asks for, as they go over the wire."""
    sizes: dict[str, int] = {}
    waiting = LINKED.findall(page)
    while waiting:
        url = waiting.pop()
        if url in sizes:
            continue
        answer = app.client.get(url, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, url
        packed = answer.headers.get("content-encoding") == "gzip"
        sizes[url] = len(gzip.compress(answer.content)) if packed else len(answer.content)
        if ".js" in url and "/vendor/" not in url:
            waiting += [urljoin(url, name) for name in IMPORTED.findall(answer.text)]
        if ".css" in url:
            waiting += [urljoin(url, name) for name in SHEET_FONT.findall(answer.text)]
    return sizes


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_desk_with_all_it_needs_is_light(app: RunningApp, language: str) -> None:
    ana: PageClient = sign_in(app, "Ana Lane", language=language)
    page = ana.see("/desk")
    sizes = fetched(app, page)
    assert any("htmx" in url for url in sizes)
    assert any("desk.js" in url for url in sizes)
    assert any("woff2" in url for url in sizes) == (language == "fa")
    total = len(page.encode()) + sum(sizes.values())
    assert total <= MOST, sorted(sizes.items(), key=lambda one: -one[1])


def test_static_files_are_compressed_and_pages_with_secrets_are_not(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lane")
    page = ana.get("/desk", **{"Accept-Encoding": "gzip"})
    assert "content-encoding" not in page.headers
    sheet = LINKED.findall(page.text)[0]
    assert "immutable" in app.client.get(sheet).headers["cache-control"]
    styles = next(match for match in LINKED.findall(page.text) if ".css" in match)
    assert app.client.get(styles, headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"


def test_no_file_is_asked_for_under_two_addresses(app: RunningApp) -> None:
    page = sign_in(app, "Ana Lane", language="fa").see("/desk")
    files = [url.partition("?")[0] for url in fetched(app, page)]
    assert len(files) == len(set(files))
