"""A complaint from outside: filed for whose number it is, followed under a link that says nothing of them."""

import re
from typing import Any

import pytest
from sqlmodel import Session, select

from callcrm.business import modules
from callcrm.crm import erasure
from callcrm.crm.seams import SEAMS
from callcrm.models.crm.public_form import ComplaintLink, FormSubmission
from tests.clocks import SetClock
from tests.running_app import PUBLIC, RunningApp
from tests.web.forms.visitor import PHONE, Outsider
from tests.web.support.page_client import do, page_text, sign_in

LINK = re.compile(r'href="(/complain/([\w-]{43}))\?lang=en"')


def complain(outsider: Outsider, text: str = "The zip tore.", **more: str) -> Any:
    """The answer to a complaint."""
    fields = {"name": "Mina Halloran", "phone": PHONE, "text": text} | more
    return outsider.send("/complain", fields)


def path_of(response: Any) -> str:
    """The complaint's own link."""
    assert response.status_code == 200, response.text
    link = LINK.search(response.text)
    assert link, response.text
    return link[1]


def filed(app: RunningApp) -> list[Any]:
    """All complaints, newest first."""
    return list(app.get("/complaints")["items"])


def test_it_is_the_customers_whose_number_it_is(app: RunningApp, outsider: Outsider) -> None:
    mina = app.send("POST", "/customers", {"name": "Mina Halloran", "phones": [PHONE]}).json()["id"]
    complain(outsider, about="product", subject="Winter coat")
    (complaint,) = filed(app)
    assert (complaint["customer"]["id"], complaint["about"]) == (mina, "product")
    assert (complaint["product"], complaint["stage"]) == ("Winter coat", "received")
    assert complaint["body"] == "The zip tore."
    assert app.get(f"/customers/{mina}")["open_complaints"] == 1


def test_of_a_stranger_there_is_what_they_say_of_themselves(app: RunningApp, outsider: Outsider) -> None:
    complain(outsider)
    complain(outsider, "Nobody rang.", name="", phone="")
    second, first = filed(app)
    assert (first["customer"], first["name"], first["phone"]) == (None, "Mina Halloran", PHONE)
    assert (second["customer"], second["name"], second["phone"]) == (None, None, None)
    assert first["about"] == "service"


def test_the_one_complained_of_finds_nothing(app: RunningApp, outsider: Outsider) -> None:
    ana = sign_in(app, "Ana Lane", available=True)
    complain(outsider, about="staff", subject="ana")
    (complaint,) = filed(app)
    assert (complaint["staff"]["id"], complaint["owner"]) == (ana.id, None)
    ben, grace = sign_in(app, "Ben", available=True), sign_in(app, "Grace", "supervisor")
    for subject in ("Somebody at the till", "", "Ana Ben"):
        complain(outsider, f"Canary {subject}", about="staff", subject=subject)
        other = filed(app)[0]
        assert (other["about"], other["staff"], other["owner"]) == ("staff", None, None)
        path = f"/complaints/{other['id']}"
        for agent in (ana, ben):
            assert agent.get(path).status_code == 404
            assert "Canary" not in agent.get_page("/complaints?whose=all&state=any")
            assert agent.post(f"{path}/arrange", {"owner": "", "was": "", "staff": ben.id}).status_code == 404
        assert f"Canary {subject}".strip() in page_text(grace.get_page(path))
    assert other["body"] == "Ana Ben\nCanary Ana Ben"
    named = {"owner": "", "was": "", "staff": ben.id}
    assert grace.post(f"{path}/arrange", named | {"staff": grace.id}).status_code == 403
    assert grace.post(f"{path}/arrange", named | {"owner": ana.id}).status_code == 422
    assert grace.post(f"{path}/arrange", named).status_code == 303
    assert (ana.get(path).status_code, ben.get(path).status_code) == (200, 404)
    assert app.send("PATCH", f"/api/v1{path}".removeprefix("/api/v1"), {"staff": ana.id}).status_code == 422


def test_somebody_owns_it_at_once(app: RunningApp, outsider: Outsider) -> None:
    ben = app.hire("Ben", "+12025550102")
    complain(outsider)
    assert filed(app)[0]["owner"]["id"] == ben


def test_its_link_shows_stages_and_dates_alone(app: RunningApp, outsider: Outsider) -> None:
    answer = complain(outsider, "The canary zip tore.", subject="Canary coat")
    path = path_of(answer)
    assert f"{PUBLIC}{path}" in answer.text
    page = outsider.get(path)
    assert page.status_code == 200
    assert "We have it ." in page_text(page.text) or "We have it." in page_text(page.text)
    complaint = filed(app)[0]
    for stage in ("acknowledged", "investigating"):
        patched = app.send("PATCH", f"/complaints/{complaint['id']}", {"stage": stage})
        assert patched.status_code == 200
    page = outsider.get(f"{path}?lang=fa")
    assert 'dir="rtl"' in page.text
    assert page.text.count("reached") == 3
    assert page.text.count('aria-current="step"') == 1
    for word in ("anary", "Mina", PHONE, complaint["id"]):
        assert word not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"


