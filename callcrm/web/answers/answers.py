"""The bank: most used answers, those that wait, questions without one, and each answer by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import NotFound
from callcrm.calls import search
from callcrm.crm.answers import answers, feedback, listing, questions, versions
from callcrm.crm.answers.questions import Group
from callcrm.crm.answers.versions import Piece
from callcrm.crm.subjects import subjects
from callcrm.models import Role
from callcrm.models.crm.answer import Answer, AnswerText, LinkKind
from callcrm.views.people import names_by_id
from callcrm.web.kept_search import kept_search, redirect_to_search
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post

FIND = "/answers/find"
MOST_USED, NEWEST, WAITING, OPEN = "used", "newest", "waiting", "open"
SHOWS = (MOST_USED, NEWEST, WAITING, OPEN)
MOST, MAX_QUERY = 100, 200


@dataclass(frozen=True, slots=True)
class Bank:
    """A page of the bank: answers or open questions, who wrote them, and how much there is of the rest."""

    rows: Sequence[Answer]
    groups: Sequence[Group]
    names: dict[str, str]
    waiting: int
    open: int


async def bank(page: Page) -> Response:
    """The answers most used, the newest, those that wait, or questions without one."""
    wanted = page.request.query_params.get("show", MOST_USED)
    return await _bank(page, wanted if wanted in SHOWS else MOST_USED)


async def _bank(page: Page, show: str, q: str = "") -> Response:
    user = page.user.principal

    def load(session: Session) -> Bank:
        groups = questions.groups(session, MOST)
        waiting = listing.waiting(session, user, MOST)
        rows: Sequence[Answer] = ()
        if q:
            rows = listing.find(session, user, q=q, limit=MOST)
        elif show == WAITING:
            rows = waiting
        elif show == NEWEST:
            rows = listing.find(session, user, limit=MOST)
        elif show == MOST_USED:
            rows = listing.most_used(session, user, MOST)
        people = {row.proposed_by or row.created_by for row in rows}
        names = names_by_id(session, {key for key in people if key})
        return Bank(rows, groups, names, len(waiting), len(groups))

    return page.respond("answers/answers.html", shown=await page.read(load), show=show, q=q)


async def find(page: Page) -> Response:
    """A redirect to the answers with these words, which are in no address."""
    q = str((await page.form()).get("q", "")).strip()[:MAX_QUERY]
    return await redirect_to_search(page, FIND, {"q": q}) if q else page.redirect("/answers")


async def results(page: Page) -> Response:
    """The answers with the words of a search; the bank for one that is not kept."""
    kept = await kept_search(page, FIND)
    return page.redirect("/answers") if kept is None else await _bank(page, "", kept["q"])


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer with its texts, newest first; `changes` is what the one that waits changes, if one does."""

    answer: Answer
    texts: Sequence[AnswerText]
    names: dict[str, str]
    pending: AnswerText | None
    changes: Sequence[Piece] = ()
    question_changes: Sequence[Piece] = ()
    subjects: Sequence[str] = ()


def _shown(session: Session, page: Page) -> Shown:
    user = page.user.principal
    answer = answers.get(session, page.id, user)
    texts = versions.texts(session, answer.id)
    people = {user for text in texts for user in (text.written_by, text.published_by) if user}
    pending = (
        answers.pending(session, answer) if user.supervises or answer.proposed_by == user.user_id else None
    )
    texts = [text for text in texts if versions.is_shown(text, user)]
    changes = versions.compare(answer.body, pending.body) if pending else ()
    in_question = versions.compare(answer.question, pending.question) if pending else ()
    tree = subjects.tree(session)
    about = [tree.name(code) for code in answer.links.get(LinkKind.SUBJECT, ())]
    names = names_by_id(session, people)
    return Shown(answer, texts, names, pending, changes, in_question, about)


async def show(page: Page) -> Response:
    """An answer, where it belongs, and its versions."""
    return page.respond("answers/answer.html", shown=await page.read(partial(_shown, page=page)))


async def version(page: Page) -> Response:
    """An earlier or later text of an answer, compared with the one that is shown."""
    number = _number(page)

    def load(session: Session) -> tuple[Shown, AnswerText]:
        shown = _shown(session, page)
        text = next((text for text in shown.texts if text.number == number), None)
        if text is None:
            raise NotFound("There is no such version.")
        return shown, text

    shown, text = await page.read(load)
    return page.respond(
        "answers/version.html",
        shown=shown,
        text=text,
        question=versions.compare(text.question, shown.answer.question),
        body=versions.compare(text.body, shown.answer.body),
    )


def _number(page: Page) -> int:
    text = str(page.request.path_params["number"])
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise NotFound("There is no such version.")
    return int(text)


async def _decide(page: Page, verb: Callable[..., Answer]) -> Response:
    user, now = page.user.principal, page.now
    await page.write(lambda session: verb(session, answers.lock(session, page.id, user), user=user, now=now))
    return page.redirect(f"/answers/{page.id}")


async def publish(page: Page) -> Response:
    """What waits is shown to everybody."""
    return await _decide(page, answers.publish)


async def decline(page: Page) -> Response:
    """What waits is put away; the answer stays as it was."""
    return await _decide(page, answers.decline)


async def withdraw(page: Page) -> Response:
    """The answer is shown to its author and to supervisors alone."""
    return await _decide(page, answers.withdraw)


async def restore(page: Page) -> Response:
    """An earlier text once more."""
    return await _decide(page, partial(versions.roll_back, number=_number(page)))


async def helped(page: Page) -> Response:
    """Whether the answer helped, said on its page or beside a call."""
    form = await page.form()
    yes, call = form.get("helped") == "yes", str(form.get("call", "")) or None
    user, now = page.user.principal, page.now

    def verb(session: Session) -> Answer:
        row = answers.lock(session, page.id, user)
        call_id = search.call(session, call).id if call else None
        return feedback.say(session, row, helped=yes, call_id=call_id, user_id=user.user_id, now=now)

    row = await page.write(verb)
    if not page.request.headers.get("hx-request"):
        return page.redirect(f"/answers/{page.id}")
    return page.respond(
        "answers/beside/_helped.html", answer=row, call_id=call, opinion="yes" if yes else "no"
    )


async def lay_aside(page: Page) -> Response:
    """A question that needs no answer, with all that are the same."""

    def verb(session: Session) -> None:
        row = questions.get(session, page.id)
        questions.settle(session, row.question_key, answer_id=None, by=page.user.user_id, now=page.now)

    await page.write(verb)
    return page.redirect(f"/answers?show={OPEN}")


routes = of_module(
    "answers",
    [
        get("/answers", bank),
        post(FIND, find, refill=find),
        get("/answers/find/{id}", results),
        get("/answers/{id}", show),
        get("/answers/{id}/versions/{number}", version),
        post("/answers/{id}/versions/{number}/restore", restore),
        post("/answers/{id}/publish", publish, role=Role.SUPERVISOR),
        post("/answers/{id}/decline", decline, role=Role.SUPERVISOR),
        post("/answers/{id}/withdraw", withdraw, role=Role.SUPERVISOR),
        post("/answers/{id}/helped", helped),
        post("/answers/questions/{id}/aside", lay_aside, role=Role.SUPERVISOR),
    ],
)
