"""What customers say of products, from the API: under themes, counted, with the customers behind them."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from callcrm.crm import erasure, export, merge
from callcrm.crm.feedback import matching
from callcrm.crm.seams import SEAMS
from callcrm.reports.measures import figure, rows
from tests.clocks import SetClock
from tests.crm.feedback.voices import Voices
from tests.web.support.page_client import do

PHONE = "+12025550134"


def test_what_is_alike_is_one_theme_with_those_who_said_it(voices: Voices) -> None:
    mina, omar = voices.customer("Mina Halloran"), voices.customer("Omar Said")
    first = voices.say("The zip tears at once.", customer=mina)
    again = voices.say("Zips are tearing", "winter  COAT", customer=omar)
    other = voices.say("Too short for me.", customer=omar)
    kind = voices.say("The zip holds.", kind="works")
    assert first["theme"] == again["theme"]
    assert len({first["theme"], other["theme"], kind["theme"]}) == 3
    theme = voices.app.get(f"/feedback-themes/{first['theme']}")
    assert (theme["product"], theme["kind"], theme["text"]) == (
        "Winter coat",
        "does_not",
        "The zip tears at once.",
    )
    assert (theme["state"], theme["count"]) == ("heard", 2)
    assert theme["customers"] == [{"id": omar, "name": "Omar Said"}, {"id": mina, "name": "Mina Halloran"}]
    assert [row["id"] for row in voices.themes(product="WINTER COAT", kind="does_not")] == [
        other["theme"],
        first["theme"],
    ]
    assert first | {"customer": None} == voices.app.get(f"/feedback/{first['id']}") | {"customer": None}
    assert first["customer"] == {"id": mina, "name": "Mina Halloran"}


def test_a_theme_is_followed_and_what_is_done_is_a_new_one(voices: Voices) -> None:
    theme = voices.say("The zip tears.")["theme"]
    for state in ("planned", "not_now", "heard", "done"):
        assert voices.decide(theme, state)["state"] == state
    assert voices.say("The zip tears.")["theme"] != theme
    assert [row["id"] for row in voices.themes(state="done")] == [theme]
    listed = voices.app.get("/feedback", state="done", product="winter coat", kind="does_not")["items"]
    assert [row["theme"] for row in listed] == [theme]
    assert voices.app.get("/feedback", kind="works")["items"] == []


def test_lists_are_cut_into_pages(voices: Voices) -> None:
    ids = [voices.say(f"Word{n:x}")["id"] for n in range(5)]
    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = voices.app.get("/feedback", limit="2", **cursor)
        found += [row["id"] for row in page["items"]]
        cursor = {"cursor": page["next"]} if page["next"] else {}
    assert (found, page["next"]) == (ids[::-1], None)


@pytest.mark.parametrize(
    "change",
    [
        {"product": " "},
        {"product": "\u200c"},
        {"kind": "hates"},
        {"body": "\n"},
        {"body": "x" * 4001},
        {"product": "x" * 201},
    ],
)
def test_what_can_not_be_taken_down_is_refused(voices: Voices, change: dict[str, str]) -> None:
    body = {"product": "Coat", "kind": "works", "body": "Warm."} | change
    assert voices.app.send("POST", "/feedback", body).status_code == 422


@pytest.mark.parametrize("name", ["customer", "call", "theme"])
def test_what_it_refers_to_must_be_there(voices: Voices, name: str) -> None:
    body = {"product": "Coat", "kind": "works", "body": "Warm.", name: "nobody"}
    assert voices.app.send("POST", "/feedback", body).status_code == 404


def test_one_key_takes_down_once(voices: Voices) -> None:
    body = {"product": "Coat", "kind": "works", "body": "Warm."}
    key = {"Idempotency-Key": "k1"}
    first, again = (voices.app.send("POST", "/feedback", body, **key).json() for _ in range(2))
    assert first == again
    assert voices.app.send("POST", "/feedback", body | {"body": "Cold."}, **key).status_code == 422
    assert len(voices.app.get("/feedback")["items"]) == 1


def test_the_callers_customer_said_it_also_when_the_call_finds_them_later(voices: Voices) -> None:
    voices.app.rings("CA1", PHONE)
    call = voices.app.get("/calls/CA1")["id"]
    row = voices.say("No sleeves!", call=call)
    assert (row["call"], row["customer"]) == (call, None)
    mina = voices.customer("Mina Halloran", PHONE)
    assert voices.app.get(f"/feedback/{row['id']}")["customer"]["id"] == mina
    assert voices.say("Sleeves!", call=call)["customer"]["id"] == mina
    kinds = [entry["kind"] for entry in voices.app.get(f"/customers/{mina}/history")["items"]]
    assert kinds == ["feedback", "feedback", "call"]
    (entry, _) = voices.app.get(f"/customers/{mina}/history", kind="feedback")["items"]
    assert entry["feedback"]["body"] == "Sleeves!"


def test_supervisors_join_two_themes(voices: Voices) -> None:
    one, two = voices.say("The zip tears.")["theme"], voices.say("It is torn at the hem.")["theme"]
    far = voices.say("Warm", kind="works")["theme"]
    assert one != two
    path = f"/feedback-themes/{one}"
    assert voices.app.send("PATCH", path, {"merge": far}).status_code == 422
    assert voices.app.send("PATCH", path, {"merge": one}).status_code == 422
    before = voices.app.client.get(f"/api/v1{path}", headers=voices.app.authorization).headers["etag"]
    joined = voices.app.send("PATCH", path, {"merge": two})
    assert (joined.json()["count"], joined.headers["etag"] != before) == (2, True)
    assert voices.app.get(f"/feedback-themes/{two}")["id"] == one
    assert {row["id"] for row in voices.themes()} == {one, far}
    assert voices.say("It is torn again", theme=two)["theme"] == one


def test_it_is_measured_exported_and_searched(voices: Voices, clock: SetClock) -> None:
    mina = voices.customer("Mina Halloran")
    voices.say("The zip tears.", customer=mina)
    now = clock.now()

    def read(session: Session) -> tuple[float | None, int, list[str]]:
        measure = SEAMS.measures["feedback_by_product"]
        period = (now - timedelta(days=1), now + timedelta(seconds=1))
        lines = list(export.lines(session, SEAMS.exports["feedback"]))
        return figure(session, measure, *period).value, len(rows(session, measure, *period)), lines

    value, behind, lines = do(voices.app, read)
    assert (value, behind) == (1, 1)
    assert lines[0].startswith("id,product,kind,body,customer_id,")
    assert "Winter coat,does_not,The zip tears.," in lines[1]
    assert lines[1].endswith("The zip tears.,heard\r\n")


def test_it_goes_along_when_customers_are_merged(voices: Voices) -> None:
    mina, other = voices.customer("Mina Halloran"), voices.customer("Mina H.")
    row = voices.say("The zip tears.", customer=mina)
    moved = do(voices.app, lambda session: merge.move(session, SEAMS, mina, other))
    assert voices.app.get(f"/feedback/{row['id']}")["customer"]["id"] == other
    do(voices.app, lambda session: merge.move_back(session, SEAMS, moved, mina))
    assert voices.app.get(f"/feedback/{row['id']}")["customer"]["id"] == mina


def test_erasing_takes_the_words_off_the_themes_too(voices: Voices) -> None:
    mina, omar = voices.customer("Mina Halloran"), voices.customer("Omar Said")
    shared = voices.say("Canary zip tears.", customer=mina)["theme"]
    assert voices.say("The zip tears.", customer=omar)["theme"] == shared
    alone = voices.say("Magpie buttons", customer=mina)["theme"]
    part = voices.say("Raven hem", customer=mina)["theme"]
    voices.app.send("PATCH", f"/feedback-themes/{shared}", {"merge": part})
    assert do(voices.app, lambda session: erasure.erase(session, SEAMS, mina))["feedback"] == 3
    (theme,) = voices.themes()
    assert (theme["id"], theme["text"], theme["count"]) == (shared, "The zip tears.", 1)
    assert voices.app.send("GET", f"/feedback-themes/{alone}").status_code == 404
    left = str(do(voices.app, _everything))
    assert [bird for bird in ("Canary", "Magpie", "Raven") if bird in left] == []


def _everything(session: Session) -> list[str]:
    return [line for name in SEAMS.exports for line in export.lines(session, SEAMS.exports[name])]


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("Zips are bad", 0),
        ("The pocket leaks", 1),
        ("Leaking!", 1),
        ("Winter coat", None),
        ("And the of", None),
        ("", None),
        ("زیپ‌ها خراب است", 2),
    ],
)
def test_the_best_theme_shares_most_words_whatever_their_endings(body: str, place: int | None) -> None:
    themes = ["The zip is bad", "It leaks at the pocket of the coat", "زیپش گیر می‌کند"]
    assert matching.best(body, "Winter coat", themes) == place
