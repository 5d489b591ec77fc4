"""Templates and pages: whatever people can read in them goes through `_()`, so that it can be translated."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

TOP = Path(__file__).parents[2]
TEMPLATES = TOP / "templates"
# The living page of parts is for developers, who read English.
FOR_DEVELOPERS = TEMPLATES / "parts"
FILES = sorted(
    path.relative_to(TEMPLATES).as_posix()
    for path in TEMPLATES.rglob("*.html")
    if FOR_DEVELOPERS not in path.parents
)
EDGES = sorted(path for name in ("desk", "demo") for path in (TOP / "callcrm" / name).glob("*.py"))
JINJA = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], trim_blocks=True)
FILLED = "￼"
SPOKEN = {
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "aria-valuetext",
    "title",
    "placeholder",
    "alt",
}
UNSPOKEN = {"script", "style", "svg", "kbd", "code"}
# The product's name, a language's own name for itself, and codes of languages.
NAMES = re.compile(r"callcrm|English|فارسی|en, fa")
# What a macro or a block puts into a tag.
OF_A_TAG = re.compile(r'[\w-]+=("[^"]*"|(?=￼))')
OF_THE_BODY = re.compile(r"{% block body_class %}.*?{% endblock %}")
# A text over several lines.
TRANS = re.compile(r"{% trans\b.*?{% endtrans %}", re.DOTALL)
LETTERS = re.compile(r"[^\W\d_]{2,}")
TRANSLATED = {"_", "gettext", "ngettext"}


class Reader(HTMLParser):
    """Collects what people can read or hear of a template, as it is written there."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.read: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Attributes that are shown or read out, and how deep we are in what is not."""
        self.read += [value for name, value in attrs if name in SPOKEN and value]
        if tag in UNSPOKEN:
            self.inside.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that holds nothing."""
        self.read += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        """Out again."""
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if not self.inside:
            self.read.append(data)


def left(source: str) -> str:
    """A template without what Jinja fills in."""
    kept = (text if kind == "data" else FILLED for _line, kind, text in JINJA.lex(source) if kind in KINDS)
    return "".join(kept)


KINDS = {"data", "variable_begin", "block_begin"}


def bare(source: str) -> list[str]:
    """The texts of a template that stand in it as they are."""
    reader = Reader()
    reader.feed(left(TRANS.sub("", OF_THE_BODY.sub("", source))))
    reader.close()
    return [text.strip() for text in reader.read if LETTERS.search(NAMES.sub("", OF_A_TAG.sub("", text)))]


def quoted(source: str) -> Iterator[str]:
    """Texts like "Answered" which an expression writes without `_()`."""
    for output in JINJA.parse(source).find_all(nodes.Output):
        for node in output.nodes:
            yield from _written(node)


def _written(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Call):
        return
    if isinstance(node, nodes.Const):
        if isinstance(node.value, str) and re.match(r"[A-Z][a-z]|\w+ \w+ \w+", node.value):
            yield node.value
        return
    for inner in node.iter_child_nodes():
        yield from _written(inner)


def unsayable(source: str) -> Iterator[int]:
    """Lines that translate something which nobody can gather, because it is not there to be read."""
    for call in JINJA.parse(source).find_all(nodes.Call):
        said = isinstance(call.node, nodes.Name) and call.node.name in TRANSLATED
        if said and not (call.args and isinstance(call.args[0], nodes.Const)):
            yield call.lineno


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<p title="Who {{ name }}">{{ _("x") }} · callcrm</p>', [f"Who {FILLED}"]),
        ('<input placeholder="Name"><kbd>Enter</kbd><svg><title>no</title></svg>', ["Name"]),
        ('{% if a %}<b class="strong">{{ _("Yes") }}</b>{% endif %}', []),
        ("<p>{% trans trimmed n=n %}So {{ n }}{% endtrans %} long</p>", ["long"]),
    ],
)
def test_the_reader_reads(template: str, found: list[str]) -> None:
    assert bare(template) == found


@pytest.mark.parametrize("name", FILES)
def test_a_template_says_nothing_that_is_not_translated(name: str) -> None:
    source = (TEMPLATES / name).read_text()
    assert bare(source) == []
    assert list(quoted(source)) == []
    assert list(unsayable(source)) == []


def untold(source: str) -> Iterator[int]:
    """Lines of a page that translate what is no literal, or call `_` by a name nobody gathers."""
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name in TRANSLATED and not (call.args and isinstance(call.args[0], ast.Constant)):
            yield call.lineno
    called = {id(call.func) for call in calls}
    known = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Assign) and _is_word(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in TRANSLATED and id(node) not in called | known:
            yield node.lineno


def _is_word(node: ast.Assign) -> bool:
    return all(isinstance(target, ast.Name) and target.id == "_" for target in node.targets)


def test_the_reader_reads_code() -> None:
    assert list(untold('_ = words._\n_("Hello")\nwords.ngettext("a", "b", 2)')) == []
    assert list(untold('say = words._\nsay("Hello")')) == [1]
    assert list(untold("words._(text)")) == [1]


@pytest.mark.parametrize("path", EDGES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_page_translates_what_can_be_gathered(path: Path) -> None:
    # what went wrong is gathered where it is raised
    assert list(untold(path.read_text())) == [] or path.name in ("faults.py", "words.py", "templates.py")
