"""A walk through everything there is to see of a house: pages, their parts, and what their forms answer."""

import re
from collections.abc import Iterator
from functools import partial
from urllib.parse import quote

from sqlalchemy import func
from sqlmodel import Session, col, select
from starlette.routing import Route

from callcrm.agents import passwords
from callcrm.demo import pages as demo
from callcrm.models import Call, Customer, CustomerPhone, Note, Pop, Promise, Recording, User
from callcrm.web.parts.samples import PANELS
from tests.running_app import RunningApp
from tests.shop import NOON
from tests.web.support.html_collector import HtmlCollector, HtmlDocument
from tests.web.support.incoming_call import IncomingCall
from tests.web.support.page_client import PageClient, do, sign_in
from tests.web.support.route_access import PATH_PARAMETER, route_methods

NOT_PAGES = {"/desk/events", "/desk/changes", "/recordings/{id}"}
ROLES = ("agent", "supervisor", "admin")
LANGUAGES = ("en", "fa")
UNKNOWN_NAME = "nobody is called that"
CARRIER_LINK = re.compile(r'"(/calls/[^/"]+/carrier/[^"]+)"')
DUE_LINK = re.compile(r'"(/desk/due/[^/"]+/kept)"')


def collect_everything(app: RunningApp) -> list[HtmlDocument]:
    """All there is to see of a house full of sample data, and of calls that come in."""
    app.asgi.router.routes.append(Route(demo.DEMO_PATH, demo.page))
    staff = {role: _sign_in(app, role) for role in ROLES}
    ids = app.services.store.read_now(sample_ids)
    drawn: list[HtmlDocument] = []
    for language in LANGUAGES:
        at = {role: HtmlCollector(visitor, f"{language} {role}", drawn) for role, visitor in staff.items()}
        for collection in at.values():
            do(app, partial(_set_language, user_id=collection.visitor.id, language=language))
            known = ids if collection is at["agent"] else {place: few[:1] for place, few in ids.items()}
            for path in [*page_paths(app, known), demo.DEMO_PATH, "/nothing/of/the/kind"]:
                collection.get(path)
        collect_anonymous(app, HtmlCollector(PageClient(app, "", "", ""), language, drawn))
        collect_forms(at["agent"], ids)
        collect_settings(at["admin"], ids, language)
        collect_calls(app, at["agent"])
    return drawn


def _sign_in(app: RunningApp, role: str) -> PageClient:
    number = "+12025550101" if role == "agent" else None
    return sign_in(app, f"The {role}", role, number=number, available=role == "agent")


def _set_language(session: Session, user_id: str, language: str) -> None:
    session.get_one(User, user_id).language = language


def sample_ids(session: Session) -> dict[str, list[str]]:
    """Beginnings of paths to ids: a call of each outcome, a promise of each state, one or two of the rest."""
    calls = {(call.outcome, call.direction): call.id for call in session.exec(select(Call))}
    owed = {(promise.state, promise.kind): promise.id for promise in session.exec(select(Promise))}
    popped = session.exec(select(Pop.call_id)).first()
    return {
        "/calls/": [*calls.values(), popped or ""],
        "/desk/card/": list(calls.values())[:2],
        "/desk/calls/": list(calls.values())[:1],
        "/customers/": [row.id for row in session.exec(select(Customer).limit(3))],
        "/notes/": [row.id for row in session.exec(select(Note).limit(1))],
        "/promises/": list(owed.values()),
        "/recordings/": [row.id for row in session.exec(select(Recording).limit(2))],
        "/settings/users/": [row.id for row in session.exec(select(User).limit(2))],
        "/parts/desk/": [quote(state) for state in PANELS],
    }


def page_paths(app: RunningApp, ids: dict[str, list[str]]) -> Iterator[str]:
    """Every page that can be asked for, with the ids of things there are."""
    for way in route_methods(app.asgi.routes):
        if way.method != "GET" or not way.rule or way.path in NOT_PAGES:
            continue
        if not PATH_PARAMETER.search(way.path):
            yield way.path
        for prefix, known in ids.items():
            if way.path.startswith(prefix) and PATH_PARAMETER.search(way.path):
                yield from (
                    PATH_PARAMETER.sub(key, way.path, count=1) for key in known if "{key}" not in way.path
                )


def collect_anonymous(app: RunningApp, collection: HtmlCollector) -> None:
    """What whoever is not signed in gets: the doors, and what they say when they stay shut."""
    secret = do(app, _password_link)
    for path in ("/login", f"/set-password/{secret}", "/set-password/nothing", demo.DEMO_PATH, "/nothing"):
        collection.get(f"{path}?lang={collection.who}")
    collection.post("/login", {"email": "nobody@example.test", "password": "nothing at all"})
    collection.post(f"/set-password/{secret}", {"password": "short"})


def _password_link(session: Session) -> str:
    user = session.exec(select(User)).first()
    assert user
    return passwords.create_link(session, user.id, NOON)


