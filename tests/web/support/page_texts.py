"""What a page shows: its texts with where they stand, for the tests of how pages speak."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
SHAPES = frozenset(["path", "rect", "circle", "line", "use"])
INVISIBLE = frozenset(["script", "style", "template", "noscript", "head"])
# Keys and codes are the same in every language; so is what says of itself which way it runs.
LTR_TAGS = frozenset(["kbd", "code", "pre"])
TEXT_ATTRIBUTES = ("aria-label", "aria-description", "aria-valuetext", "placeholder", "alt", "title")
TEXT_INPUTS = frozenset(("", "text", "search", "tel"))
ISOLATES = re.compile("[⁦-⁩]")


@dataclass(frozen=True, slots=True)
class PageText:
    """A text, and the tag or attribute it stands in; `ltr` if it is marked as running left to right."""

    text: str
    where: str
    ltr: bool


@dataclass
class PageParser(HTMLParser):
    """Reads a page from its top; `shown` fills up."""

    shown: list[PageText] = field(default_factory=list)
    root: dict[str, str | None] = field(default_factory=dict)
    open: list[tuple[str, bool, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begins as parsers do."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Goes in, and takes what attributes say."""
        given = dict(attrs)
        if tag == "html":
            self.root = given
        ltr = given.get("dir", "ltr" if self._ltr else "") == "ltr" and tag != "html"
        self._attributes(tag, given, ltr)
        if tag not in VOID | SHAPES:
            self.open.append((tag, ltr or tag in LTR_TAGS, tag in INVISIBLE))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that holds nothing."""
        given = dict(attrs)
        self._attributes(tag, given, given.get("dir", "ltr" if self._ltr else "") == "ltr")

    def handle_endtag(self, tag: str) -> None:
        """Goes out, past what was left open."""
        while self.open and any(name == tag for name, _, _ in self.open):
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        text = ISOLATES.sub("", data).strip()
        if text and not any(unseen for _, _, unseen in self.open):
            self.shown.append(PageText(text, self.open[-1][0] if self.open else "", self._ltr))

    @property
    def _ltr(self) -> bool:
        return bool(self.open) and self.open[-1][1]

    def _attributes(self, tag: str, given: dict[str, str | None], ltr: bool) -> None:
        for name in TEXT_ATTRIBUTES:
            if given.get(name):
                self.shown.append(PageText(ISOLATES.sub("", given[name] or ""), f"{tag}@{name}", ltr))
        if tag == "input" and (given.get("type") or "") in TEXT_INPUTS and given.get("value"):
            self.shown.append(PageText(given["value"] or "", "input@value", ltr))


def parse_page(html: str) -> PageParser:
    """The page, read."""
    reader = PageParser()
    reader.feed(html)
    reader.close()
    return reader


def without_data(data: list[str], shown: list[PageText]) -> Iterator[tuple[PageText, str]]:
    """Each text without what customers and colleagues are called and have written."""
    longest = sorted((one for one in data if one.strip()), key=len, reverse=True)
    for one in shown:
        text = one.text
        for name in longest:
            if name in text:
                text = text.replace(name, " ")
        yield one, text
