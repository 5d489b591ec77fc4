"""The form of an answer, new or changed; a new one may come from a question nobody could answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.calls.disposition import CODES
from callcrm.crm.answers import answers, questions
from callcrm.crm.subjects import subjects
from callcrm.i18n import labels
from callcrm.i18n.locale import LANGUAGES, Locale
from callcrm.ivr.flows.model import Flows
from callcrm.models.crm.answer import Answer, LinkKind
from callcrm.web import error_pages
from callcrm.web.editing import BothChanged, Editing
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post

TEXTS = ("question", "answer", "language", "queue")
LISTS = tuple(str(kind) for kind in LinkKind)  # fields of the form, several values each


@dataclass(slots=True)
class Draft:
    """The values of the form; `asked` is the open question that it answers, `faults` what is wrong."""

    id: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    asked: str = ""
    editing: Editing = field(default_factory=Editing)
    faults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_form(cls, form: FormData, answer_id: str | None) -> "Draft":
        """The values that were sent."""
        values = {name: str(form.get(name, "")).replace("\r\n", "\n") for name in TEXTS}
        values |= {name: "\n".join(sorted(map(str, form.getlist(name)))) for name in LISTS}
        return cls(answer_id, values, str(form.get("asked", "")), Editing.of_form(form))

    @property
    def fields(self) -> answers.Fields:
        """The values as verbs take them."""
        return _fields(self.values)


def _fields(values: Mapping[str, str]) -> answers.Fields:
    language = values["language"] if values["language"] in LANGUAGES else "en"
    return {
        "question": values["question"],
        "body": values["answer"],
        "language": language,
        "queue": values["queue"] or None,
        "links": {kind: values[kind].split("\n") for kind in LISTS if values[kind]},
    }


def stored_fields(source: Answer) -> dict[str, str]:
    """The fields of the form as they are stored."""
    return {
        "question": source.question,
        "answer": source.body,
        "language": source.language,
        "queue": source.queue or "",
        **{kind: "\n".join(sorted(source.links.get(kind, ()))) for kind in LISTS},
    }


def options(session: Session, locale: Locale, flows: Flows) -> dict[str, list[tuple[str, str]]]:
    """By field: what can be chosen, as pairs of value and text."""
    menus = {name for flow in flows.flows.values() for name in flow.menus}
    return {
        "language": [(code, labels.language(locale, code)) for code in LANGUAGES],
        "queue": [
            ("", locale._("Every queue")),
            *((name, labels.queue(locale, name)) for name in flows.queues),
        ],
        "menu": [(name, name.replace("-", " ").capitalize()) for name in sorted(menus)],
        "disposition": [(code, code) for code in CODES],
        "subject": list(subjects.tree(session).names.items()),
    }


async def new(page: Page) -> Response:
    """The empty form, or with a question that nobody could answer."""
    question_id = page.request.query_params.get("asked", "")
    question = await page.read(partial(questions.get, question_id=question_id)) if question_id else None
    empty = dict.fromkeys((*TEXTS, *LISTS), "")
    values = {**empty, "language": page.locale.language}
    if question is not None:
        values |= {
            "question": question.question,
            "language": question.language,
            "queue": question.queue or "",
        }
    return await _form(page, Draft(values=values, asked=question.id if question else ""))


async def edit(page: Page) -> Response:
    """The form of an answer; for its author with the change of theirs that waits."""
    return await _form(page, await page.read(partial(_draft, page=page)))


def _draft(session: Session, page: Page) -> Draft:
    user = page.user.principal
    row = answers.get(session, page.id, user)
    stored = stored_fields(row)
    pending = (
        answers.pending(session, row) if row.proposed_by == user.user_id and not user.supervises else None
    )
    if pending is not None:
        stored |= {"question": pending.question, "answer": pending.body, "language": pending.language}
        stored |= {"queue": pending.queue or ""}
        stored |= {kind: "\n".join(sorted(pending.links.get(kind, ()))) for kind in LISTS}
    return Draft(row.id, stored, editing=Editing(str(row.version), stored))


async def _form(page: Page, draft: Draft, status: int = 200) -> Response:
    flows = page.services.runtime.flows

    def load(session: Session) -> tuple[dict[str, list[tuple[str, str]]], dict[str, str]]:
        choices = options(session, page.locale, flows)
        row = answers.get(session, draft.id, page.user.principal) if draft.id else None
        return choices, stored_fields(row) if row else dict.fromkeys(TEXTS, "")

    choices, stored = await page.read(load)
    return page.respond("answers/form.html", status, draft=draft, options=choices, stored=stored)


async def refill_new(page: Page) -> Response:
    """The form of a new answer as it was sent."""
    return await _form(page, Draft.of_form(await page.form(), None))


async def refill_edit(page: Page) -> Response:
    """The form of an answer as it was sent."""
    return await _form(page, Draft.of_form(await page.form(), page.id))


async def create(page: Page) -> Response:
    """A new answer; the open questions it answers are closed."""
    draft = Draft.of_form(await page.form(), None)

    def verb(session: Session) -> Answer:
        row = answers.create(session, draft.fields, page.user.principal, page.now)
        if draft.asked:
            open_question = questions.get(session, draft.asked)
            questions.settle(
                session, open_question.question_key, answer_id=row.id, by=page.user.user_id, now=page.now
            )
        return row

    try:
        row = await page.write(verb)
    except Refused as fault:
        return await _refused(page, draft, fault)
    return page.redirect(f"/answers/{row.id}")


async def save(page: Page) -> Response:
    """The answer, changed; an agent's change of a published one waits for a supervisor."""
    draft, user = Draft.of_form(await page.form(), page.id), page.user.principal

    def verb(session: Session) -> Answer:
        row = answers.lock(session, page.id, user)
        base = draft.editing.base or stored_fields(row)
        saved = draft.editing.merge(draft.values, {**base, **stored_fields(row)}, str(row.version), LISTS)
        return answers.change(session, row, _fields(saved), user, page.now)

    try:
        row = await page.write(verb)
    except BothChanged as both:
        draft.editing, draft.values = both.editing, {**draft.values, **both.fields}
        return await _form(page, draft, 409)
    except Refused as fault:
        return await _refused(page, draft, fault)
    return page.redirect(f"/answers/{row.id}")


async def _refused(page: Page, draft: Draft, fault: Refused) -> Response:
    if fault.field is None:
        raise fault
    draft.faults = {fault.field: error_pages.error_text(page.locale, fault)}
    return await _form(page, draft, 422)


routes = of_module(
    "answers",
    [
        get("/answers/new", new),
        post("/answers", create, refill=refill_new),
        get("/answers/{id}/edit", edit),
        post("/answers/{id}", save, refill=refill_edit),
    ],
)
