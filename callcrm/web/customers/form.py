"""The form for a new customer, or an existing one. Input that is refused is shown again unchanged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.agents import users
from callcrm.base.errors import NotFound, Refused
from callcrm.base.phones import spelt_numbers
from callcrm.base.text import bidi_isolate, one_line
from callcrm.customers import customers
from callcrm.customers.customers import LONGEST_RAW, MOST_SPELLINGS, Changes
from callcrm.i18n import labels
from callcrm.i18n.locale import LANGUAGES, Locale
from callcrm.models import Customer
from callcrm.web import error_pages
from callcrm.web.editing import BothChanged, Editing
from callcrm.web.page import Page
from callcrm.web.routes import get, post

# By field of the form: what of the customer it says.
CHANGED_BY = {
    "name": "name",
    "numbers": "phones",
    "language": "language",
    "tier": "tier",
    "owner": "owner_id",
}


@dataclass(slots=True)
class Draft:
    """The values of the form; `faults` says by field what is wrong."""

    id: str | None = None
    name: str = ""
    numbers: str = ""
    language: str = ""
    tier: str = ""
    owner: str = ""
    editing: Editing = field(default_factory=Editing)
    faults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_form(cls, form: FormData, customer_id: str | None = None) -> "Draft":
        """The values that were sent."""
        name, numbers, language, tier, owner = (
            str(form.get(field_name, "")) for field_name in ("name", "numbers", "language", "tier", "owner")
        )
        return cls(customer_id, name, numbers, language, tier, owner, Editing.of_form(form))

    @classmethod
    def of_customer(cls, locale: Locale, customer: Customer, numbers: list[str]) -> "Draft":
        """The values of an existing customer."""
        stored = stored_fields(customer, numbers)
        draft = cls(customer.id, editing=Editing(str(customer.version), stored))
        draft.fill(locale, stored)
        return draft

    def fill(self, locale: Locale, values: Mapping[str, str]) -> None:
        """Sets the fields to these values, as they are stored."""
        for name, value in values.items():
            setattr(self, name, value)
        if "numbers" in values:
            self.numbers = "\n".join(locale.tel(number) for number in values["numbers"].split("\n") if number)

    def numbers_written(self, locale: Locale) -> str:
        """The numbers, one a line, each as numbers are written in this language where it is one."""
        lines = (list(map(locale.tel, spelt_numbers(line, locale.region))) or [line] for line in self.lines)
        return "\n".join(number for numbers in lines for number in numbers)

    def fields(self, region: str) -> dict[str, str]:
        """The fields as they would be stored."""
        numbers = dict.fromkeys(
            number for line in self.lines for number in spelt_numbers(line, region) or [line]
        )
        return {
            "name": one_line(self.name),
            "numbers": "\n".join(numbers),
            "language": self.language,
            "tier": self.tier,
            "owner": self.owner,
        }

    def show_both(self, locale: Locale, fault: BothChanged) -> None:
        """Takes over what somebody else saved, where this does not contradict it."""
        self.editing = fault.editing
        self.fill(
            locale, {name: text for name, text in fault.fields.items() if name not in self.editing.both}
        )

    def fault(self, name: str) -> str:
        """What is wrong with this field; "" for nothing."""
        return self.faults.get(name, "")

    @property
    def lines(self) -> list[str]:
        """The numbers as entered, one a line; of too many only so many that they are refused."""
        lines = [line.strip() for line in self.numbers.splitlines() if line.strip()]
        return lines[: MOST_SPELLINGS + 1]

    def stored(self, locale: Locale) -> "Draft":
        """The other version of what both changed."""
        other = Draft()
        other.fill(locale, self.editing.both)
        return other

    @property
    def changes(self) -> Changes:
        """The values as verbs take them."""
        return {
            "name": self.name,
            "phones": self.lines,
            "language": self.language or None,
            "tier": self.tier or None,
            "owner_id": self.owner or None,
        }

    def check(self, locale: Locale, region: str) -> bool:
        """Whether the values are valid on their own; if not, sets `faults`."""
        if not self.name.strip():
            self.faults["name"] = locale._("A customer needs a name.")
        wrong = [line for line in self.lines if not spelt_numbers(line, region)]
        if wrong:
            quoted = locale._("“%(number)s”", number=bidi_isolate(wrong[0][:40]))
            self.faults["numbers"] = locale._("%(number)s is no number that can be rung.", number=quoted)
        return not self.faults

    def refused(self, locale: Locale, refusal: Refused) -> None:
        """Sets the fault of the field that a verb refused."""
        place = {"phones": "numbers"}.get(refusal.field or "", refusal.field or "name")
        self.faults[place] = error_pages.error_text(locale, refusal)


def stored_fields(customer: Customer, numbers: list[str]) -> dict[str, str]:
    """The fields as they are stored."""
    return {
        "name": customer.name,
        "numbers": "\n".join(numbers),
        "language": customer.language or "",
        "tier": (customer.tier or "") if customer.tier_by_hand else "",
        "owner": customer.owner_id or "",
    }


async def render_form(page: Page, draft: Draft, status: int = 200) -> Response:
    """The form as a page, or for htmx as a part."""
    owners = [(user.id, user.name) for user in await page.read(users.list_active_users)]
    part = page.request.headers.get("hx-request")
    return page.respond(
        "customers/_form.html" if part else "customers/form.html",
        status,
        draft=draft,
        owner_options=owners,
        language_options=_languages(page.locale, draft),
        tier_options=_tiers(page, draft),
    )


def _languages(locale: Locale, draft: Draft) -> list[tuple[str, str]]:
    codes = dict.fromkeys(code for code in (*LANGUAGES, draft.language) if code)
    return [(code, labels.language(locale, code)) for code in codes]


def _tiers(page: Page, draft: Draft) -> list[tuple[str, str]]:
    """The tiers that can be set by hand, and this customer's own if it is another."""
    options = page.tier_options()
    foreign = [] if draft.tier in ("", *dict(options)) else [(draft.tier, page.tier_name(draft.tier))]
    return [*options, *foreign]


