"""Collects every page of the app, its parts, and the responses to its forms, for checkers of HTML."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from urllib.parse import quote

from sqlalchemy import func
from sqlmodel import Session, col, select
from starlette.routing import Route

from callcrm.agents import passwords
from callcrm.demo import pages as demo
from callcrm.models import Call, Customer, CustomerPhone, Message, Note, Pop, Promise, Recording, User
from callcrm.models.crm.answer import Answer
from callcrm.models.crm.complaint import Complaint
from callcrm.models.crm.conduct import Incident
from callcrm.models.crm.contact import Contact
from callcrm.models.crm.feedback import FeedbackTheme
from callcrm.models.crm.loyalty import Programme
from callcrm.models.crm.purchase import Purchase
from callcrm.models.crm.survey import SurveyDigest
from callcrm.web.parts.samples import PANELS
from tests.running_app import RunningApp
from tests.shop import NOON
from tests.web.support.html_collector import HtmlCollector, HtmlDocument
from tests.web.support.incoming_call import IncomingCall
from tests.web.support.page_client import CONFIRM, PageClient, do, sign_in
from tests.web.support.route_access import PATH_PARAMETER, route_methods

NOT_PAGES = {"/desk/events", "/desk/changes", "/recordings/{id}"}
# The pages of what else a customer has, one of each.
NOUNS = {
    "/answers/": Answer.id,
    "/complaints/": Complaint.id,
    "/conduct/incidents/": Incident.id,
    "/contacts/": Contact.id,
    "/feedback/": FeedbackTheme.id,
    "/purchases/": Purchase.id,
    "/settings/programmes/": Programme.id,
    "/surveys/weeks/": SurveyDigest.id,
}
ROLES = ("agent", "supervisor", "admin")
LANGUAGES = ("en", "fa")
UNKNOWN_NAME = "nobody is called that"
CARRIER_LINK = re.compile(r'"[^"]*(/calls/[^/"]+/carrier/[^"]+)"')
DUE_LINK = re.compile(r'"[^"]*(/desk/due/[^/"]+/kept)"')


def collect_everything(app: RunningApp, languages: Sequence[str] = LANGUAGES) -> list[HtmlDocument]:
    """The HTML of an app full of sample data and of calls that come in, for each role and language."""
    app.asgi.router.routes.append(Route(demo.DEMO_PATH, demo.page))
    staff = {role: _sign_in(app, role) for role in ROLES}
    ids = app.services.store.read_now(sample_ids)
    documents: list[HtmlDocument] = []
    for language in languages:
        collectors = {
            role: HtmlCollector(client, f"{language} {role}", documents) for role, client in staff.items()
        }
        for role, collector in collectors.items():
            do(app, partial(_set_language, user_id=collector.client.id, language=language))
            # An agent's pages stand for all: the other roles get one of each kind.
            some = ids if role == "agent" else {prefix: samples[:1] for prefix, samples in ids.items()}
            for path in [*page_paths(app, some), demo.DEMO_PATH, "/nothing/of/the/kind"]:
                collector.get(path)
        collect_anonymous(app, HtmlCollector(PageClient(app, "", "", ""), language, documents))
        if language == languages[0]:  # the other only has other words in the same places
            collect_forms(collectors["agent"], ids)
            collect_settings(collectors["admin"], ids, language)
        collect_calls(app, collectors["agent"])
    return documents


def _sign_in(app: RunningApp, role: str) -> PageClient:
    number = "+12025550101" if role == "agent" else None
    return sign_in(app, f"The {role}", role, number=number, available=role == "agent")


def _set_language(session: Session, user_id: str, language: str) -> None:
    session.get_one(User, user_id).language = language


def sample_ids(session: Session) -> dict[str, list[str]]:
    """Path prefixes to ids: a call of each outcome, a promise of each state, one or two of other nouns."""
    calls = {(call.outcome, call.direction): call.id for call in session.exec(select(Call))}
    promises = {(promise.state, promise.kind): promise.id for promise in session.exec(select(Promise))}
    popped_call = session.exec(select(Pop.call_id)).first()
    return {
        "/calls/": [*calls.values(), popped_call or ""],
        "/desk/card/": list(calls.values())[:2],
        "/desk/calls/": list(calls.values())[:1],
        "/customers/": [row.id for row in session.exec(select(Customer).limit(3))],
        "/notes/": [row.id for row in session.exec(select(Note).limit(1))],
        "/promises/": list(promises.values()),
        "/messages/": [row.id for row in session.exec(select(Message).limit(2))],
        "/recordings/": [row.id for row in session.exec(select(Recording).limit(2))],
        "/settings/users/": [row.id for row in session.exec(select(User).limit(2))],
        **{prefix: list(session.exec(select(column).limit(1))) for prefix, column in NOUNS.items()},
        "/parts/desk/": [quote(state) for state in PANELS],
    }


def page_paths(app: RunningApp, ids: dict[str, list[str]]) -> Iterator[str]:
    """The path of every page, with these ids in the place of path parameters."""
    for route in route_methods(app.asgi.routes):
        if route.method != "GET" or not route.rule or route.path in NOT_PAGES:
            continue
        if not PATH_PARAMETER.search(route.path):
            yield route.path
        for prefix, samples in ids.items():
            has_id = route.path.startswith(prefix) and PATH_PARAMETER.search(route.path)
            # The address of one event of the carrier has two parameters: its links are followed instead.
            if has_id and "{key}" not in route.path:
                yield from (PATH_PARAMETER.sub(sample, route.path, count=1) for sample in samples)


def collect_anonymous(app: RunningApp, collector: HtmlCollector) -> None:
    """Collects what somebody who is not signed in gets: login and password pages, and their refusals."""
    secret = do(app, _password_link)
    for path in ("/login", f"/set-password/{secret}", "/set-password/nothing", demo.DEMO_PATH, "/nothing"):
        collector.get(f"{path}?lang={collector.label}")
    collector.post("/login", {"email": "nobody@example.test", "password": "nothing at all"})
    collector.post(f"/set-password/{secret}", {"password": "short"})


def _password_link(session: Session) -> str:
    user = session.exec(select(User)).first()
    assert user
    return passwords.create_link(session, user.id, NOON)


def collect_forms(collector: HtmlCollector, ids: dict[str, list[str]]) -> None:
    """Collects the responses to the pages' forms and buttons, filled in well and badly."""
    call, customer, note = ids["/calls/"][0], ids["/customers/"][0], ids["/notes/"][0]
    for q in ("a", "555", UNKNOWN_NAME):
        for path in ("/find", "/calls/find", "/customers/find"):
            collector.post(path, {"q": q})
        collector.post(f"/calls/{call}/find", {"q": q}, part=True)
    collector.post("/customers/new", {"numbers": "+12025550199"})
    for path in ("/customers", f"/customers/{customer}"):
        collector.post(path, {"name": "", "numbers": "12", "language": "?", "owner": "?"})
        collector.post(path, {"name": "", "numbers": "12"}, part=True)
    collector.post(f"/customers/{customer}/notes", {"body": ""}, part=True)
    for verb in ("pin?offset=yes", "unpin", "finish"):
        collector.post(f"/notes/{note}/{verb}", part=True)
    for path in (
        "/calls?outcome=answered",
        "/promises?whose=all&state=kept",
        "/promises?whose=all&state=open",
        "/messages?show=all",
    ):
        collector.get(path)
    collector.get("/calls/news?seen=0", part=True)
    for link in sorted({link for page in collector.documents for link in CARRIER_LINK.findall(page.html)}):
        collector.get(link, part=True)
    collector.post("/ring", {"to": "abc"}, part=True)
    collector.post("/me/password", {"old": "no", "new": "short"})
    collect_promises(collector, ids["/promises/"])
    collector.post(f"/calls/{call}/promises", {"what": "Send the parcel", "due": "hour"}, part=True)