def test_the_secret_is_in_the_link_alone(app: RunningApp, outsider: Outsider) -> None:
    path = path_of(complain(outsider))
    secret = path.rpartition("/")[2]

    def stored(session: Session) -> str:
        rows = [*session.exec(select(ComplaintLink)), *session.exec(select(FormSubmission))]
        return " ".join(repr(row) for row in rows)

    kept = do(app, stored)
    assert secret not in kept
    assert "203.0.113.7" not in kept
    for wrong in (secret[:-1] + ("a" if secret[-1] != "a" else "b"), secret[:-1], "nothing", "%00"):
        assert outsider.get(f"/complain/{wrong}").status_code == 404


def test_sent_twice_it_is_one_with_two_links(app: RunningApp, outsider: Outsider) -> None:
    paths = {path_of(complain(outsider)) for _ in range(5)}
    assert len(paths) == 5
    assert {outsider.get(path).status_code for path in paths} == {200}
    assert "The link is the one" not in page_text(complain(outsider).text)
    assert "We had it already" in page_text(complain(outsider).text)
    assert len(filed(app)) == 1


def test_the_same_words_of_another_or_about_another_are_another(app: RunningApp, outsider: Outsider) -> None:
    ana, nobody = sign_in(app, "Ana Lane"), {"name": "", "phone": ""}
    path_of(complain(outsider, "It was awful.", **nobody))
    path_of(complain(Outsider(app, "203.0.113.8"), "It was awful.", **nobody))
    assert len(filed(app)) == 2
    path_of(complain(outsider, "It was awful."))
    path_of(complain(outsider, "It was awful.", about="staff", subject="Ana"))
    path_of(complain(Outsider(app, "203.0.113.9"), "It was awful."))
    assert [(row["staff"] or {}).get("id") for row in filed(app)] == [ana.id, None, None, None]


def test_each_page_is_counted_apart(app: RunningApp, outsider: Outsider) -> None:
    for n in range(5):
        assert outsider.ask(f"Question {n}").status_code == 200
        assert complain(outsider, f"Complaint {n}").status_code == 200
    assert (outsider.ask("One more").status_code, complain(outsider, "One more").status_code) == (429, 429)
    assert len(filed(app)) == 5


@pytest.mark.parametrize("off", ["forms", "complaints"])
def test_switched_off_it_is_not_there(app: RunningApp, outsider: Outsider, clock: SetClock, off: str) -> None:
    path = path_of(complain(outsider))
    do(app, lambda session: modules.switch_off(session, [off], by=None, now=clock.now()))
    assert outsider.get("/complain").status_code == 404
    assert outsider.get(path).status_code == 404
    assert complain(outsider, "Once more").status_code == 404
    assert (outsider.get("/ask").status_code == 404) == (off == "forms")
    do(app, lambda session: modules.switch_off(session, [], by=None, now=clock.now()))
    assert outsider.get(path).status_code == 200


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"text": ""}, "Write what you want to say."),
        ({"text": "x" * 4001}, "Please say it in fewer words, or ring us."),
        ({"subject": "x" * 201}, "Please say it in fewer words, or ring us."),
        ({"phone": "abc"}, "This is no number that can be rung."),
        ({"website": "x"}, "only programs fill it in"),
    ],
)
def test_what_is_wrong_is_said_in_place(
    app: RunningApp, outsider: Outsider, change: dict[str, str], says: str
) -> None:
    response = complain(outsider, **{"about": "product", "text": "Torn <zip>", **change})
    assert response.status_code == 422
    assert says in page_text(response.text)
    assert '<option value="product" selected>' in response.text
    assert filed(app) == []


def test_the_process_is_said_before(outsider: Outsider) -> None:
    page = outsider.get("/complain")
    text = page_text(page.text)
    for words in ("We look into it", "your money back", "It is settled"):
        assert words in text
    assert "Within 2 hours" in text
    assert "<script" not in page.text


def test_erased_the_link_leads_nowhere(app: RunningApp, outsider: Outsider) -> None:
    mina = app.send("POST", "/customers", {"name": "Mina Halloran", "phones": [PHONE]}).json()["id"]
    path = path_of(complain(outsider))
    do(app, lambda session: erasure.erase(session, SEAMS, mina))
    assert outsider.get(path).status_code == 404
    assert do(app, lambda session: session.exec(select(ComplaintLink)).all()) == []
