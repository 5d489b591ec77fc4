"""Complaints on their pages: from the call to the last step, and everything that follows from them."""

import errno
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import pytest
from sqlmodel import Session, select

from callcrm.crm import erasure, merge
from callcrm.crm.seams import SEAMS
from callcrm.models import Promise
from callcrm.models.crm.complaint import Complaint, ComplaintFile
from callcrm.models.crm.purchase import Purchase, PurchaseItem
from callcrm.reports.measures import figure
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.web.support.call_builders import store_call
from tests.web.support.page_client import PageClient, do, page_text, sign_in

PHONE = "+12025550134"


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """Ana, who takes calls."""
    return sign_in(app, "Ana Lane")


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    """Grace, who supervises."""
    return sign_in(app, "Grace", "supervisor")


@pytest.fixture
def mina(app: RunningApp, ana: PageClient) -> str:
    """A customer who spoke with Ana."""
    mina = str(app.send("POST", "/customers", {"name": "Mina Halloran", "phones": [PHONE]}).json()["id"])
    store_call(app, customer_id=mina, agent_id=ana.id, events=())
    return mina


def taken_down(client: PageClient, **fields: str) -> str:
    """The path of a complaint about a rug, taken down on the call."""
    form = {"about": "product", "product": "Rug", "body": "It is torn.", "call": "call_1", "at": "0:12"}
    response = client.post("/complaints/new", form | fields)
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


def walk(client: PageClient, path: str, *steps: dict[str, str]) -> None:
    """Takes these steps."""
    for step in steps:
        response = client.post(f"{path}/stage", step)
        assert response.status_code == 303, (step, page_text(response.text)[-300:])


CLOSE = {"stage": "closed", "cause": "product", "lesson": "Check every seam.", "told": "yes"}
STEPS: tuple[dict[str, str], ...] = (
    {"stage": "acknowledged"},
    {"stage": "investigating"},
    {"stage": "offered", "offer": "apology", "resolution": "We are sorry."},
    {"stage": "following_up"},
)


def test_it_is_born_in_two_clicks_from_the_call(app: RunningApp, ana: PageClient, mina: str) -> None:
    assert "/complaints/new?call=call_1" in ana.get_page("/calls/call_1")
    form = ana.get_part("/complaints/new?call=call_1")
    assert 'name="call" value="call_1"' in form
    fields = {"about": "product", "product": "Rug", "body": "It is torn.", "call": "call_1", "at": "۱:۱۲"}
    part = page_text(ana.post("/complaints/new", fields, **{"HX-Request": "true"}).text)
    assert "Taken down." in part
    row = do(app, lambda session: session.exec(select(Complaint)).one())
    assert (row.customer_id, row.call_id, row.second, row.owner_id) == (mina, "call_1", 72, ana.id)


@pytest.mark.one_engine
@pytest.mark.parametrize("fields", [{"about": "moon"}, {"body": " "}, {"at": "soon"}, {"about": "staff"}])
def test_what_is_missing_is_said(ana: PageClient, mina: str, fields: dict[str, str]) -> None:
    form = {"about": "product", "product": "Rug", "body": "It is torn.", "call": "call_1", "at": ""}
    assert ana.post("/complaints/new", form | fields).status_code == 422


def test_its_page_leads_from_step_to_step(
    app: RunningApp, ana: PageClient, grace: PageClient, mina: str
) -> None:
    path = taken_down(ana)
    page = page_text(ana.get_page(path))
    assert "Complaint about Rug" in page
    assert "They know we have heard it" in page
    assert ana.post(f"{path}/stage", {"stage": "closed", **CLOSE}).status_code == 409
    walk(ana, path, *STEPS)
    owed = do(app, lambda session: session.exec(select(Promise).order_by(Promise.id)).all())
    assert [promise.what for promise in owed if promise.about_kind == "complaint"] == [
        "Ring and apologise: complaint about \u2068Rug\u2069",
        "Ring and ask whether all is well: complaint about \u2068Rug\u2069",
    ]
    assert {promise.owner_id for promise in owed} == {ana.id}
    ana.post(f"/promises/{owed[0].id}/kept", {"state": "open"})
    assert "Promised calls" in page_text(ana.get_page(path))
    assert "Kept" in page_text(ana.get_page(path))
    for missing in ({"lesson": ""}, {"cause": ""}):
        assert ana.post(f"{path}/stage", {**CLOSE, **missing}).status_code == 422
    walk(ana, path, CLOSE)
    history = page_text(ana.get_page(path))
    assert "Ana Lane took it down" in history
    assert "took the next step: Closed" in history
    assert ana.post(f"{path}/stage", {"stage": "following_up"}).status_code == 409
    walk(grace, path, {"stage": "following_up"})
    assert "opened it again" in page_text(grace.get_page(path))


