"""The desk is there at once: all of its scripts have run, and it hears live events."""

from pathlib import Path

from tests.browser import WIDE, chromium
from tests.demo.demo_process import start_demo

SOON = 1000  # ms until somebody can press something, on a desk with half a year behind it
TRIES = 5  # a machine at other work may be late: the quickest counts
INTERACTIVE = """() => {
  const [page] = performance.getEntriesByType("navigation");
  return document.documentElement.dataset.connection === "live" ? page.domContentLoadedEventEnd : null;
}"""


def test_a_desk_can_be_used_within_a_second(tmp_path: Path) -> None:
    with start_demo(tmp_path) as demo, chromium() as browser:
        page = browser.new_context(viewport=WIDE, locale="en-GB").new_page()  # type: ignore[arg-type]
        page.goto(f"{demo.url}/demo")
        page.locator('form[action="/demo/desk/sara"] button').click()
        page.wait_for_load_state()
        took = []
        for _ in range(TRIES):
            page.goto(f"{demo.url}/desk")
            took.append(page.wait_for_function(INTERACTIVE).json_value())
        assert min(took) <= SOON, took
        print(
            f"desk interactive after {min(took):.0f} ms (quickest of {TRIES}: {[round(ms) for ms in took]})"
        )
