"""Take the pictures of README and docs from the running demo, into docs/pictures.

    python scripts/pictures.py [--check | --into FOLDER]

Needs Debian's chromium. The people in them are the demo's, all of them invented. `--check` takes none, and
fails if pages have changed since they were taken; `--into` takes them elsewhere, to see that it can be done.
"""

import argparse
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import picture_sources
from playwright.sync_api import Browser, FrameLocator, Page, sync_playwright

PROGRAMS = ("chromium-headless-shell", "chromium")
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
NOTE = "Duvet cover still missing; the bag had two pillow cases only. Ring her back before noon."


@contextmanager
def demo() -> Iterator[str]:
    """The demo, started afresh; its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-m", "callcrm", "demo", "--port", port]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  (our own command)
    try:
        assert process.stdout is not None
        next(line for line in process.stdout if "Ctrl-C" in line)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def sit(browser: Browser, url: str, who: str, size: dict[str, int], theme: str = "light") -> Page:
    """The demo page at somebody's desk."""
    context = browser.new_context(viewport=size, color_scheme=theme, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{url}/demo")
    page.locator(f'form[action="/demo/desk/{who}"] button').click()
    page.wait_for_load_state()
    page.locator("#aloud").uncheck(force=True)
    return page


def desk_of(page: Page) -> FrameLocator:
    """The desk in its frame."""
    return page.frame_locator("#desk iframe")


def call(page: Page, caller: str, *keys: str) -> None:
    """Call as somebody, pressing a key at each menu."""
    page.select_option("#caller", caller)
    caption = page.locator("#caption").inner_text()
    page.click("#call")
    for key in keys:
        page.wait_for_function("said => document.querySelector('#caption').innerText !== said", arg=caption)
        caption = page.locator("#caption").inner_text()
        page.locator(f'[data-key="{key}"]').click()


def take(page: Page, folder: Path, name: str) -> None:
    """One picture, once nothing moves any more."""
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / f"{name}.png")


def in_english(browser: Browser, url: str, folder: Path) -> None:
    """A whole call: the pop, the call, the history."""
    page = sit(browser, url, "sara", WIDE)
    alone = page.context.new_page()
    alone.goto(f"{url}/desk")
    call(page, "mina", "1", "1")
    desk_of(page).locator("#main.ringing").wait_for()
    take(page, folder, "demo")
    take(alone, folder, "desk-ringing")
    desk_of(page).locator('[data-act="answer"]').click()
    alone.locator("#notes-panel").get_by_text(re.compile("This call")).wait_for()
    alone.locator("#notes-panel textarea:visible").first.press_sequentially(NOTE)
    take(alone, folder, "desk-call")
    page.click("#hangup")
    alone.locator("#main.wrap").wait_for()
    alone.wait_for_timeout(3000)
    path = str(alone.locator('#main a[href^="/customers/"]').first.get_attribute("href"))
    alone.goto(url + "/".join(path.split("/")[:3]))  # the link may lead to a page about the customer
    take(alone, folder, "customer")
    alone.locator('.entry a[href^="/calls/"]').first.click()
    take(alone, folder, "call")
    page.context.close()


def for_supervisors(browser: Browser, url: str, folder: Path) -> None:
    """The list of calls, and settings, in the dark."""
    page = sit(browser, url, "grace", WIDE, "dark")
    page.goto(f"{url}/calls")
    take(page, folder, "calls-dark")
    page.context.close()


def in_persian(browser: Browser, url: str, folder: Path) -> None:
    """A call in Persian, on a wide screen and on a telephone."""
    page = sit(browser, url, "leila", WIDE)
    alone = page.context.new_page()
    alone.goto(f"{url}/desk")
    narrow = page.context.new_page()
    narrow.set_viewport_size(NARROW)  # type: ignore[arg-type]
    narrow.goto(f"{url}/desk")
    call(page, "persian", "2", "1")
    alone.locator("#main.ringing").wait_for()
    take(alone, folder, "desk-fa")
    take(narrow, folder, "desk-fa-narrow")
    page.context.close()


def check() -> int:
    """1 if a picture is older than its page, 0 if none is."""
    outdated = picture_sources.outdated()
    if outdated:
        sys.stderr.write(f"older than their pages: {', '.join(outdated)}. Run `make pictures`\n")
    return 1 if outdated else 0


def take_all(folder: Path) -> None:
    """All of them, into a folder."""
    folder.mkdir(exist_ok=True, parents=True)
    with demo() as url, sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, PROGRAMS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for story in (in_english, for_supervisors, in_persian):
            story(browser, url, folder)
        browser.close()


def main() -> int:
    """What the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--into", type=Path)
    options = parser.parse_args()
    if options.check:
        return check()
    take_all(options.into or picture_sources.PICTURES)
    if not options.into:
        picture_sources.record()
    return 0


if __name__ == "__main__":
    sys.exit(main())