def test_somebody_else_s_step_is_not_taken_twice(ana: PageClient, grace: PageClient, mina: str) -> None:
    path = taken_down(ana)
    walk(grace, path, {"stage": "acknowledged", "was": "received"})
    assert ana.post(f"{path}/stage", {"stage": "acknowledged", "was": "received"}).status_code == 409
    form = {"owner": grace.id, "was": ana.id}
    assert grace.post(f"{path}/arrange", form).status_code == 303
    assert ana.post(f"{path}/arrange", {"owner": "", "was": ana.id}).status_code == 409


def test_late_ones_are_counted_and_listed(
    app: RunningApp, ana: PageClient, mina: str, clock: SetClock
) -> None:
    taken_down(ana)
    assert page_text(ana.get_part("/complaints/late")) == ""
    clock.advance(2 * 3600 + 1)
    lena, sam = sign_in(app, "Lena"), sign_in(app, "Sam", "supervisor")  # the others' sessions have ended
    assert page_text(lena.get_part("/complaints/late")) == ""  # it is Ana's
    assert page_text(sam.get_part("/complaints/late")) == "1 late"
    assert "Next step late" in page_text(sam.get_page("/complaints?state=late"))
    assert app.get("/complaints", late="true")["items"] == []
    clock.advance(8 * 3600)
    assert len(app.get("/complaints", late="true")["items"]) == 1


def test_it_stands_beside_the_next_call(app: RunningApp, ana: PageClient, mina: str) -> None:
    path = taken_down(ana)
    walk(ana, path, *STEPS[:3])
    app.rings("CA9", PHONE)
    call = app.get("/calls/CA9")["id"]
    card = page_text(ana.get_part(f"/desk/card/{call}"))
    assert "Open complaint 1 Rug : It is torn. Offer made Ana Lane · promised for" in card
    assert "Open complaints" in page_text(ana.get_page(f"/customers/{mina}"))
    assert app.get(f"/customers/{mina}")["open_complaints"] == 1


def test_a_lesson_is_told_to_others_who_bought_the_same(app: RunningApp, ana: PageClient, mina: str) -> None:
    path = taken_down(ana)
    walk(ana, path, *STEPS, CLOSE)
    other = str(app.send("POST", "/customers", {"name": "Tom", "phones": ["+12025550177"]}).json()["id"])
    app.rings("CA8", "+12025550177")
    card = f"/desk/card/{app.get('/calls/CA8')['id']}"
    assert "Check every seam." not in ana.get_part(card)
    do(app, lambda session: bought(session, other, "rug"))
    assert "Check every seam." in ana.get_part(card)
    assert "Check every seam." in ana.get_page("/complaints/lessons")
    causes = page_text(ana.get_page("/complaints/causes"))
    assert "The product itself 1 100%" in causes
    assert ana.post(f"{path}/lesson", {"lesson": "Check every seam.", "cause": "product"}).status_code == 303
    assert "Check every seam." not in ana.get_part(card)


def bought(session: Session, customer: str, key: str) -> None:
    """A purchase of one thing."""
    at = datetime(2026, 1, 5, tzinfo=UTC)
    session.add(
        Purchase(
            id="pur_1", customer_id=customer, at=at, currency="USD", amount=1, payment="cash", created_at=at
        )
    )
    session.flush()
    session.add(PurchaseItem(purchase_id="pur_1", position=0, product=key, product_key=key, amount=1, at=at))


