"""What was typed when a session had ended, or its token was another's, is in the form after the login."""

from typing import Any

import pytest
from sqlmodel import select
from starlette.routing import Route

from callcrm import web
from callcrm.models import Customer, KeptForm, Promise, User
from callcrm.models.crm.complaint import Complaint
from callcrm.models.crm.conduct import ConductStep
from callcrm.models.crm.feedback import FeedbackTheme
from callcrm.models.crm.loyalty import Programme
from callcrm.models.crm.purchase import Purchase
from callcrm.web.kept_form import SECRETS
from callcrm.web.routes import RouteRule
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.shop import Shop, at
from tests.web.editing.conftest import INPUT, attribute, fields_of
from tests.web.resume.conftest import Typist
from tests.web.support.login_client import CSRF_FIELD
from tests.web.support.page_client import do, page_text, tags_on_one_line

pytestmark = pytest.mark.one_engine

MINA = "+12025550134"
HX: dict[str, Any] = {"HX-Request": "true"}
# The route of each form somebody types or chooses in: what is sent, and what of it is to be seen again.
FORMS: dict[str, dict[str, str]] = {
    "/customers": {"name": "Mina <Typed>", "numbers": "(202) 555-0162", "tier": "gold"},
    "/customers/new": {"numbers": "+1 202 555 0162"},
    "/customers/{customer}": {"name": "Mina <Typed>", "numbers": "+12025550162"},
    "/customers/find": {"q": "Somebody <Typed>"},
    "/customers/{customer}/notes": {"body": "A line\nand <another>."},
    "/find": {"q": "Somebody <Typed>"},
    "/calls/find": {"q": "Somebody <Typed>"},
    "/calls/ended": {"call": "{call}", "seen": "{call} other", "disposition": "order_taken"},
    "/calls/{call}/notes": {"body": "A line\nand <another>."},
    "/calls/{call}/find": {"q": "Somebody <Typed>"},
    "/calls/{call}/disposition": {"disposition": "order_taken"},
    "/calls/{call}/promises": {"what": "A blue <one>", "due": "day", "day": "2026-01-07", "at": "10:30"},
    "/desk/calls/{call}/new": {"name": "Mina <Typed>", "language": "fa"},
    "/desk/calls/{call}/find": {"q": "Somebody <Typed>"},
    "/promises/{promise}/arrange": {"owner": "", "due": "tomorrow"},
    "/settings/users": {"email": "new@example.test", "name": "New <One>", "role": "supervisor", "number": ""},
    "/settings/users/{user}": {"name": "Mia <Typed>", "role": "agent", "number": "", "skills": "a, b"},
    "/settings/tiers": {"code": "gold", "gold.name": "Gold <Typed>", "gold.purchases": "12"},
    "/settings/queues/{user}": {"queue": "sales", "skills": "refunds, orders", "languages": "fa"},
    "/settings/tokens": {"name": "A <program>", "role": "agent", "user": "", "expires": "30d"},
    "/settings/forms": {"origins": "https://shop.example\nhttps://<typed>"},
    "/complaints/new": {"about": "service", "product": "A <coat>", "body": "The <zip>\ntears."},
    "/complaints/{complaint}/stage": {"stage": "closed", "cause": "delivery", "lesson": "Look <twice>."},
    "/complaints/{complaint}/arrange": {"owner": "", "at": "10:30"},
    "/complaints/{closed}/lesson": {"cause": "bill", "lesson": "Look <thrice>."},
    "/settings/complaints": {"acknowledged": "3", "due": "9", "causes": "The <zip>\nThe moon"},
    "/feedback/new": {"other": "A <coat>", "body": "The <zip>\ntears."},
    "/feedback/{theme}/name": {"text": "The <zip> tears"},
    "/answers": {"question": "Is it <open>?", "answer": "Yes.\nAlways.", "language": "fa", "queue": "sales"},
    "/answers/find": {"q": "Somebody <Typed>"},
    "/answers/{answer}": {"question": "Is it <shut>?", "answer": "No.", "language": "fa", "queue": ""},
    "/calls/{call}/questions": {"question": "Why <not>?"},
    "/calls/{call}/subject": {"subject": "orders"},
    "/contacts/find": {"q": "Somebody <Typed>"},
    "/contacts/{contact}": {
        "kind": "email",
        "direction": "outbound",
        "body": "A\n<line>",
        "subject": "orders",
    },
    "/customers/{customer}/contacts": {"kind": "letter", "body": "A\n<line>", "day": "2026-01-02"},
    "/settings/subjects": {"name": "A <subject>", "level": "1", "code": ""},
    "/settings/surveys": {"kind": "effort", "channel": "sms", "every_days": "45"},
    "/customers/{customer}/purchases": {"product": "A <coat>", "total": "12,50", "currency": "EUR"},
    "/purchases/{purchase}/returns": {"total": "3.50", "reason": "Too <wide>"},
    "/settings/programmes": {"name": "Every <tenth>", "kind": "every_nth", "n": "10"},
    "/settings/programmes/{programme}": {"name": "Five <off>", "kind": "percent", "percent": "7"},
    "/customers/{customer}/redeem": {"programme": "{programme}", "note": "For <her>."},
    "/settings/conduct": {"minutes": "7", "days": "45"},
    "/conduct/incidents/new": {"customer": "{customer}", "second": "4", "body": "He <shouted>."},
    "/customers/{customer}/conduct": {"step": "warned", "reason": "He <shouted>.", "text": "Don't <shout>."},
    "/customers/{customer}/contact-plan": {"agent": "{user}", "reason": "He <shouts>.", "saturday": "9-12"},
    "/customers/{customer}/conduct/ring": {"agent": "{user}", "reason": "He <asked>."},
    "/conduct/steps/{proposed}/refuse": {"reason": "Too <hard>."},
    "/conduct/steps/{step}/lift": {"reason": "All is <well>."},
    "/me/preferences": {"language": "en", "theme": "dark"},
    "/me/password": {"old": "never kept at all", "new": "not this one either"},
    "/me/language": {"language": "fa"},
}
FIVE_OFF: dict[str, Any] = {"name": "Five off", "kind": "percent", "parameters": {"percent": 5}}
KEPT_SEARCHES = ("/customers/find", "/find", "/calls/find", "/answers/find", "/contacts/find")
SEARCHES = ("/customers/new", *KEPT_SEARCHES)
# Nothing is typed or filled in here: buttons, and what scripts report.
BARE = {
    "/purchases/{id}/undo", "/returns/{id}/undo", "/imports/{id}/try", "/imports/{id}/run",
    "/imports/{id}/undo", "/imports",
    "/logout", "/ring", "/calls/{id}/customer", "/desk/state", "/desk/due/{id}/kept",
    "/desk/wrap-up/end", "/desk/wrap-up/longer", "/desk/calls/{id}/pass", "/desk/calls/{id}/hang-up",
    "/desk/calls/{id}/customer", "/desk/calls/{id}/known", "/desk/pops/{id}/{kind}", "/desk/softphone",
    "/promises/{id}/kept", "/promises/{id}/drop", "/promises/{id}/open", "/notes/{id}/finish",
    "/notes/{id}/pin", "/notes/{id}/unpin", "/settings/users/{id}/disable", "/settings/users/{id}/enable",
    "/settings/users/{id}/link", "/settings/users/{id}/sessions/end", "/settings/users/{id}/offline",
    "/settings/users/{id}/guessing/seen", "/settings/queues/{id}/free", "/settings/dead-letters/retry",
    "/me/guessing/seen", "/messages/{id}/answered", "/messages/{id}/unanswered",
    "/settings/modules/{id}", "/settings/fields/{id}", "/feedback/{id}/theme",
    "/feedback/{id}/state", "/feedback/{id}/merge", "/feedback/{id}/told",
    "/customers/{id}/tier", "/complaints/{id}/files",
    "/feedback/{id}/not-told", "/feedback/{id}/promise",
    "/answers/{id}/opened", "/answers/{id}/helped", "/answers/{id}/publish", "/answers/{id}/decline",
    "/answers/{id}/withdraw", "/answers/{id}/versions/{number}/restore", "/answers/questions/{id}/aside",
    "/desk/answers/{id}",
    "/redemptions/{id}/approve", "/redemptions/{id}/refuse", "/redemptions/{id}/undo",
    "/customers/{id}/goodwill", "/settings/programmes/examples", "/conduct/abuse", "/conduct/abuse/{id}/undo",
    "/conduct/incidents/{id}/help", "/conduct/incidents/{id}/withdraw", "/conduct/steps/{id}/approve",
    "/conduct/steps/{id}/review",
    "/surveys/responses/{id}/story", "/surveys/weeks/{id}/seen", "/surveys/link",
    "/settings/tokens/{id}/revoke", "/me/sessions/end", "/me/sessions/{id}/end",
}  # fmt: skip


