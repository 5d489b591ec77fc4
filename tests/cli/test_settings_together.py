"""Settings that are well formed each by itself and wrong together: at start, in the doctor, in the proof."""

from pathlib import Path

import pytest
import uvicorn

from callcrm import config
from callcrm.carrier import signature
from callcrm.cli.checks import consistency
from callcrm.cli.checks.contradictions import contradictions
from callcrm.cli.checks.doubts import doubts
from tests.cli.serving import NEEDED
from tests.cli.terminal import RunCommand
from tests.running import free_port, small_flow

LINE = NEEDED["CALLCRM_NUMBERS"]
PORT = free_port()
SERVE = ("serve", "--port", str(PORT))
SID = "0123456789abcdef" * 2
TWILIO = {
    "CALLCRM_TWILIO_API_URL": "",
    "CALLCRM_PUBLIC_URL": "https://calls.example.com",
    "TWILIO_ACCOUNT_SID": f"AC{SID}",
}
SOFTPHONE = {
    "TWILIO_API_KEY": f"SK{SID}",
    "TWILIO_API_SECRET": "secret",
    "TWILIO_TWIML_APP_SID": f"AP{SID}",
}

CONTRADICTIONS: list[tuple[dict[str, str], list[str]]] = [
    ({"CALLCRM_OPERATOR_NUMBER": LINE}, ["CALLCRM_OPERATOR_NUMBER"]),
    ({"CALLCRM_OPERATOR_NUMBER": f"+12025550177,{LINE}"}, ["CALLCRM_OPERATOR_NUMBER"]),
    (
        {"CALLCRM_NUMBERS": "+442079460018", "CALLCRM_OPERATOR_NUMBER": "+4402079460018"},
        ["CALLCRM_OPERATOR_NUMBER"],
    ),
    ({"TWILIO_API_KEY": f"SK{SID}"}, ["TWILIO_API_SECRET", "TWILIO_TWIML_APP_SID"]),
    ({**SOFTPHONE, "TWILIO_API_SECRET": ""}, ["TWILIO_API_SECRET"]),
    ({**SOFTPHONE, "TWILIO_TWIML_APP_SID": ""}, ["TWILIO_TWIML_APP_SID"]),
    ({**TWILIO, "TWILIO_ACCOUNT_SID": f"SK{SID}"}, ["TWILIO_ACCOUNT_SID"]),
    ({**TWILIO, **SOFTPHONE, "TWILIO_TWIML_APP_SID": f"AC{SID[:-1]}0"}, ["TWILIO_TWIML_APP_SID"]),
    ({**SOFTPHONE, "TWILIO_API_KEY": NEEDED["TWILIO_ACCOUNT_SID"]}, ["TWILIO_API_KEY"]),
    ({**SOFTPHONE, "TWILIO_API_SECRET": NEEDED["TWILIO_AUTH_TOKEN"]}, ["TWILIO_API_SECRET"]),
    ({"CALLCRM_PUBLIC_URL": "https://calls.example.com/webhooks/twilio/voice"}, ["CALLCRM_PUBLIC_URL"]),
    ({"CALLCRM_PUBLIC_URL": "https://api.twilio.com"}, ["CALLCRM_PUBLIC_URL"]),
    ({"CALLCRM_PUBLIC_URL": "https://API.Twilio.com."}, ["CALLCRM_PUBLIC_URL"]),
    ({"CALLCRM_TWILIO_API_URL": "https://carrier.example/2010-04-01"}, ["CALLCRM_TWILIO_API_URL"]),
    (
        {"CALLCRM_PUBLIC_URL": "http://localhost:8000", "CALLCRM_TWILIO_API_URL": "http://127.0.0.1:8000/x"},
        ["CALLCRM_TWILIO_API_URL"],
    ),
    (
        {"CALLCRM_PUBLIC_URL": "http://localhost:8000", "CALLCRM_TWILIO_API_URL": "http://127.1:8000/x"},
        ["CALLCRM_TWILIO_API_URL"],
    ),
    (
        {
            "CALLCRM_PUBLIC_URL": "https://calls.example.com",
            "CALLCRM_TWILIO_API_URL": "https://calls.example.com.:443/x",
        },
        ["CALLCRM_TWILIO_API_URL"],
    ),
    ({"CALLCRM_DATABASE_URL": "sqlite:///:memory:"}, ["CALLCRM_DATABASE_URL"]),
    (
        {"CALLCRM_DATA_DIR": "/tmp/callcrm-x", "CALLCRM_RECORDINGS_URL": "file:///tmp/callcrm-x/spool"},
        ["CALLCRM_RECORDINGS_URL"],
    ),
    (
        {"CALLCRM_RECORDINGS_URL": "s3://calls", "CALLCRM_S3_ACCESS_KEY_ID": "a"},
        ["CALLCRM_S3_SECRET_ACCESS_KEY"],
    ),
    (
        {"CALLCRM_RECORDINGS_URL": "s3://calls", "CALLCRM_S3_SECRET_ACCESS_KEY": "b"},
        ["CALLCRM_S3_ACCESS_KEY_ID"],
    ),
    ({"CALLCRM_S3_REGION": "eu-central-1"}, ["CALLCRM_RECORDINGS_URL"]),
]