def test_files_are_evidence(app: RunningApp, ana: PageClient, mina: str) -> None:
    path = taken_down(ana)
    sent = app.client.post(
        f"/api/v1{path}/files",
        files={"file": ("../<b>photo.png", b"PNG", "text/html")},
        headers={**app.authorization, "Idempotency-Key": "k"},
    )
    assert sent.status_code == 201, sent.text
    file = sent.json()
    assert (file["name"], file["content_type"], file["bytes"]) == ("<b>photo.png", "image/png", 3)
    got = app.client.get(file["media_url"], headers=app.authorization)
    assert (got.content, got.headers["content-type"]) == (b"PNG", "image/png")
    assert "sandbox" in got.headers["content-security-policy"]
    page = ana.get(f"{path}/files/{file['id']}", Range="bytes=1-")
    assert (page.status_code, page.content) == (206, b"NG")
    assert "&lt;b&gt;photo.png" in ana.get_page(path)
    assert app.get(f"/complaints/{path.rpartition('/')[2]}")["files"] == [file]
    other = taken_down(ana)
    assert ana.get(f"{other}/files/{file['id']}").status_code == 404


@pytest.mark.one_engine
@pytest.mark.parametrize("where", ["uploads.TemporaryFile", "files.complaint_files.shutil.copyfileobj"])
def test_a_file_on_a_full_disk_is_refused_in_words_and_leaves_nothing(
    app: RunningApp, ana: PageClient, mina: str, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = taken_down(ana)
    monkeypatch.setattr(f"callcrm.edge.{where}", full)
    sent = app.client.post(
        f"/api/v1{path}/files", files={"file": ("photo.png", b"PNG")}, headers=app.authorization
    )
    assert (sent.status_code, "our disk takes no more" in sent.json()["detail"]) == (503, True)
    assert not list(app.services.storage.scratch().iterdir())
    assert app.get(f"/complaints/{path.rpartition('/')[2]}")["files"] == []


def test_it_goes_along_with_merged_customers_and_goes_when_one_is_erased(
    app: RunningApp, ana: PageClient, mina: str
) -> None:
    path = taken_down(ana)
    app.client.post(f"/api/v1{path}/files", files={"file": ("a.txt", b"x")}, headers=app.authorization)
    other = str(app.send("POST", "/customers", {"name": "Mina H.", "phones": []}).json()["id"])
    do(app, lambda session: merge.move(session, SEAMS, mina, other))
    assert do(app, lambda session: session.exec(select(Complaint.customer_id)).all()) == [other]
    assert do(app, lambda session: erasure.erase(session, SEAMS, other))["complaint"] == 1
    assert (
        do(app, lambda session: [*session.exec(select(Complaint)), *session.exec(select(ComplaintFile))])
        == []
    )


def test_it_is_measured(app: RunningApp, ana: PageClient, mina: str, clock: SetClock) -> None:
    path = taken_down(ana)
    clock.advance(3600)
    walk(sign_in(app, "Lena"), path, *STEPS, CLOSE)
    now = app.services.clock.now()

    def read(session: Session) -> list[Any]:
        period = now - timedelta(days=1), now + timedelta(seconds=1)
        names = ("complaints_by_product", "complaints_by_staff", "complaint_resolution_time")
        return [figure(session, SEAMS.measures[name], *period).value for name in names]

    assert do(app, read) == [1, 0, 3600]


def test_the_business_decides_its_clocks_and_causes(
    app: RunningApp, ana: PageClient, grace: PageClient, mina: str
) -> None:
    assert ana.get("/settings/complaints").status_code == 403
    assert "Root causes, a line each" in page_text(grace.get_page("/settings/complaints"))
    fields = {"acknowledged": "1", "investigating": "4", "offered": "9", "following_up": "12", "due": "۳"}
    saved = grace.post("/settings/complaints", {**fields, "causes": "Delivery\nThe moon\n", "version": "1"})
    assert saved.status_code == 303, page_text(saved.text)
    path = taken_down(ana)
    complaint = app.get(f"/complaints/{path.rpartition('/')[2]}")
    assert complaint["due_at"] == "2026-01-05T15:00:00.000Z"
    page = ana.get_page("/complaints/causes")
    assert page
    walk(ana, path, *STEPS)
    assert "The moon" in ana.get_page(path)
    assert grace.post("/settings/complaints", {**fields, "due": "0", "causes": "x"}).status_code == 422
    assert grace.post("/settings/complaints", {**fields, "causes": "x", "version": "1"}).status_code == 409