@pytest.fixture
def paths(app: RunningApp, ana: Typist, shop: Shop) -> dict[str, str]:
    """The address of each form, by its template."""
    mia = Typist(app, "mia", "agent").id
    customer = app.send("POST", "/customers", {"name": "Mina", "phones": ["+12025550177"]}).json()["id"]
    columns: dict[str, Any] = {"kind": "promised", "what": "Ring.", "due_at": at(60), "created_at": at(-90)}
    promise = shop.add(Promise(id="prm_1", **columns)).id
    call = shop.answered(MINA)
    names = {"customer": customer, "call": call, "promise": promise, "user": mia}
    theme: dict[str, Any] = {
        "product": "Coat",
        "product_key": "coat",
        "kind": "works",
        "text": "Warm",
        "created_at": at(-90),
    }
    bought: dict[str, Any] = {"customer_id": customer, "currency": "USD", "amount": 500, "payment": "cash"}
    names["purchase"] = shop.add(Purchase(id="pur_1", at=at(0), created_at=at(0), **bought)).id
    names["theme"] = shop.add(FeedbackTheme(id="fbt_1", **theme)).id
    app.send("PUT", "/subjects", [{"code": "orders", "name": "Orders"}])
    for name, stage, closed_at in (("complaint", "following_up", None), ("closed", "closed", at(1))):
        names[name] = shop.add(complaint(name, stage, closed_at)).id
    names["answer"] = app.send("POST", "/answers", {"question": "Open?", "answer": "Yes."}).json()["id"]
    logged = app.send("POST", f"/customers/{customer}/contacts", {"kind": "visit"})
    names["contact"] = logged.json()["id"]
    names["programme"] = shop.add(Programme(id="prg_1", created_at=at(0), **FIVE_OFF)).id
    for name, step, state in (("proposed", "plan", "proposed"), ("step", "warned", "in_force")):
        proposal: dict[str, Any] = {"reason": "Rings at night.", "proposed_by": mia, "proposed_at": at(0)}
        row = ConductStep(id=f"cst_{name}", customer_id=customer, step=step, state=state, **proposal)
        names[name] = shop.add(row).id
    return {template: template.format(**names) for template in FORMS}


