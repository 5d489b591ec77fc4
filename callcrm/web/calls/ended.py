"""How several calls ended, said at once; each mark carries the disposition that its row showed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.base.errors import Conflict, Refused
from callcrm.calls import search
from callcrm.calls.disposition import CODES, set_disposition
from callcrm.views.calls.rows import Row, rows
from callcrm.web import security
from callcrm.web.editing import CHOICE, BothChanged, Editing
from callcrm.web.page import Page
from callcrm.web.routes import post

MAX_CHOSEN = 50  # what a page of the list has rows for
SEEN = "shown"  # stands for a version: of one field it is enough to know what was shown


class SomeChanged(Conflict):
    """Some of the calls have been given another disposition meanwhile; `stored` has those, by call."""

    def __init__(self, stored: Mapping[str, str]) -> None:
        super().__init__("Somebody else changed this meanwhile.")
        self.stored = stored


@dataclass(frozen=True, slots=True)
class Marks:
    """The calls that were marked, what their rows showed, and the disposition chosen for all."""

    calls: Sequence[str]
    code: str
    back: str
    shown: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_form(cls, form: FormData) -> "Marks":
        """What the form carries."""
        calls = list(dict.fromkeys(str(ref) for ref in form.getlist("call")))[:MAX_CHOSEN]
        seen = (str(text).partition(" ") for text in form.getlist("seen"))
        return cls(
            calls=calls,
            code=str(form.get("disposition", "")),
            back=security.local_path(str(form.get("back", "/calls"))),
            shown={call: code for call, _, code in seen},
            chosen={call: str(form.get(CHOICE + call, "")) for call in calls},
        )

    def editing(self, call: str) -> Editing:
        """A call's part of the form; a call of which nothing is said to have been shown is saved as sent."""
        if call not in self.shown:
            return Editing()
        chosen = frozenset({"disposition"} if self.chosen[call] == "stored" else ())
        return Editing(SEEN, {"disposition": self.shown[call]}, chosen)


async def save(page: Page) -> Response:
    """Sets one disposition on all marked calls; on none while it is to be chosen for some of them."""
    marks = Marks.of_form(await page.form())
    if marks.code not in CODES:
        raise Refused("There is no such way for a call to end.", field="disposition")
    try:
        await page.write(lambda session: _save(session, marks))
    except SomeChanged as changed:
        return await _confirm(page, marks, changed.stored, 409)
    return page.redirect(marks.back)


def _save(session: Session, marks: Marks) -> None:
    """Saves all, or raises SomeChanged."""
    contested: dict[str, str] = {}
    for ref in sorted(marks.calls):  # two who mark the same calls lock them in the same order
        call = search.lock(session, ref)
        stored = {"disposition": call.disposition or ""}
        try:
            saved = marks.editing(ref).merge({"disposition": marks.code}, stored, "")
        except BothChanged:
            contested[ref] = stored["disposition"]
            continue
        if saved != stored:
            set_disposition(session, call, saved["disposition"] or None)
    if contested:
        raise SomeChanged(contested)


async def refill(page: Page) -> Response:
    """The marked calls, with what was chosen for them."""
    return await _confirm(page, Marks.of_form(await page.form()), {}, 200)


async def _confirm(page: Page, marks: Marks, contested: Mapping[str, str], status: int) -> Response:
    def verb(session: Session) -> list[Row]:
        calls = [search.call(session, ref) for ref in marks.calls]
        return rows(session, page.user, page.locale, calls)

    marked = dict(zip(marks.calls, await page.read(verb), strict=True))
    editing = Editing(both=dict(contested))
    return page.respond(
        "calls/both/ended.html", status, marks=marks, marked=marked, editing=editing, codes=CODES
    )


routes = [post("/calls/ended", save, refill=refill)]