def collect_forms(collection: HtmlCollector, ids: dict[str, list[str]]) -> None:
    """What forms and buttons of the pages answer, done well and done badly."""
    call, customer, note = ids["/calls/"][0], ids["/customers/"][0], ids["/notes/"][0]
    for q in ("a", "555", UNKNOWN_NAME):
        for path in ("/find", "/calls/find", "/customers/find"):
            collection.post(path, {"q": q})
        collection.post(f"/calls/{call}/find", {"q": q}, part=True)
    collection.post("/customers/new", {"numbers": "+12025550199"})
    for path in ("/customers", f"/customers/{customer}"):
        collection.post(path, {"name": "", "numbers": "12", "language": "?", "owner": "?"})
        collection.post(path, {"name": "", "numbers": "12"}, part=True)
    collection.post(f"/customers/{customer}/notes", {"body": ""}, part=True)
    for verb in ("pin?offset=yes", "unpin", "finish"):
        collection.post(f"/notes/{note}/{verb}", part=True)
    for path in (
        "/calls?outcome=answered",
        "/promises?whose=all&state=kept",
        "/promises?whose=all&state=open",
    ):
        collection.get(path)
    collection.get("/calls/news?seen=0", part=True)
    for link in sorted({link for page in collection.drawn for link in CARRIER_LINK.findall(page.html)}):
        collection.get(link, part=True)
    collection.post("/ring", {"to": "abc"}, part=True)
    collection.post("/me/password", {"old": "no", "new": "short"})
    collect_promises(collection, ids["/promises/"])
    collection.post(f"/calls/{call}/promises", {"what": "Send the parcel", "due": "hour"}, part=True)


def collect_promises(collection: HtmlCollector, ids: list[str]) -> None:
    """What becomes of a line in the list of promises."""
    for promise in ids:
        path = f"/promises/{promise}"
        collection.get(path, part=True)
        collection.get(f"{path}/edit", part=True)
        collection.post(f"{path}/arrange", {"due": "day", "day": "x", "at": "x"}, part=True)
        for verb in ("drop", "open", "kept", "open"):
            collection.post(f"{path}/{verb}", part=True)


def collect_settings(collection: HtmlCollector, ids: dict[str, list[str]], language: str) -> None:
    """What the forms of settings answer."""
    serves = {"every": "on", "skills": "orders", "languages": "en"}
    somebody = {"name": "Rosa", "email": f"rosa.{language}@example.test", "role": "agent", "number": ""}
    collection.post("/settings/users", {**somebody, "email": "rosa"})
    collection.post("/settings/users", somebody)
    for user in ids["/settings/users/"]:
        path = f"/settings/users/{user}"
        collection.post(path, {"name": "", "role": "agent", "number": "12", "skills": ""})
        collection.post(f"{path}/link")
        for done in ("added", "saved", "disabled"):
            collection.get(f"{path}?done={done}")
        for fields in (serves, {**serves, "languages": "??"}):
            collection.post(f"/settings/queues/{user}", fields, part=True)
        collection.get(f"/pops?agent={user}")


def collect_calls(app: RunningApp, collection: HtmlCollector) -> None:
    """The desk while calls come in: from a stranger, from a number of several people, and from nobody."""
    for caller in ("+12025559876", app.services.store.read_now(_shared_number), ""):
        collect_call(collection, IncomingCall(app, caller).comes())
    for state in ("break", "available"):
        collection.post("/desk/state", {"state": state}, part=True)
    for path in DUE_LINK.findall(collection.visitor.see("/desk/due")):
        collection.post(path, part=True)


def _shared_number(session: Session) -> str:
    e164 = col(CustomerPhone.e164)
    return str(session.exec(select(e164).group_by(e164).having(func.count() > 1)).first())


def collect_call(collection: HtmlCollector, incoming: IncomingCall) -> None:
    """One call, from its first ring until the wrap-up is over, as the desk shows it."""
    path = f"/desk/calls/{incoming.id}"
    collect_desk(collection, incoming)
    incoming.rings()
    collection.get(f"{path}/else", part=True)
    for q in ("a", UNKNOWN_NAME):
        collection.post(f"{path}/find", {"q": q}, part=True)
    incoming.picked_up()
    collect_desk(collection, incoming)
    for name in ("", "Perdita Lane"):
        collection.post(f"{path}/new", {"name": name}, part=True)
    collect_desk(collection, incoming)
    collection.get("/pops")
    incoming.leg_ends(20)
    collect_desk(collection, incoming)
    for verb in ("longer", "end"):
        collection.post(f"/desk/wrap-up/{verb}", part=True)
    incoming.ends()
    collection.get(f"/calls/{incoming.id}/row", part=True)


def collect_desk(collection: HtmlCollector, incoming: IncomingCall) -> None:
    """The desk and its parts as they are now."""
    collection.get("/desk")
    for part in ("call-panel", "state", "notes-panel", f"card/{incoming.id}"):
        collection.get(f"/desk/{part}", part=True)