@pytest.fixture
def settings_of(environment: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """The environment with all that `serve` needs, and a flow that is proved in no time."""
    for name, value in {**NEEDED, **small_flow(tmp_path)}.items():
        environment.setenv(name, value)
    environment.setattr(uvicorn, "run", lambda *_, **__: None)
    return environment


@pytest.mark.parametrize(("values", "variables"), CONTRADICTIONS)
def test_what_contradicts_itself_stops_the_start_with_a_line_for_each_variable(
    run: RunCommand, settings_of: pytest.MonkeyPatch, values: dict[str, str], variables: list[str]
) -> None:
    for name, value in values.items():
        settings_of.setenv(name, value)
    result = run(*SERVE)
    assert (result.code, result.out) == (1, "")
    assert [line.split(":")[1].strip() for line in result.err.splitlines()] == variables


@pytest.mark.parametrize(("values", "variables"), CONTRADICTIONS)
def test_the_doctor_names_what_contradicts_itself_and_a_mend(
    run: RunCommand, settings_of: pytest.MonkeyPatch, values: dict[str, str], variables: list[str]
) -> None:
    for name, value in values.items():
        settings_of.setenv(name, value)
    faults = list(consistency.check_consistency(config.load_settings()))
    assert [name for name in variables if not any(name in fault.detail for fault in faults)] == []
    assert all(fault.remedy for fault in faults if fault.status == "WRONG")


@pytest.mark.parametrize("values", [{}, {**TWILIO, **SOFTPHONE}, {**TWILIO, "CALLCRM_NUMBERS": ""}])
def test_what_fits_together_starts(
    run: RunCommand, settings_of: pytest.MonkeyPatch, values: dict[str, str]
) -> None:
    for name, value in values.items():
        settings_of.setenv(name, value)
    assert run(*SERVE).code == 0


DOUBTS: list[tuple[dict[str, str], str]] = [
    ({"CALLCRM_OPERATOR_NUMBER": "+120255501"}, "CALLCRM_OPERATOR_NUMBER"),
    ({"CALLCRM_NUMBERS": f"{LINE},{LINE}"}, "CALLCRM_NUMBERS"),
    ({"CALLCRM_TWILIO_API_URL": "http://carrier.example"}, "CALLCRM_TWILIO_API_URL"),
    ({"TWILIO_AUTH_TOKEN_SECONDARY": NEEDED["TWILIO_AUTH_TOKEN"]}, "TWILIO_AUTH_TOKEN_SECONDARY"),
    ({**SOFTPHONE, "CALLCRM_NUMBERS": ""}, "CALLCRM_NUMBERS"),
    ({"CALLCRM_TRUSTED_PROXIES": "10.0.0.0/8, 0.0.0.0/0"}, "CALLCRM_TRUSTED_PROXIES"),
    ({"CALLCRM_PUBLIC_URL": f"http://127.0.0.1:{PORT + 1}"}, "CALLCRM_PUBLIC_URL"),
    ({"CALLCRM_PUBLIC_URL": f"http://127.0.0.1:{PORT}", "CALLCRM_TWILIO_API_URL": ""}, "CALLCRM_PUBLIC_URL"),
    ({"CALLCRM_PUBLIC_URL": f"http://192.0.2.7:{PORT}"}, "CALLCRM_PUBLIC_URL"),
]


@pytest.mark.parametrize(("values", "variable"), DOUBTS)
def test_what_is_probably_not_meant_is_told_by_its_variable_and_stops_nothing(
    run: RunCommand, settings_of: pytest.MonkeyPatch, values: dict[str, str], variable: str
) -> None:
    for name, value in values.items():
        settings_of.setenv(name, value)
    settings = config.load_settings()
    assert [doubt.variable for doubt in doubts(settings, host="127.0.0.1", port=PORT)] == [variable]
    assert contradictions(settings) == []
    result = run(*SERVE)
    assert result.code == 0
    assert variable in result.err
    assert LINE not in result.err


def test_all_is_well_leaves_no_doubt(settings_of: pytest.MonkeyPatch) -> None:
    settings = config.load_settings({**NEEDED, **TWILIO})
    assert (contradictions(settings), doubts(settings, host="127.0.0.1", port=PORT)) == ([], [])


# --- flows ----------------------------------------------------------------------------------------

FLOW = """
default = true
languages = ["en"]
main = "main"
[queues.sales]
[menus.main]
say = "main"
keys = { 1 = { queue = "sales" }, 2 = { number = "NUMBER" } }
"""
OTHER = FLOW.replace("default = true", 'numbers = ["+12025550155"]').replace("NUMBER", "+12025550177")


@pytest.fixture
def flows(settings_of: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    settings_of.setenv("CALLCRM_FLOWS_DIR", str(folder))
    return folder


@pytest.mark.parametrize("number", [LINE, "+12025550155"])
def test_a_key_that_rings_a_number_of_ours_is_refused_with_its_path(
    run: RunCommand, flows: Path, number: str
) -> None:
    """A line of the setting, and one that only another flow names."""
    (flows / "main.toml").write_text(FLOW.replace("NUMBER", number))
    (flows / "other.toml").write_text(OTHER)
    refused = f"main.toml: start, 2: rings {number}, a number of ours: the call would come back here"
    for command in (["flows", "check"], ["flows", "check", str(flows / "main.toml")]):
        result = run(*command)
        assert (result.code, result.out.splitlines()) == (1, [refused])
    started = run(*SERVE)
    assert (started.code, started.err.splitlines()) == (1, [f"callcrm: {refused}"])


def test_a_key_that_rings_another_number_is_good(run: RunCommand, flows: Path) -> None:
    (flows / "main.toml").write_text(FLOW.replace("NUMBER", "+12025550178"))
    (flows / "other.toml").write_text(OTHER)
    assert run("flows", "check").code == 0


def test_an_operator_whose_number_a_flow_answers_is_refused(
    run: RunCommand, settings_of: pytest.MonkeyPatch, flows: Path
) -> None:
    (flows / "main.toml").write_text(FLOW.replace("NUMBER", "+12025550178"))
    (flows / "other.toml").write_text(OTHER)
    settings_of.setenv("CALLCRM_OPERATOR_NUMBER", "+12025550155")
    for result in (run("flows", "check").out, run(*SERVE).err):
        assert "CALLCRM_OPERATOR_NUMBER: +12025550155 is answered by other.toml" in result


def test_hours_without_a_zone_and_numbers_not_named_are_noted(
    run: RunCommand, settings_of: pytest.MonkeyPatch, flows: Path
) -> None:
    with_hours = FLOW.replace("NUMBER", "+12025550178").replace(
        "[queues.sales]", 'closed = "main"\n[hours]\nmonday = ["09:00-12:00"]\n[queues.sales]'
    )
    (flows / "main.toml").write_text(with_hours)
    (flows / "other.toml").write_text(OTHER)
    result = run("flows", "check")
    assert result.code == 0
    assert "CALLCRM_TIME_ZONE: not set" in result.err
    assert "CALLCRM_NUMBERS: lacks a number that other.toml answers" in result.err
    settings_of.setenv("CALLCRM_TIME_ZONE", "UTC")  # meant so
    assert "CALLCRM_TIME_ZONE" not in run("flows", "check").err


# --- checks of ourselves --------------------------------------------------------------------------


def test_a_check_of_signatures_that_signs_and_checks_alike_and_wrong_is_noticed(
    settings_of: pytest.MonkeyPatch,
) -> None:
    """Both sides changed in the same way: what signs and checks with one hand proves nothing."""
    sign = signature._sign
    settings_of.setattr(signature, "_sign", lambda text, token: sign(text.upper(), token))
    results = list(consistency.check_signatures(config.load_settings()))
    assert [result.status for result in results] == ["WRONG"]


def test_an_agent_who_is_rung_on_a_line_of_ours_is_wrong(
    run: RunCommand, settings_of: pytest.MonkeyPatch
) -> None:
    """The number was theirs before it was named as ours."""
    user = ("user", "add", "ana@example.com", "--role", "agent", "--name", "Ana", "--number")
    assert run(*user, "+12025550111").code == 0
    assert list(consistency.check_agents_numbers(config.load_settings())) == []
    settings_of.setenv("CALLCRM_NUMBERS", f"{LINE},+12025550111")
    (result,) = consistency.check_agents_numbers(config.load_settings())
    assert "CALLCRM_NUMBERS" in result.detail
