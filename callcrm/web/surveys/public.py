"""The one question behind a link: a page for whoever has the link, without signing in and without cookies."""

import re
from functools import partial

import structlog
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from callcrm.agents.access import login_throttle
from callcrm.agents.access.login_throttle import ThrottleKey
from callcrm.base.errors import CallcrmError, Forbidden, Refused, TooMany
from callcrm.base.ids import secret_hash
from callcrm.base.text import storable
from callcrm.base.typed_text import normalized
from callcrm.crm.surveys import links, texts
from callcrm.edge.client_networks import client_networks
from callcrm.edge.forms import read_form
from callcrm.edge.status import status_of
from callcrm.i18n.locale import LANGUAGES
from callcrm.models.crm.survey import SCALES, SurveyKind, SurveyResponse
from callcrm.web import error_pages, security
from callcrm.web.context import WebContext, web_of
from callcrm.web.session.signed_out import text_of

MAX_BODY = 32 * 1024
LIMIT = 30  # attempts from one network in a quarter of an hour
PATH = "/survey/{token}"
MARK = re.compile(r"\d{1,2}", re.ASCII)
log = structlog.get_logger()


async def question(request: Request) -> Response:
    """The question; thanks, where it has been answered."""
    web = web_of(request)
    try:
        row = await _find(request, web)
    except CallcrmError as fault:
        return _fault(request, web, fault)
    return _page(request, web, row)


async def _find(request: Request, web: WebContext) -> SurveyResponse:
    find = partial(links.find, token=request.path_params["token"], now=web.services.clock.now())
    return await web.services.store.read(find)


async def submit(request: Request) -> Response:
    """Keeps the answer. The link itself is the proof that it is theirs: there is no session to be abused."""
    web = web_of(request)
    try:
        form, row = await read_form(request), await _find(request, web)
        if not security.is_same_origin(request, web.services.settings):
            raise Forbidden("This form is not from our page. Open the link again.")
        saved = await _save(request, web, row.token or "", form)
    except CallcrmError as fault:
        is_of_form = isinstance(fault, Refused) and fault.field in ("score", "comment")
        return _page(request, web, row, form, fault) if is_of_form else _fault(request, web, fault)
    log.info("survey answered", response=saved.id)
    return _page(request, web, saved)


async def _save(request: Request, web: WebContext, token: str, form: FormData) -> SurveyResponse:
    network, now = client_networks(request, web.services.settings)[0], web.services.clock.now()
    score = normalized(text_of(form, "score"))

    keys = (ThrottleKey(secret_hash(f"survey {network}"), LIMIT),)
    # kept by itself: what is refused counts too
    await web.services.store.write(partial(login_throttle.count_attempt, keys=keys, now=now))
    verb = partial(
        links.submit,
        runtime=web.services.runtime,
        token=token,
        score=int(score) if MARK.fullmatch(score) else None,
        comment=storable(text_of(form, "comment")),
        may_share=text_of(form, "share") == "on",
        now=now,
    )
    return await web.services.store.write(verb)


def _page(
    request: Request,
    web: WebContext,
    row: SurveyResponse,
    form: FormData | None = None,
    fault: CallcrmError | None = None,
) -> Response:
    """The question, with what was typed and what is wrong with it; thanks, once it is answered."""
    locale = web.locales[_language(request, row)]
    lowest, highest = SCALES[SurveyKind(row.kind)]
    faults = {fault.field or "": error_pages.error_text(locale, fault)} if isinstance(fault, Refused) else {}
    typed = text_of(form, "score") if form else ""
    return _render(
        request,
        web,
        locale.language,
        status_of(fault) if fault else 200,
        heading=texts.question(locale, row.kind),
        row=row,
        done=links.is_closed(row),
        marks=range(lowest, highest + 1),
        ends=texts.ends(locale, row.kind),
        chosen=str(row.score) if row.answered_at else typed,
        comment=text_of(form, "comment") if form else "",
        share=bool(form and text_of(form, "share")),
        faults=faults,
    )


def _fault(request: Request, web: WebContext, fault: CallcrmError) -> Response:
    locale = web.locales[_language(request, None)]
    text = locale._("Try again in a few minutes.")
    message = text if isinstance(fault, TooMany) else error_pages.error_text(locale, fault)
    heading = locale._("This can’t be shown")
    return _render(
        request, web, locale.language, status_of(fault), heading=heading, message=message, row=None
    )


def _render(request: Request, web: WebContext, language: str, status: int, **context: object) -> Response:
    policy = {
        "Content-Security-Policy": security.PLAIN.header(framed=web.framed),
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
    }
    common = {**error_pages.nobody(request), **context}
    return HTMLResponse(web.templates[language].page("surveys/question.html", common), status, headers=policy)


def _language(request: Request, row: SurveyResponse | None) -> str:
    """The language that is asked for, else the call's, else the browser's."""
    code = request.query_params.get("lang", row.language if row else "")
    return code if code in LANGUAGES else error_pages.language_of(request)


routes = [
    Route(PATH, question, methods=["GET"]),
    Route(PATH, submit, methods=["POST"], max_body_size=MAX_BODY),
]