# Forms whose addresses end in, or begin with, what other forms name.
NAMED = {
    "{customer}": "/customers/{customer}",
    "{call}": "/calls/{call}/notes",
    "{user}": "/settings/users/{user}",
    "{programme}": "/settings/programmes/{programme}",
}


def filled_in(fields: dict[str, str], paths: dict[str, str]) -> dict[str, str]:
    """The fields of a form, with the ids of what they name."""
    for name, template in NAMED.items():
        part = paths[template].split("/")[template.split("/").index(name)]
        fields = {field: value.replace(name, part) for field, value in fields.items()}
    return fields


def complaint(name: str, stage: str, closed_at: Any) -> Complaint:
    """A complaint in this stage."""
    columns: dict[str, Any] = {"about": "service", "body": "Torn.", "search_text": "torn", "stage": stage}
    times: dict[str, Any] = {"opened_at": at(-90), "due_at": at(90), "created_at": at(-90)}
    return Complaint(id=f"cmp_{name}", **columns, **times, closed_at=closed_at)


def test_every_form_is_in_one_of_the_two_tables() -> None:
    rules = {
        route.path: rule.refill is not None
        for route in web.routes
        if isinstance(route, Route) and "POST" in (route.methods or ())
        if isinstance(rule := getattr(route.endpoint, "rule", None), RouteRule)
    }
    filled = {path for path, has_refill in rules.items() if has_refill}
    names = (
        *("customer", "call", "promise", "user", "theme", "purchase", "answer", "contact"),
        *("complaint", "closed", "programme", "proposed", "step"),
    )
    ids = dict.fromkeys(names, "{id}")
    assert filled == {template.format(**ids) for template in FORMS}
    assert rules.keys() - filled == BARE


