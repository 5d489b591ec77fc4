"""Lists: newest first, a page at a time, with filters that say when they don't fit."""

from tests.api.support.each import each
from tests.api.support.office import Office, at, call


def test_calls_come_newest_first(office: Office) -> None:
    office.add(call("old", started_at=at(-5)), call("new", started_at=at(5)), call("noon"))
    assert office.ana.ids("/calls") == ["call_new", "call_noon", "call_old"]


def test_pages_lead_through_everything_once(office: Office) -> None:
    office.add(*(call(f"{number:02}", started_at=at(number // 3)) for number in range(10)))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = office.ana.get("/calls", limit=3, **cursor)
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [f"call_{number:02}" for number in reversed(range(10))]


def test_a_call_that_comes_in_meanwhile_repeats_nothing_on_the_next_page(office: Office) -> None:
    office.add(*(call(str(number), started_at=at(number)) for number in range(4)))
    page = office.ana.get("/calls", limit=2)
    office.add(call("late", started_at=at(60)))
    assert office.ana.ids("/calls", cursor=page["next"]) == ["call_1", "call_0"]


@each("limit", ["0", "201", "-1", "many", "1e2", "50.5"])
def test_a_limit_that_is_none_is_refused(office: Office, limit: str) -> None:
    answer = office.ana.ask("GET", "/calls", params={"limit": limit})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/limit")


@each(
    "cursor",
    ["x", "AAAA", "W10", "WzEsMl0", "é", "a" * 400, "bnVsbA", "WyIyMDI2LTAxLTA1IiwiYSJd", "eyJhIjogMX0="],
)
def test_a_cursor_we_did_not_hand_out_is_refused(office: Office, cursor: str) -> None:
    answer = office.ana.ask("GET", "/calls", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/cursor")


def test_a_page_that_is_just_full_is_the_last(office: Office) -> None:
    office.add(*(call(str(number), started_at=at(number)) for number in range(4)))
    assert office.ana.get("/calls", limit=4)["next"] is None
