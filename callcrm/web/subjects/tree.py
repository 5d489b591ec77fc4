"""The tree of subjects among the settings: rows of names, each with how deep it stands."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.base.ids import new_id
from callcrm.base.text import fold_text, one_line
from callcrm.crm.subjects import subjects
from callcrm.crm.subjects.subjects import DEEPEST, Subject, Tree
from callcrm.models import Role
from callcrm.web import error_pages
from callcrm.web.editing import BothChanged, Editing
from callcrm.web.page import Page
from callcrm.web.routes import get, post

PATH = "/settings/subjects"
EMPTY_ROWS = 3  # for those whose browser runs no scripts
NO_CODE = re.compile(r"[^a-z0-9]+")
LONGEST_CODE = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the form: a subject by name, how deep it stands, and its code if it has one."""

    name: str
    level: int = 1
    code: str = ""


@dataclass(slots=True)
class Draft:
    """The form as it is shown."""

    rows: Sequence[Row]
    editing: Editing
    fault: str = ""
    stored: Sequence[Row] = field(default_factory=list)


def rows_of(tree: Sequence[Subject], level: int = 1) -> Iterator[Row]:
    """The subjects as rows."""
    for subject in tree:
        yield Row(subject.name, level, subject.code)
        yield from rows_of(subject.children, level + 1)


def sent_rows(form: FormData) -> list[Row]:
    """The rows that were sent; one without a name is gone."""
    names, levels, codes = (list(map(str, form.getlist(key))) for key in ("name", "level", "code"))
    rows = []
    for name, level, code in zip(names, levels, codes, strict=False):
        if one_line(name):
            rows.append(Row(one_line(name), int(level) if level in ("1", "2", "3", "4") else 1, code))
    return rows


def tree_of(rows: Sequence[Row], page: Page) -> list[Subject]:
    """The tree that the rows make: each is part of the nearest one above that stands less deep."""
    taken = {row.code for row in rows if row.code}
    roots: list[Subject] = []
    above: list[Subject] = []
    for row in rows:
        code = row.code or _new_code(row.name, taken, page)
        taken.add(code)
        subject = Subject(code, row.name, [])
        del above[min(row.level, len(above) + 1) - 1 :]
        siblings = above[-1].children if above else roots
        assert isinstance(siblings, list)
        siblings.append(subject)
        above.append(subject)
    return roots


def _new_code(name: str, taken: set[str], page: Page) -> str:
    code = NO_CODE.sub("-", fold_text(name)).strip("-")[:LONGEST_CODE]
    return code if code and code not in taken else new_id("sub", page.now)


def text_of(rows: Sequence[Row]) -> str:
    """Rows as one field of a form that two may have changed."""
    return json.dumps([[row.name, row.level, row.code] for row in rows], ensure_ascii=False)


def _rows(text: str) -> list[Row]:
    return [Row(name, level, code) for name, level, code in json.loads(text)]


async def show(page: Page) -> Response:
    """The tree."""
    tree = await page.read(subjects.tree)
    rows = list(rows_of(tree.subjects))
    return _respond(page, Draft(rows, Editing(str(tree.version), {"tree": text_of(rows)})))


def _respond(page: Page, draft: Draft, status: int = 200) -> Response:
    saved = page.request.query_params.get("saved") == "yes"
    return page.respond(
        "settings/subjects/subjects.html",
        status,
        draft=draft,
        rows=[*draft.rows, *[Row("")] * EMPTY_ROWS],
        levels=[
            (str(level), page.locale._("Level %(n)s", n=page.locale.number(level)))
            for level in range(1, DEEPEST + 1)
        ],
        saved=saved,
    )


async def refill(page: Page) -> Response:
    """The tree as it was sent."""
    form = await page.form()
    return _respond(page, Draft(sent_rows(form), Editing.of_form(form)))


async def save(page: Page) -> Response:
    """Replaces the tree; what two changed at once is chosen from."""
    form = await page.form()
    rows, editing = sent_rows(form), Editing.of_form(form)

    def verb(session: Session) -> Tree:
        before = subjects.lock(session, page.now)
        stored = text_of(list(rows_of(before.subjects)))
        saved = editing.merge({"tree": text_of(rows)}, {"tree": stored}, str(before.version))
        wanted = tree_of(_rows(saved["tree"]), page)
        return subjects.put(session, wanted, by=page.user.user_id, now=page.now)

    try:
        await page.write(verb)
    except BothChanged as both:
        return _respond(page, Draft(rows, both.editing, stored=_rows(both.editing.both["tree"])), 409)
    except Refused as fault:
        return _respond(page, Draft(rows, editing, error_pages.error_text(page.locale, fault)), 422)
    return page.redirect(f"{PATH}?saved=yes")


routes = [
    get(PATH, show, role=Role.SUPERVISOR),
    post(PATH, save, role=Role.SUPERVISOR, refill=refill),
]
