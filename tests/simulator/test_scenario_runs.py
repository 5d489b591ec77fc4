"""The library of scenarios, and running them against an app."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from callcrm.base.errors import NotFound
from callcrm.simulator.scenarios.library import MenuKeys, find_scenario, library
from callcrm.simulator.scenarios.report import Report
from callcrm.simulator.scenarios.run import run_scenario
from tests.simulator.simulation import ACCOUNT, OURS, TOKEN, ScriptedAnswer, ScriptedApp

PUBLIC = "https://desk.example"
ROOT = "/webhooks/twilio"
OPERATOR = "+12025550190"
OK = Response(status_code=204)
SCREENED = (
    f"<Dial action='{ROOT}/unanswered' timeout='20'><Number url='{ROOT}/screen'>{OPERATOR}</Number></Dial>"
)
MENU = (
    f"<Gather numDigits='1' action='{ROOT}/main' timeout='5'><Say>Sales or support</Say></Gather>{SCREENED}"
)


def dialled(form: dict[str, str]) -> str:
    if form["DialBridged"] == "true":
        return "<Hangup/>"
    return f"<Say>Leave a message</Say><Record action='{ROOT}/thanks'/>"


def chosen(form: dict[str, str]) -> str:
    return SCREENED if form["Digits"] in "012" else MENU


def rung(form: dict[str, str]) -> str:
    return dialled(form) if form["DialBridged"] == "true" else SCREENED.replace("unanswered", "operator")


def good_app() -> dict[str, ScriptedAnswer]:
    """A small business: a language, a menu, somebody rings twice, a recorder."""
    language = f"<Gather numDigits='1' action='{ROOT}/language' timeout='3'><Say>Language</Say></Gather>"
    return {
        f"{ROOT}/voice": language + f"<Redirect>{ROOT}/language</Redirect>",
        f"{ROOT}/language": MENU,
        f"{ROOT}/main": chosen,
        f"{ROOT}/unanswered": rung,
        f"{ROOT}/operator": dialled,
        f"{ROOT}/screen": f"<Gather numDigits='1' action='{ROOT}/accepted' timeout='4'/><Hangup/>",
        f"{ROOT}/accepted": "",
        f"{ROOT}/thanks": "<Say>Thank you</Say><Hangup/>",
        f"{ROOT}/status": OK,
    }


def run(name: str, answers: dict[str, ScriptedAnswer], **more: Any) -> Report:
    app = ScriptedApp(answers)
    starlette = Starlette(routes=[Route("/{path:path}", app.__call__, methods=["GET", "POST"])])
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=starlette))
    options: dict[str, Any] = {"virtual": True, "seed": 1, "http": http, "calls": 1, **more}
    return asyncio.run(
        run_scenario(name, PUBLIC, account_sid=ACCOUNT, auth_token=TOKEN, number=OURS, **options)
    )


@pytest.mark.parametrize("name", library())
def test_a_good_app_passes_every_scenario(name: str) -> None:
    report = run(name, good_app())
    assert report.lines()[:-1] == [str(call) for call in report.calls]
    assert report.ok, report.lines()


def good_app_with(path: str, answer: ScriptedAnswer) -> dict[str, ScriptedAnswer]:
    return good_app() | {f"{ROOT}{path}": answer}


@pytest.mark.parametrize(
    ("name", "app", "complaint"),
    [
        ("answered", good_app_with("/main", "<Say>Call again</Say>"), "reached no human"),
        ("busy", good_app_with("/operator", "<Hangup/>"), "left no message"),
        ("wrong_keys", good_app_with("/main", "<Hangup/>"), "reached no human"),
        (
            "silence",
            good_app_with("/language", "<Pause length='90'/>" + SCREENED),
            "s until somebody was rung",
        ),
        ("machine", good_app_with("/voice", SCREENED.replace(f" url='{ROOT}/screen'", "")), "connected with"),
        ("callback", good_app_with("/main", "<Hangup/>"), "without a human, a recorder or a word"),
        ("answered", good_app_with("/voice", Response(status_code=500)), "11200"),
        ("abandoned_in_menu", good_app_with("/voice", SCREENED), "telephones rang"),
    ],
)
def test_a_bad_app_is_found_out(name: str, app: dict[str, ScriptedAnswer], complaint: str) -> None:
    report = run(name, app)
    assert report.exit_code == 1
    assert complaint in "\n".join(report.lines())


def test_callbacks_that_are_not_taken_fail_the_run() -> None:
    report = run("answered", good_app_with("/status", Response(status_code=403)))
    assert report.exit_code == 1
    assert report.failures == (
        f"status {PUBLIC}{ROOT}/status: status 403 (do token and public URL fit?) (1 times)",
    )


def test_an_app_that_is_not_there_fails_the_run_without_a_crash() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    http = httpx.AsyncClient(transport=httpx.MockTransport(refuse))
    report = run("answered", {}, http=http)
    assert report.exit_code == 1
    assert "no connection" in "\n".join(report.lines())


def test_many_calls_come_at_their_rate_and_each_is_reported() -> None:
    report = run("answered", good_app(), calls=40, rate=4.0)
    assert len(report.calls) == len({call.sid for call in report.calls}) == 40
    assert report.ok, report.lines()


def test_the_same_seed_tells_the_same_story() -> None:
    assert run("no_answer", good_app(), calls=3) == run("no_answer", good_app(), calls=3)


def test_keys_can_be_those_of_another_flow() -> None:
    one_language = good_app() | {f"{ROOT}/voice": MENU}
    assert run("answered", one_language, keys=MenuKeys(english="")).ok


def test_an_unknown_scenario_is_named_with_the_ones_there_are() -> None:
    with pytest.raises(NotFound, match="abandoned_in_queue"):
        find_scenario("lunch")


def test_there_are_at_least_a_dozen_scenarios_each_with_a_sentence() -> None:
    assert len(library()) >= 12
    assert all(scenario.description.endswith(".") for scenario in library().values())


def test_a_run_in_real_time_can_serve_the_rest_api_meanwhile() -> None:
    report = run("abandoned_at_once", good_app(), virtual=False, rest=("127.0.0.1", 0))
    assert report.ok, report.lines()


def test_a_run_stays_until_the_app_has_fetched_its_recordings() -> None:
    fetched: list[int] = []
    running: set[asyncio.Task[None]] = set()

    async def fetch(url: str) -> None:
        await asyncio.sleep(0.4)  # longer than the server takes to close
        async with httpx.AsyncClient(trust_env=False, auth=(ACCOUNT, TOKEN)) as http:
            fetched.append((await http.get(url)).status_code)

    def recording_callback(form: dict[str, str]) -> Response:
        task = asyncio.get_running_loop().create_task(fetch(form["RecordingUrl"]))
        running.add(task)
        return OK

    recorder = f"<Record action='{ROOT}/thanks' recordingStatusCallback='{ROOT}/recorded'/>"
    app = good_app() | {f"{ROOT}/operator": recorder, f"{ROOT}/recorded": recording_callback}
    report = run("no_answer", app, rest=("127.0.0.1", 0))
    assert report.ok, report.lines()
    assert fetched == [200]
