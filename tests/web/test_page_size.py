"""The bytes a browser fetches for the desk: the page and all its files."""

import gzip
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from callcrm.web.assets import asset, version
from tests.running_app import RunningApp
from tests.web.support.page_client import PageClient, sign_in

pytestmark = pytest.mark.engine("sqlite")

MOST_BYTES = 200 * 1024
LINK = re.compile(r'(?:href|src)="(/static/[^"]+)"')
IMPORT = re.compile(r'(?:from|import)\s*\(?\s*"(\.[a-z/.-]+\.js)"')
FONT = re.compile(r'url\("([^"]+)"\)')


def fetched_sizes(app: RunningApp, page: str) -> dict[str, int]:
    """The compressed bytes of each file that the page loads, by URL."""
    sizes: dict[str, int] = {}
    queue = LINK.findall(page)
    while queue:
        url = queue.pop()
        if url in sizes:
            continue
        response = app.client.get(url, headers={"Accept-Encoding": "gzip"})
        assert response.status_code == 200, url
        compressed = response.headers.get("content-encoding") == "gzip"
        sizes[url] = len(gzip.compress(response.content)) if compressed else len(response.content)
        if ".js" in url and "/vendor/" not in url:
            queue += [urljoin(url, name) for name in IMPORT.findall(response.text)]
        if ".css" in url:
            queue += [urljoin(url, name) for name in FONT.findall(response.text)]
    return sizes


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_desk_with_all_its_files_is_at_most_200_kb(app: RunningApp, language: str) -> None:
    ana: PageClient = sign_in(app, "Ana Lane", language=language)
    page = ana.get_page("/desk")
    sizes = fetched_sizes(app, page)
    assert any("htmx" in url for url in sizes)
    assert any("desk.js" in url for url in sizes)
    assert any("woff2" in url for url in sizes) == (language == "fa")
    total = len(page.encode()) + sum(sizes.values())
    assert total <= MOST_BYTES, sorted(sizes.items(), key=lambda item: -item[1])


def test_static_files_are_compressed_and_pages_with_secrets_are_not(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lane")
    page = ana.get("/desk", **{"Accept-Encoding": "gzip"})
    assert "content-encoding" not in page.headers
    sheet = LINK.findall(page.text)[0]
    assert "immutable" in app.client.get(sheet).headers["cache-control"]
    styles = next(match for match in LINK.findall(page.text) if ".css" in match)
    assert app.client.get(styles, headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"


def test_each_file_is_compressed_once(app: RunningApp, monkeypatch: pytest.MonkeyPatch) -> None:
    compressed: list[bytes] = []
    monkeypatch.setattr(zlib, "compressobj", spied(zlib.compressobj, compressed))
    monkeypatch.setattr(gzip, "compress", spied(gzip.compress, compressed))
    urls = [asset(name) for name in ("vendor/htmx.js", "css/shared/components.css", "vendor/icons.svg")]
    for url in urls * 5:
        answer = app.client.get(url, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.content == app.client.get(url, headers={"Accept-Encoding": "identity"}).content
    assert len(compressed) <= len(urls)


def spied(function: Callable[..., Any], calls: list[Any]) -> Callable[..., Any]:
    def counted(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        return function(*arguments, **options)

    return counted


@pytest.mark.parametrize("name", ["vendor/common-passwords.txt", "js", ""])
def test_what_is_not_for_browsers_is_served_to_nobody(app: RunningApp, name: str) -> None:
    assert app.client.get(f"/static/{name}").status_code == 404
    assert app.client.get(f"/static/{version()}/{name}").status_code == 404


def test_a_compressed_file_answers_conditions_and_ranges(app: RunningApp) -> None:
    url = asset("vendor/htmx.js")
    whole = app.client.get(url, headers={"Accept-Encoding": "gzip"})
    again = {"Accept-Encoding": "gzip", "If-None-Match": whole.headers["etag"]}
    assert app.client.get(url, headers=again).status_code == 304
    part = app.client.get(url, headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, whole.content[:10])
    head = app.client.head(url, headers={"Accept-Encoding": "gzip"})
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole.content)))


def test_no_file_is_fetched_under_two_urls(app: RunningApp) -> None:
    page = sign_in(app, "Ana Lane", language="fa").get_page("/desk")
    files = [url.replace(f"/{version()}", "") for url in fetched_sizes(app, page)]
    assert len(files) == len(set(files))


def test_whatever_a_page_fetches_may_be_cached_for_ever_imports_and_fonts_too(app: RunningApp) -> None:
    page = sign_in(app, "Ana Lane", language="fa").get_page("/desk")
    urls = list(fetched_sizes(app, page))
    assert len(urls) > 20
    assert [url for url in urls if "immutable" not in app.client.get(url).headers["cache-control"]] == []


@pytest.mark.parametrize("folder", ["", "0123456789ab/"])
def test_a_file_under_another_name_is_served_and_cached_for_no_time(app: RunningApp, folder: str) -> None:
    """A page of an earlier version, still open, gets its files."""
    response = app.client.get(f"/static/{folder}js/desk/desk.js")
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-cache")


def test_the_version_is_that_of_names_and_contents(tmp_path: Path) -> None:
    versions = set()
    for number, (name, content) in enumerate((("a", "bc"), ("ab", "c"), ("a", "bd"))):
        folder = tmp_path / str(number)
        (folder / "js").mkdir(parents=True)
        (folder / "js" / name).write_text(content)
        versions.add(version(folder))
    assert len(versions) == 3


@pytest.mark.parametrize(
    "path", ["js/nothing.js", f"{version()}/js/nothing.js", f"{version()}/..%2fweb/page.py"]
)
def test_what_is_no_file_is_not_found(app: RunningApp, path: str) -> None:
    assert app.client.get(f"/static/{path}").status_code == 404
