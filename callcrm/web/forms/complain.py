"""Complain: what happens with a complaint, the form, and one's own complaint under its link."""

import re
from dataclasses import replace
from functools import partial

import structlog
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callcrm.base.errors import CallcrmError, NotFound, Refused
from callcrm.base.text import one_line
from callcrm.business.hours import business_hours
from callcrm.crm.complaints import policy, stages
from callcrm.crm.forms import complaints, submissions
from callcrm.crm.forms.complaints import KINDS, LONGEST_COMPLAINT, Progress
from callcrm.crm.forms.submissions import Submission
from callcrm.i18n.locale import Locale
from callcrm.ivr.flows.hours import ALWAYS
from callcrm.models.crm.complaint import About, Stage
from callcrm.web.forms.visitor import MAX_BODY, SECONDS, Visitor

FORM, MODULES = "complain", ("forms", "complaints")
TEMPLATE = "forms/complain.html"
LONGEST_SUBJECT = 200
SECRET = re.compile(r"[\w-]{43}", re.ASCII)
log = structlog.get_logger()


def stage_texts(locale: Locale) -> dict[Stage, tuple[str, str]]:
    """What happens with a complaint, stage by stage, in plain words: a name, and what it means."""
    _ = locale._
    return {
        Stage.RECEIVED: (_("We have it"), _("You get a link to this page, and can look at any time.")),
        Stage.ACKNOWLEDGED: (_("Somebody has read it"), _("A person of ours has it, and tells you so.")),
        Stage.INVESTIGATING: (_("We look into it"), _("We ask whoever was there, and listen to the call.")),
        Stage.OFFERED: (
            _("We make you an offer"),
            _("A repair, another one, your money back, or an apology: you say whether that is right."),
        ),
        Stage.FOLLOWING_UP: (_("We do it"), _("What we agreed on is done, and we ask you whether it was.")),
        Stage.CLOSED: (
            _("It is settled"),
            _("We write down what we learnt, so that it does not happen again."),
        ),
    }


def _context(visitor: Visitor, hours: policy.Policy | None) -> dict[str, object]:
    locale = visitor.locale
    return {
        "stage_texts": stage_texts(locale),
        "stage_hours": hours.hours if hours else policy.HOURS,
        "kinds": {
            About.SERVICE: locale._("A service"),
            About.PRODUCT: locale._("A product"),
            About.STAFF: locale._("One of your people"),
        },
        "chosen": About.SERVICE,
        "subject": "",
        "longest": LONGEST_COMPLAINT,
        "longest_name": submissions.LONGEST_NAME,
        "longest_subject": LONGEST_SUBJECT,
        "always_open": business_hours(visitor.runtime.flows, visitor.runtime.settings.numbers) is ALWAYS,
    }


async def form(request: Request) -> Response:
    """The process in plain words, and the form."""
    visitor = Visitor.of(request)
    try:
        await visitor.admit(*MODULES)
        hours = await visitor.web.services.store.read(policy.get, deadline=SECONDS)
    except CallcrmError as fault:
        return visitor.failed(TEMPLATE, fault, None, **_context(visitor, None))
    return visitor.respond(TEMPLATE, **_context(visitor, hours))


async def complain(request: Request) -> Response:
    """Files the complaint, and answers with its link."""
    visitor = Visitor.of(request)
    typed = await visitor.typed()
    kind, subject = str(typed.get("about", "")), str(typed.get("subject", ""))
    kept = {"chosen": kind if kind in KINDS else About.SERVICE, "subject": subject[:LONGEST_SUBJECT]}
    try:
        await visitor.admit(*MODULES)
        sent = visitor.submission(FORM, typed, longest=LONGEST_COMPLAINT, needs_phone=False)
        about = About(kept["chosen"]), _subject(subject)
        secret = await _file(visitor, replace(sent, about=about), *about)
    except CallcrmError as fault:
        return visitor.failed(TEMPLATE, fault, typed, **_context(visitor, None) | kept)
    log.info("a complaint came from outside")
    url = visitor.web.services.settings.public_url or str(request.base_url).rstrip("/")
    path = f"/complain/{secret}" if secret else ""
    return visitor.respond("forms/complained.html", path=path, url=url)


def _subject(text: str) -> str:
    subject = one_line(text[: LONGEST_SUBJECT * 4])
    if len(subject) > LONGEST_SUBJECT:
        raise Refused("Please say it in fewer words, or ring us.", field="subject")
    return subject


async def _file(visitor: Visitor, sent: Submission, kind: About, subject: str) -> str:
    """The secret of the complaint's link."""
    services, now = visitor.web.services, visitor.web.services.clock.now()
    make = complaints.complainer(services.runtime, sent, kind, subject, visitor.language, now)

    def verb(session: Session) -> str:
        taken = submissions.take(session, sent, make, now)
        return complaints.new_link(session, taken.subject_id, now)

    return await services.store.write(verb, deadline=SECONDS, lock=f"form {sent.site_key}")


async def state(request: Request) -> Response:
    """How far the complaint is: its stage and dates, and nothing of whoever complained."""
    visitor = Visitor.of(request)
    secret = str(request.path_params["token"])
    try:
        await visitor.admit(*MODULES)
        if not SECRET.fullmatch(secret):
            raise NotFound("There is no complaint under this link.")
        read = partial(complaints.progress, secret=secret)
        progress: Progress = await visitor.web.services.store.read(read, deadline=SECONDS)
    except CallcrmError as fault:
        return visitor.failed("forms/gone.html", fault)
    return visitor.respond(
        "forms/progress.html",
        progress=progress,
        stages=stages.ORDER,
        stage_texts=stage_texts(visitor.locale),
    )


routes = [
    Route("/complain", form, methods=["GET"]),
    Route("/complain", complain, methods=["POST"], max_body_size=MAX_BODY),
    Route("/complain/{token}", state, methods=["GET"]),
]