def collect_promises(collector: HtmlCollector, ids: list[str]) -> None:
    """Collects the responses to what can be done with a promise in the list."""
    for promise in ids:
        path = f"/promises/{promise}"
        collector.get(path, part=True)
        collector.get(f"{path}/edit", part=True)
        collector.post(f"{path}/arrange", {"due": "day", "day": "x", "at": "x"}, part=True)
        for verb in ("drop", "open", "kept", "open"):
            collector.post(f"{path}/{verb}", part=True)


def collect_settings(collector: HtmlCollector, ids: dict[str, list[str]], language: str) -> None:
    """Collects the responses to the forms of settings."""
    served = {"every": "on", "skills": "orders", "languages": "en"}
    new_user = {"name": "Rosa", "email": f"rosa.{language}@example.test", "role": "agent", "number": ""}
    collector.post("/settings/users", {**new_user, "email": "rosa"})
    collector.post("/settings/users", {**new_user, **CONFIRM})
    token = {"name": "wallboard", "role": "supervisor", "user": "", "expires": "30d"}
    collector.post("/settings/tokens", {**token, "name": ""})
    collector.post("/settings/tokens", {**token, **CONFIRM})
    for user in ids["/settings/users/"]:
        path = f"/settings/users/{user}"
        collector.post(path, {"name": "", "role": "agent", "number": "12", "skills": ""})
        collector.post(f"{path}/link")
        collector.post(f"{path}/link", CONFIRM)
        for done in ("added", "saved", "disabled"):
            collector.get(f"{path}?done={done}")
        for fields in (served, {**served, "languages": "??"}):
            collector.post(f"/settings/queues/{user}", fields, part=True)
        collector.get(f"/pops?agent={user}")


