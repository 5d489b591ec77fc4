"""The page about the first day is true: every sentence of its steps is done in a browser, in its order."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from callcrm.demo.sample_data.people import PASSWORD, STAFF
from tests.browser import WIDE, chromium
from tests.clocks import CLOCK
from tests.demo.demo_process import Demo
from tests.demo.demo_thread import HastyClock, demo_in_thread

PAGE = (Path(__file__).parents[2] / "docs" / "first-day.md").read_text(encoding="utf-8")
FILE = re.compile(r"^Save this as `([^`]+)`.*?^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^\d+\. (.*?)(?=^\d+\. |^#|^```|\Z)", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"^At (the telephone|the desk|Grace's|a visitor's): ")
SENTENCE = re.compile(r"(?:[^.`*]|`[^`]*`|\*\*[^*]*\*\*)+\.\s*")
MINUTE = 60


@dataclass
class Day:
    """Who sits where, and what the page has them do."""

    phone: Page
    grace: Page
    visitor: Page
    files: dict[str, Path]
    where: str = "Grace's"

    @property
    def page(self) -> Page:
        """The page of the place, which the desk is a frame of."""
        return {"Grace's": self.grace, "a visitor's": self.visitor}.get(self.where, self.phone)

    @property
    def here(self) -> Page | FrameLocator:
        """Where one looks and presses."""
        return self.phone.frame_locator("#desk iframe") if self.where == "the desk" else self.page

    def press(self, name: str) -> None:
        """A button or link of this name, the first that is seen."""
        pattern = re.compile(rf"^\W*{re.escape(name)}\b", re.IGNORECASE)
        named = self.here.get_by_role("button", name=pattern).or_(self.here.get_by_role("link", name=pattern))
        named = named.or_(self.here.locator("summary", has_text=pattern))
        named.locator("visible=true").first.click()

    def field(self, label: str) -> Locator:
        """The field with this label; the last of several."""
        return self.here.get_by_label(label, exact=True).locator("visible=true").last

    def go(self, path: str) -> None:
        """An address of the same server."""
        self.page.goto(urljoin(self.page.url, path))

    def attach(self, name: str, label: str) -> None:
        """One of the page's files."""
        self.field(label).set_input_files(self.files[name])

    def choose(self, option: str, label: str) -> None:
        """An option of a list."""
        self.field(label).select_option(label=option)

    def write(self, text: str, label: str) -> None:
        """A text in a field."""
        self.field(label).fill(text)

    def key(self, key: str) -> None:
        """A key of the telephone, at the next menu."""
        button = self.phone.locator(f'[data-key="{key}"]')
        caption = self.phone.locator("#caption").inner_text()
        expect(button).to_be_enabled()
        changed = "old => document.querySelector('#caption').innerText !== old"
        self.phone.wait_for_function(changed, arg=caption)
        button.click()

    def see(self, text: str) -> None:
        """A text that stands there."""
        expect(self.here.get_by_text(text).locator("visible=true").first).to_be_visible()

    def see_over_the_note(self, name: str) -> None:
        """Whom the sheet that is written on is about: it comes up a moment after the call."""
        expect(self.here.locator(".sheet:not([hidden]) h2")).to_contain_text(name)


BOLD, CODE = r"\*\*([^*]+)\*\*", r"`([^`]+)`"
FORMS: tuple[tuple[str, Callable[..., object]], ...] = (
    (rf"press the key {CODE}", Day.key),
    (rf"open the address {CODE}", Day.go),
    (rf"(?:press|open) {BOLD}", Day.press),
    (rf"choose the file {CODE} under {BOLD}", Day.attach),
    (rf"choose {BOLD} under {BOLD}", Day.choose),
    (rf"write {CODE} under (?:the last )?{BOLD}", Day.write),
    (rf"you see {BOLD} over the note", Day.see_over_the_note),
    (rf"you see {BOLD}", Day.see),
)
# A sentence that tells why, and asks for nothing.
REASON = re.compile(r"^(?:Whom|Who|Whoever|The)\b", re.IGNORECASE)


def do(day: Day, sentence: str) -> None:
    """Does what the sentence says; a sentence that nobody could do fails."""
    if place := PLACE.match(sentence):
        day.where = place[1]
        sentence = sentence[place.end() :]
    text = " ".join(sentence.split()).rstrip(". ")
    for form, act in FORMS:
        if match := re.fullmatch(form, text, re.IGNORECASE):
            act(day, *match.groups())
            return
    assert REASON.match(text), f"nobody could do this: {text!r}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def demo(tmp_path: Path, sample_data: Path) -> Iterator[Demo]:
    with demo_in_thread(tmp_path, sample_data, HastyClock) as running:
        yield running


@pytest.fixture
def day(browser: Browser, demo: Demo, tmp_path: Path) -> Iterator[Day]:
    """A browser at the telephone and Sara's desk, one of Grace's, and a visitor's."""
    contexts = [browser.new_context(viewport=WIDE, locale="en-GB") for _ in range(3)]  # type: ignore[arg-type]
    phone, grace, visitor = (context.new_page() for context in contexts)
    phone.goto(f"{demo.url}/demo")
    phone.locator('form[action="/demo/desk/sara"] button').click()
    phone.wait_for_load_state()
    phone.locator("#aloud").uncheck(force=True)
    grace.goto(f"{demo.url}/login")
    grace.fill("#email", next(member.email for member in STAFF if member.name.startswith("Grace")))
    grace.fill("#password", PASSWORD)
    grace.press("#password", "Enter")
    grace.wait_for_url(lambda url: "/login" not in url)
    visitor.goto(f"{demo.url}/ask")
    files = {}
    for name, content in FILE.findall(PAGE):
        files[name] = tmp_path / name
        files[name].write_text(content, encoding="utf-8")
    yield Day(phone, grace, visitor, files)
    for context in contexts:
        context.close()


def test_every_sentence_of_every_step_is_done_within_a_minute(day: Day) -> None:
    steps = STEP.findall(PAGE)
    assert len(steps) > 10
    for number, step in enumerate(steps, 1):
        began = CLOCK.monotonic()
        for sentence in SENTENCE.findall(" ".join(step.split("\n\n")[0].split()) + " "):
            try:
                do(day, sentence)
            except Exception as fault:
                raise AssertionError(f"step {number}: {sentence}") from fault
        assert CLOCK.monotonic() - began < MINUTE, f"step {number} takes longer than a minute"