async def new(page: Page) -> Response:
    """An empty form."""
    return await render_form(page, Draft())


async def new_with_number(page: Page) -> Response:
    """A form with the number filled in; posted, since a URL must hold no numbers."""
    number = str((await page.form()).get("numbers", ""))[:LONGEST_RAW]
    return await render_form(page, Draft(numbers=page.locale.tel(number)))


async def create(page: Page) -> Response:
    """Creates the customer and goes to their page."""
    return await _store(page, Draft.of_form(await page.form()), customers.create)


async def refill(page: Page) -> Response:
    """The form as it was sent, of a new customer or of one there is."""
    return await render_form(page, Draft.of_form(await page.form(), page.request.path_params.get("id")))


async def edit(page: Page) -> Response:
    """A form with the customer's values."""

    def verb(session: Session) -> Draft:
        row = customers.get(session, page.id)
        return Draft.of_customer(page.locale, row, customers.phones_of(session, [row.id])[row.id])

    return await render_form(page, await page.read(verb))


async def save(page: Page) -> Response:
    """Saves the customer and goes to their page."""
    draft = Draft.of_form(await page.form(), page.id)
    return await _store(page, draft, partial(_update, page=page, draft=draft))


def _update(session: Session, page: Page, draft: Draft, fields: Changes, **context: Any) -> Customer:
    """The customer with what of the draft differs from what is stored."""
    row = customers.lock(session, page.id)
    stored = stored_fields(row, customers.phones_of(session, [row.id])[row.id])
    saved = draft.editing.merge(draft.fields(context["region"]), stored, str(row.version))
    changed = {CHANGED_BY[name] for name, value in saved.items() if value != stored[name]}
    changes = cast("Changes", {name: value for name, value in fields.items() if name in changed})
    return customers.update(session, row.id, changes, **context)


async def _store(page: Page, draft: Draft, verb: Callable[..., Customer]) -> Response:
    web = page.services.runtime
    if not draft.check(page.locale, web.settings.default_region):
        return await render_form(page, draft, 422)
    context = {"region": web.settings.default_region, "own": web.own_numbers, "now": page.now}
    try:
        row = await page.write(partial(verb, fields=draft.changes, **context))
    except NotFound:
        raise
    except BothChanged as fault:
        draft.show_both(page.locale, fault)
        return await render_form(page, draft, 409)
    except Refused as refusal:
        draft.refused(page.locale, refusal)
        return await render_form(page, draft, 422)
    return page.redirect(f"/customers/{row.id}")


routes = [
    get("/customers/new", new),
    post("/customers/new", new_with_number, refill=new_with_number),
    post("/customers", create, refill=refill),
    get("/customers/{id}/edit", edit),
    post("/customers/{id}", save, refill=refill),
]
