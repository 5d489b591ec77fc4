"""Whoever opens a public form: nobody we know, without a cookie, perhaps in a frame of another site."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from callcrm.base.errors import CallcrmError, NotFound, Refused, TooMany
from callcrm.base.text import storable
from callcrm.business import modules
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.forms import origins
from callcrm.crm.forms.submissions import Submission, checked
from callcrm.edge.client_networks import client_networks
from callcrm.edge.forms import read_form
from callcrm.edge.status import status_of
from callcrm.i18n.locale import LANGUAGES, Locale, preferred
from callcrm.web import error_pages, security
from callcrm.web.context import WebContext, web_of

MAX_BODY = 32 * 1024  # bytes: what the longest text takes, percent-encoded, and little more
TRAP = "website"  # a field that people don't see and programs fill in
SECONDS = 1.0  # that a form waits for the store
FIELDS = ("name", "phone", "text")


class KnownOrigins:
    """Whose pages may show the forms, as last read: so that a frame says what is wrong without the store."""

    def __init__(self, _web: WebContext) -> None:
        self.origins: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Visitor:
    """One request of somebody from outside."""

    request: Request
    web: WebContext
    language: str

    @classmethod
    def of(cls, request: Request) -> "Visitor":
        """Who makes the request; their language is `?lang=`, else what their browser prefers."""
        wanted = request.query_params.get("lang", "")
        accepted = request.headers.get("accept-language", "")
        return cls(request, web_of(request), wanted if wanted in LANGUAGES else preferred(accepted))

    @property
    def locale(self) -> Locale:
        """Their language."""
        return self.web.locales[self.language]

    @property
    def runtime(self) -> CallRuntime:
        """The flows, and our numbers."""
        return self.web.services.runtime

    async def admit(self, *needed: str) -> None:
        """Raises NotFound if one of these modules is switched off."""

        def verb(session: Session) -> tuple[frozenset[str], Sequence[str]]:
            return modules.off(session), origins.get(session)

        off, allowed_origins = await self.web.services.store.read(verb, deadline=SECONDS)
        self.web.shared(KnownOrigins).origins = allowed_origins
        if not off.isdisjoint(needed):
            raise NotFound("There is nothing at this address.")

    async def typed(self) -> FormData:
        """The form that was sent."""
        sent = (await read_form(self.request)).multi_items()
        return FormData([(name, storable(value)) for name, value in sent if isinstance(value, str)])

    def submission(self, form: str, typed: FormData, *, longest: int, needs_phone: bool) -> Submission:
        """What was sent, clean; Refused where something is wrong with it."""
        if typed.get(TRAP):
            raise Refused("Leave the last field empty: only programs fill it in.", field="text")
        settings = self.web.services.settings
        name, phone, text = (str(typed.get(field, "")) for field in FIELDS)
        return checked(
            form,
            name=name,
            phone=phone,
            text=text,
            longest=longest,
            region=settings.default_region,
            needs_phone=needs_phone,
            networks=client_networks(self.request, settings),
        )

    def respond(self, template: str, status: int = 200, /, **context: object) -> Response:
        """A page without cookies and scripts, which those sites may frame that the business names."""
        numbers = self.web.services.settings.numbers
        common: dict[str, object] = {
            "our_number": numbers[0] if numbers else None,
            "here": self.request.url.path,
            "language_query": f"?lang={self.language}",
            "trap": TRAP,
            "typed": {},
            "status": status,
            "fault": "",
            "field": None,
        }
        html = self.web.templates[self.language].page(template, common | context)
        policy = security.form_policy(self.web.shared(KnownOrigins).origins)
        return HTMLResponse(html, status, headers={"Content-Security-Policy": policy})

    def failed(
        self, template: str, fault: CallcrmError, typed: FormData | None = None, **context: object
    ) -> Response:
        """The form again, with what was typed and what is wrong; or a page that says how to reach us."""
        sent = typed if typed is not None else FormData()
        response = self.respond(
            "forms/gone.html" if isinstance(fault, NotFound) else template,
            status_of(fault),
            typed={name: str(sent.get(name, "")) for name in FIELDS},
            fault=error_pages.error_text(self.locale, fault),
            field=fault.field if isinstance(fault, Refused) else None,
            **context,
        )
        if isinstance(fault, TooMany):
            response.headers["Retry-After"] = "3600"
        return response