def collect_calls(app: RunningApp, collector: HtmlCollector) -> None:
    """Collects the desk while calls come in: an unknown number, a shared one, and a withheld one."""
    for caller in ("+12025559876", app.services.store.read_now(_shared_number), ""):
        collect_call(collector, IncomingCall(app, caller).through_menus())
    for state in ("break", "available"):
        collector.post("/desk/state", {"state": state}, part=True)
    for path in DUE_LINK.findall(collector.client.get_page("/desk/due")):
        collector.post(path, part=True)


def _shared_number(session: Session) -> str:
    e164 = col(CustomerPhone.e164)
    return str(session.exec(select(e164).group_by(e164).having(func.count() > 1)).first())


def collect_call(collector: HtmlCollector, incoming: IncomingCall) -> None:
    """Collects the desk during one call, from its first ring until the wrap-up is over."""
    path = f"/desk/calls/{incoming.id}"
    collect_desk(collector, incoming)
    incoming.ring()
    collector.get(f"{path}/else", part=True)
    for q in ("a", UNKNOWN_NAME):
        collector.post(f"{path}/find", {"q": q}, part=True)
    incoming.pick_up()
    collect_desk(collector, incoming)
    for name in ("", "Perdita Lane"):
        collector.post(f"{path}/new", {"name": name}, part=True)
    collect_desk(collector, incoming)
    collector.get("/pops")
    incoming.end_leg(20)
    collect_desk(collector, incoming)
    for verb in ("longer", "end"):
        collector.post(f"/desk/wrap-up/{verb}", part=True)
    incoming.hang_up()
    collector.get(f"/calls/{incoming.id}/row", part=True)


def collect_desk(collector: HtmlCollector, incoming: IncomingCall) -> None:
    """Collects the desk and its parts as they are now."""
    collector.get("/desk")
    for part in ("call-panel", "state", "notes-panel", f"card/{incoming.id}"):
        collector.get(f"/desk/{part}", part=True)
