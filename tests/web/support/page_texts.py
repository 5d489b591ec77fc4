"""The texts a page shows, each with the tag or attribute it stands in, for the tests of translations."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
SHAPES = frozenset(["path", "rect", "circle", "line", "use"])
INVISIBLE = frozenset(["script", "style", "template", "noscript", "head"])
# Keys and codes are the same in every language, and run left to right.
LTR_TAGS = frozenset(["kbd", "code", "pre"])
TEXT_ATTRIBUTES = ("aria-label", "aria-description", "aria-valuetext", "placeholder", "alt", "title")
TEXT_INPUTS = frozenset(("", "text", "search", "tel"))
ISOLATES = re.compile("[⁦-⁩]")


@dataclass(frozen=True, slots=True)
class PageText:
    """A text and its tag or `tag@attribute`; `ltr` if it is marked as running left to right."""

    text: str
    location: str
    ltr: bool


@dataclass
class PageParser(HTMLParser):
    """Collects the visible texts of a page in `texts`, and the attributes of `<html>` in `root`."""

    texts: list[PageText] = field(default_factory=list)
    root: dict[str, str | None] = field(default_factory=dict)
    open: list[tuple[str, bool, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Calls the parser's own initialiser, which a dataclass leaves out."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens the element and collects the texts of its attributes."""
        attributes = dict(attrs)
        if tag == "html":
            self.root = attributes
        ltr = attributes.get("dir", "ltr" if self._ltr else "") == "ltr" and tag != "html"
        self._collect_attributes(tag, attributes, ltr)
        if tag not in VOID | SHAPES:
            self.open.append((tag, ltr or tag in LTR_TAGS, tag in INVISIBLE))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collects the texts of an empty element's attributes."""
        attributes = dict(attrs)
        ltr = attributes.get("dir", "ltr" if self._ltr else "") == "ltr"
        self._collect_attributes(tag, attributes, ltr)

    def handle_endtag(self, tag: str) -> None:
        """Closes the element, and those inside it that have no end tag."""
        while self.open and any(name == tag for name, _, _ in self.open):
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        """Collects a visible text between tags."""
        text = ISOLATES.sub("", data).strip()
        if text and not any(invisible for _, _, invisible in self.open):
            self.texts.append(PageText(text, self.open[-1][0] if self.open else "", self._ltr))

    @property
    def _ltr(self) -> bool:
        return bool(self.open) and self.open[-1][1]

    def _collect_attributes(self, tag: str, attributes: dict[str, str | None], ltr: bool) -> None:
        for name in TEXT_ATTRIBUTES:
            if attributes.get(name):
                self.texts.append(PageText(ISOLATES.sub("", attributes[name] or ""), f"{tag}@{name}", ltr))
        if tag == "input" and (attributes.get("type") or "") in TEXT_INPUTS and attributes.get("value"):
            self.texts.append(PageText(attributes["value"] or "", "input@value", ltr))


def parse_page(html: str) -> PageParser:
    """The page, parsed to its end."""
    parser = PageParser()
    parser.feed(html)
    parser.close()
    return parser


def without_data(data: list[str], texts: list[PageText]) -> Iterator[tuple[PageText, str]]:
    """Each text, and what is left of it without the values of `data` (names, and what people wrote)."""
    longest_first = sorted((value for value in data if value.strip()), key=len, reverse=True)
    for page_text in texts:
        rest = page_text.text
        for value in longest_first:
            rest = rest.replace(value, " ")
        yield page_text, rest
