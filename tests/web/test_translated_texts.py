"""Templates and pages: every text in them goes through `_()`, so that it can be translated."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

TOP = Path(__file__).parents[2]
TEMPLATES = TOP / "templates"
# The page of parts is for developers, who read English.
DEVELOPER_PAGES = TEMPLATES / "parts"
FILES = sorted(
    path.relative_to(TEMPLATES).as_posix()
    for path in TEMPLATES.rglob("*.html")
    if DEVELOPER_PAGES not in path.parents
)
PAGE_MODULES = sorted(path for name in ("web", "demo") for path in (TOP / "callcrm" / name).rglob("*.py"))
JINJA = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], trim_blocks=True)
PLACEHOLDER = "￼"
TEXT_ATTRIBUTES = {
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "aria-valuetext",
    "title",
    "placeholder",
    "alt",
}
UNTRANSLATED_TAGS = {"script", "style", "svg", "kbd", "code"}
# The product's name, a language's own name for itself, and codes of languages.
NAMES = re.compile(r"callcrm|English|فارسی|en, fa")
# Attributes that a macro or a block puts into a tag.
TAG_ATTRIBUTE = re.compile(r'[\w-]+=("[^"]*"|(?=￼))')
BODY_CLASS = re.compile(r"{% block body_class %}.*?{% endblock %}")
# A translated text over several lines.
TRANS_BLOCK = re.compile(r"{% trans\b.*?{% endtrans %}", re.DOTALL)
LETTERS = re.compile(r"[^\W\d_]{2,}")
TRANSLATED = {"_", "gettext", "ngettext"}


class TextCollector(HTMLParser):
    """Collects the texts of a template that people read or hear, as they are written there."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped_tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collects attributes that are shown or read out; counts the tags whose content is neither."""
        self.texts += [value for name, value in attrs if name in TEXT_ATTRIBUTES and value]
        if tag in UNTRANSLATED_TAGS:
            self.skipped_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collects the attributes of an empty tag."""
        self.texts += [value for name, value in attrs if name in TEXT_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        """Leaves a tag whose content is skipped."""
        if self.skipped_tags and self.skipped_tags[-1] == tag:
            self.skipped_tags.pop()

    def handle_data(self, data: str) -> None:
        """Collects text between tags."""
        if not self.skipped_tags:
            self.texts.append(data)


def without_expressions(source: str) -> str:
    """A template with a placeholder for each expression and block."""
    pieces = (
        text if kind == "data" else PLACEHOLDER
        for _line, kind, text in JINJA.lex(source)
        if kind in TOKEN_KINDS
    )
    return "".join(pieces)


TOKEN_KINDS = {"data", "variable_begin", "block_begin"}


def untranslated_texts(source: str) -> list[str]:
    """The texts of a template's HTML that are not translated."""
    collector = TextCollector()
    collector.feed(without_expressions(TRANS_BLOCK.sub("", BODY_CLASS.sub("", source))))
    collector.close()
    return [
        text.strip() for text in collector.texts if LETTERS.search(NAMES.sub("", TAG_ATTRIBUTE.sub("", text)))
    ]


def untranslated_literals(source: str) -> Iterator[str]:
    """Literals like "Answered" that an expression outputs without `_()`."""
    for output in JINJA.parse(source).find_all(nodes.Output):
        for node in output.nodes:
            yield from _literals(node)


def _literals(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Call):
        return
    if isinstance(node, nodes.Const):
        if isinstance(node.value, str) and re.match(r"[A-Z][a-z]|\w+ \w+ \w+", node.value):
            yield node.value
        return
    for child in node.iter_child_nodes():
        yield from _literals(child)


def ungatherable_lines(source: str) -> Iterator[int]:
    """Lines that translate something else than a literal, which `make words` can't gather."""
    for call in JINJA.parse(source).find_all(nodes.Call):
        translates = isinstance(call.node, nodes.Name) and call.node.name in TRANSLATED
        if translates and not (call.args and isinstance(call.args[0], nodes.Const)):
            yield call.lineno


@pytest.mark.parametrize(
    ("template", "texts"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<p title="Who {{ name }}">{{ _("x") }} · callcrm</p>', [f"Who {PLACEHOLDER}"]),
        ('<input placeholder="Name"><kbd>Enter</kbd><svg><title>no</title></svg>', ["Name"]),
        ('{% if a %}<b class="strong">{{ _("Yes") }}</b>{% endif %}', []),
        ("<p>{% trans trimmed n=n %}So {{ n }}{% endtrans %} long</p>", ["long"]),
    ],
)
def test_untranslated_texts_of_a_template_are_noticed(template: str, texts: list[str]) -> None:
    assert untranslated_texts(template) == texts


@pytest.mark.parametrize("name", FILES)
def test_every_text_of_a_template_is_translated(name: str) -> None:
    source = (TEMPLATES / name).read_text()
    assert untranslated_texts(source) == []
    assert list(untranslated_literals(source)) == []
    assert list(ungatherable_lines(source)) == []


def ungatherable_calls(source: str) -> Iterator[int]:
    """Lines of a module that translate no literal, or call `_` by a name `make words` does not know."""
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name in TRANSLATED and not (call.args and isinstance(call.args[0], ast.Constant)):
            yield call.lineno
    called = {id(call.func) for call in calls}
    aliases = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Assign) and _is_alias(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in TRANSLATED and id(node) not in called | aliases:
            yield node.lineno


def _is_alias(node: ast.Assign) -> bool:
    return all(isinstance(target, ast.Name) and target.id == "_" for target in node.targets)


def test_calls_that_cannot_be_gathered_are_noticed() -> None:
    assert list(ungatherable_calls('_ = words._\n_("Hello")\nwords.ngettext("a", "b", 2)')) == []
    assert list(ungatherable_calls('say = words._\nsay("Hello")')) == [1]
    assert list(ungatherable_calls("words._(text)")) == [1]


@pytest.mark.parametrize("path", PAGE_MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_page_modules_translate_literals_alone(path: Path) -> None:
    # messages of errors are gathered where they are raised
    assert list(ungatherable_calls(path.read_text())) == [] or path.name in ("error_pages.py", "templates.py")
