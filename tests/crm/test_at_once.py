"""What happens once, though several transactions at the same time are to do it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlmodel import Session, col, func, select

from callcrm.business import surveys
from callcrm.business.surveys import SurveySettings
from callcrm.calls import survey_question
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.conduct import abuse
from callcrm.crm.surveys import asking
from callcrm.models import Call
from callcrm.models.crm.conduct import Incident
from callcrm.models.crm.survey import SurveyChannel, SurveyResponse
from callcrm.store.store import Store
from tests.agents.staffing import NOON, Floor, at, call, customer, hire
from tests.clocks import SetClock
from tests.running_app import open_app, settings_for

TIMES, AT_ONCE = 6, 8


def test_abuse_pressed_by_two_fingers_is_filed_once(store: Store) -> None:
    floor = Floor(store)
    floor.do(hire, "ana")
    calls = [floor.do(call, f"call{number}", agent_id="ana") for number in range(TIMES)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for key in calls:
            list(pool.map(lambda _, key=key: floor.do(abuse.press, key, by="ana", now=at(9)), range(AT_ONCE)))
    filed = select(Incident.call_id, func.count()).group_by(col(Incident.call_id))
    assert dict(floor.do(lambda session: session.exec(filed).all())) == dict.fromkeys(calls, 1)


def ask_by_key(session: Session, key: str) -> None:
    """Puts the question, as the webhook does at the end of a conversation."""
    row = session.get_one(Call, key).model_dump()
    whose = {name: row[name] for name in ("phone", "customer_id", "talk_seconds")}
    if kind := survey_question.kind_due(session, **whose, now=at(90)):
        survey_question.record_asked(session, row, kind, at(90))


def test_who_has_two_calls_at_once_is_asked_by_a_key_once(store: Store) -> None:
    floor = Floor(store)
    floor.do(surveys.put, SurveySettings(), by=None, now=NOON)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(TIMES):
            kim = floor.do(customer, f"kim{number}")
            whose = {"customer_id": kim, "phone": f"+1202555{4000 + number}", "talk_seconds": 70}
            calls = [floor.do(call, f"c{number}-{key}", **whose) for key in range(AT_ONCE)]
            list(pool.map(lambda key: floor.do(ask_by_key, key), calls))
    customers = floor.do(lambda session: session.exec(select(SurveyResponse.customer_id)).all())
    assert sorted(map(str, customers)) == [f"kim{number}" for number in range(TIMES)]


def ask(session: Session, runtime: CallRuntime, call_id: str) -> None:
    asking.ask_after(session, runtime, session.get_one(Call, call_id), at(90))


def test_who_has_two_calls_that_end_at_once_is_asked_once(
    database_url: str, tmp_path: Path, clock: SetClock
) -> None:
    talk = {"state": "ended", "outcome": "answered", "answered_at": at(9), "ended_at": at(80)}
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        floor = Floor(app.services.store)
        floor.do(surveys.put, SurveySettings(channel=SurveyChannel.LINK), by=None, now=NOON)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for number in range(TIMES):
                whose = {
                    "customer_id": floor.do(customer, f"kim{number}"),
                    "phone": f"+1202555{4000 + number}",
                }
                calls = [
                    floor.do(call, f"c{number}-{key}", **talk, **whose, talk_seconds=70)
                    for key in range(AT_ONCE)
                ]
                list(pool.map(lambda key: floor.do(ask, app.services.runtime, key), calls))
        customers = floor.do(lambda session: session.exec(select(SurveyResponse.customer_id)).all())
    assert sorted(map(str, customers)) == [f"kim{number}" for number in range(TIMES)]