def shown(page: str, template: str, path: str, fields: dict[str, str]) -> None:
    """Asserts that the page has the fields of the form as they were sent, passwords aside."""
    kept = {name: value for name, value in fields.items() if name not in ("old", "new")}
    if template in ("/me/language", "/me/password"):
        assert f'action="{path}"' in page
    elif "find" in template or template == "/customers/new":
        assert all(
            value.replace("<", "&lt;").replace(">", "&gt;").split()[-1] in page for value in kept.values()
        )
    elif template == "/settings/subjects":
        assert 'value="A &lt;subject&gt;"' in page
    elif template == "/settings/queues/{user}":
        assert 'value="refunds, orders"' in page
        assert "Not saved yet." in page_text(page)
    else:
        assert kept.items() <= fields_of(page, path).items()
    assert not any(fields[name] in page for name in fields.keys() & {"old", "new"})


@pytest.mark.parametrize("template", FORMS)
@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_after_the_login_one_is_back_in_the_form(
    ana: Typist, paths: dict[str, str], template: str, headers: dict[str, Any]
) -> None:
    path, token = paths[template], ana.token_of_page()
    fields = filled_in(FORMS[template], paths)
    ana.end_sessions()
    sent = ana.browser.post(path, {"csrf": token, **fields}, **headers)
    assert sent.status_code == (401 if headers else 303)
    login = sent.headers["hx-redirect" if headers else "location"]
    assert login == "/login?next=/resume"
    page = ana.sign_in_again(login)
    if template in KEPT_SEARCHES:  # which saves nothing: it is done, and leads to what it finds
        page = ana.browser.get(page.headers["location"])
    else:
        assert "Your sign-in had ended, so this was not saved." in page_text(page.text)
    assert page.status_code == 200, page.text[-500:]
    shown(page.text, template, path, fields)


@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_a_token_of_an_earlier_login_leads_back_into_the_form_at_once(
    app: RunningApp, ana: Typist, headers: dict[str, Any]
) -> None:
    token = ana.token_of_page()
    ana.end_sessions()
    ana.browser.sign_in(ana.email)
    sent = ana.browser.post("/customers", {"csrf": token, "name": "Mina Typed", "numbers": MINA}, **headers)
    assert sent.headers["hx-redirect" if headers else "location"] == "/resume"
    page = ana.browser.get("/resume")
    fields = fields_of(page.text, "/customers")
    assert (fields["name"], fields["numbers"]) == ("Mina Typed", MINA)
    assert names(app) == []
    new_token = CSRF_FIELD.search(page.text)
    assert new_token
    done = ana.browser.post("/customers", {"csrf": new_token[1], **fields})
    assert (done.status_code, names(app)) == (303, ["Mina Typed"])
    assert do(app, lambda session: session.exec(select(KeptForm)).all()) == []
    assert ana.browser.get("/resume").headers["location"] == "/"


def names(app: RunningApp) -> list[str]:
    """The names of all customers."""
    return list(do(app, lambda session: session.exec(select(Customer.name)).all()))


def test_nobody_else_is_shown_what_was_typed(app: RunningApp, ana: Typist) -> None:
    token = ana.token_of_page()
    ana.end_sessions()
    ana.browser.post("/customers", {"csrf": token, "name": "Mina Typed"})
    ben = Typist(app, "ben")
    for cookies in (dict(ana.browser.cookies), {}):
        ben.browser.cookies = cookies | {}
        signed_in = ben.browser.sign_in(ben.email)
        assert signed_in.headers["location"] == "/"
        assert ben.browser.get("/resume").headers["location"] == "/"
    ana.browser.cookies |= {name: value for name, value in ana.browser.cookies.items() if "kept" in name}
    assert "Mina Typed" in ana.sign_in_again("/login").text


def test_a_form_of_who_was_here_before_waits_for_them(app: RunningApp, ana: Typist) -> None:
    token = ana.token_of_page()
    ben = Typist(app, "ben")
    ben.browser.cookies = ana.browser.cookies
    ben.browser.cookies.pop("__Host-callcrm")
    ben.browser.sign_in(ben.email)
    sent = ben.browser.post("/customers", {"csrf": token, "name": "Mina Typed"})
    assert sent.status_code == 403
    assert "Mina Typed" not in sent.text
    assert ben.browser.get("/resume").headers["location"] == "/"
    own = {"csrf": ben.token_of_page(), "name": "Somebody of Ben's"}
    assert ben.browser.post("/customers", own).status_code == 303  # the same form, and his
    ana.end_sessions()
    ben.end_sessions()
    assert "Mina Typed" in ana.sign_in_again("/login").text


def test_what_another_site_sends_is_not_kept(app: RunningApp, ana: Typist) -> None:
    token, cookies = ana.token_of_page(), dict(ana.browser.cookies)
    ana.end_sessions()
    fields = {"csrf": token, "name": "Mina Typed"}
    elsewhere: list[dict[str, Any]] = [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
    for headers in elsewhere:
        assert ana.browser.post("/customers", fields, **headers).status_code == 401
    ana.browser.cookies = {}  # what another site sends comes without cookies, which are SameSite
    assert ana.browser.post("/customers", fields).status_code == 401
    ana.browser.cookies = cookies
    for wrong in ("", "x" * 43, token[:-1]):
        assert ana.browser.post("/customers", fields | {"csrf": wrong}).status_code == 401
    assert do(app, lambda session: session.exec(select(KeptForm)).all()) == []


def test_a_forged_token_is_refused_as_ever_while_one_is_signed_in(app: RunningApp, ana: Typist) -> None:
    for wrong in ("", "x" * 43):
        assert ana.browser.post("/customers", {"csrf": wrong, "name": "Mina"}).status_code == 403
    headers: dict[str, Any] = {"Sec-Fetch-Site": "cross-site"}
    sent = ana.browser.post("/customers", {"csrf": ana.token_of_page(), "name": "Mina"}, **headers)
    assert (sent.status_code, names(app)) == (403, [])


def test_it_is_kept_for_an_hour_and_at_most_ten_of_one_user(
    app: RunningApp, ana: Typist, clock: SetClock
) -> None:
    token = ana.token_of_page()
    ana.end_sessions()
    for number in range(12):
        ana.browser.post("/customers", {"csrf": token, "name": f"Mina {number}"})
    assert len(do(app, lambda session: session.exec(select(KeptForm)).all())) == 10
    clock.advance(3601)
    signed_in = ana.browser.sign_in(ana.email)
    assert signed_in.headers["location"] == "/"
    assert ana.browser.get("/resume").headers["location"] == "/"


def test_no_field_of_a_password_is_among_those_that_are_kept(ana: Typist, paths: dict[str, str]) -> None:
    pages = ("/me", "/settings/users/new", paths["/settings/users/{user}"], "/settings/tokens")
    fields = {
        str(attribute(tag, "name"))
        for path in pages
        for tag in INPUT.findall(tags_on_one_line(ana.browser.get(path).text))
        if attribute(tag, "type") == "password"
    }
    assert len(fields) >= 4
    assert [name for name in fields if not SECRETS.search(name)] == []


def test_no_password_is_written_anywhere(app: RunningApp, ana: Typist) -> None:
    token = ana.token_of_page()
    ana.end_sessions()
    fields = {
        "csrf": token,
        "old": "never kept at all",
        "new": "not this one either",
        "own_password": "nor this",
    }
    ana.browser.post("/me/password", fields)
    kept = do(app, lambda session: session.exec(select(KeptForm)).one())
    assert kept.fields == []


def test_a_role_that_was_taken_meanwhile_is_gone(app: RunningApp, ana: Typist) -> None:
    token = ana.token_of_page()
    ana.end_sessions()
    ana.browser.post("/settings/users", {"csrf": token, "name": "New One"})
    do(app, lambda session: setattr(session.get(User, ana.id), "role", "agent"))
    page = ana.sign_in_again("/login")
    assert page.status_code == 403
    assert "New One" not in page.text


def test_a_form_that_was_stale_too_shows_both_versions_when_it_is_sent(app: RunningApp, ana: Typist) -> None:
    customer = app.send("POST", "/customers", {"name": "Mina", "phones": []}).json()["id"]
    path, token = f"/customers/{customer}", ana.token_of_page()
    fields = fields_of(ana.browser.get(f"{path}/edit").text, path) | {"name": "Mina Typed"}
    ana.end_sessions()
    app.send("PATCH", path, {"name": "Mina Stored"})
    ana.browser.post(path, {"csrf": token, **fields})
    page = ana.sign_in_again("/login")
    new_token = CSRF_FIELD.search(page.text)
    assert new_token
    both = ana.browser.post(path, {"csrf": new_token[1], **fields_of(page.text, path)})
    assert both.status_code == 409
    assert "What you chose Mina Typed Stored meanwhile Mina Stored" in page_text(both.text)
