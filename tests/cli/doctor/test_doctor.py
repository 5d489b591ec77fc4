"""`callcrm doctor`: a cause and a mend for each thing wrong."""

import asyncio
import socket
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from callcrm import config
from callcrm.business import settings
from callcrm.cli.checks import files, remote
from callcrm.ledger.spool import Spool
from callcrm.models import Job
from callcrm.store.store import Store
from tests.cli.serving import NEEDED
from tests.cli.terminal import CommandResult, RunCommand
from tests.clocks import CLOCK, THREADS, SetClock
from tests.running import small_flow

API = "https://api.carrier.example"
PUBLIC = "https://calls.example.com"
ACCOUNT = f"{API}/2010-04-01/Accounts/{NEEDED['TWILIO_ACCOUNT_SID']}"
GOOD_NUMBER = {
    "phone_number": NEEDED["CALLCRM_NUMBERS"],
    "voice_url": f"{PUBLIC}/webhooks/twilio/voice#ct=2000",
    "voice_method": "POST",
    "voice_fallback_url": "https://handler.carrier.example/fallback",
    "status_callback": f"{PUBLIC}/webhooks/twilio/status",
}


class ExternalServices:
    """The carrier, the public URL and the name service, mocked. All is well until changed."""

    def __init__(self, mock: respx.MockRouter) -> None:
        self.mock = mock
        self.account: dict[str, Any] = {"status": "active"}
        self.number: dict[str, Any] = dict(GOOD_NUMBER)
        self.clock = SetClock(CLOCK.now().replace(microsecond=0))
        self.skew = timedelta()
        self.healthz = 200

    def mock_responses(self) -> None:
        date = {"Date": format_datetime(self.clock.now() + self.skew, usegmt=True)}
        self.mock.get(f"{ACCOUNT}.json").respond(json=self.account, headers=date)
        numbers = self.mock.get(url__startswith=f"{ACCOUNT}/IncomingPhoneNumbers.json")
        numbers.respond(json={"incoming_phone_numbers": [self.number]}, headers=date)
        self.mock.get(f"{PUBLIC}/healthz").respond(self.healthz, text="ok\n")
        self.mock.post(url__startswith=f"{PUBLIC}/webhooks/").respond(400, text="Refused: no CallSid.\n")


def _addresses_by_name(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
    address = "198.51.100.9" if host == "handler.carrier.example" else "192.0.2.7"
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]


@pytest.fixture
def external(environment: pytest.MonkeyPatch) -> Iterator[ExternalServices]:
    settings = {**NEEDED, **small_flow(Path()), "CALLCRM_TWILIO_API_URL": API, "CALLCRM_PUBLIC_URL": PUBLIC}
    for name, value in settings.items():
        environment.setenv(name, value)
    environment.setattr("socket.getaddrinfo", _addresses_by_name)
    with respx.mock(assert_all_called=False) as mock:
        external = ExternalServices(mock)
        environment.setattr(remote, "clock", external.clock)
        yield external


def run_doctor(run: RunCommand, external: ExternalServices) -> CommandResult:
    external.mock_responses()
    return run("doctor")


def wrong_lines(result: CommandResult) -> list[str]:
    assert result.code == (1 if "WRONG" in result.out else 0)
    lines = [line for line in result.out.splitlines() if line.startswith("WRONG")]
    assert result.out.count("mend: ") == len(lines)
    return lines


def test_where_all_is_well_it_says_so_and_exits_0(run: RunCommand, external: ExternalServices) -> None:
    result = run_doctor(run, external)
    assert (result.code, wrong_lines(result)) == (0, [])
    subjects = (
        "settings, store, data directory, spool, signatures, operators, flows, public URL, carrier, clock"
    )
    assert [subject for subject in subjects.split(", ") if f"ok      {subject}" not in result.out] == []


def test_nothing_set_is_told_by_the_name_of_each_variable(run: RunCommand) -> None:
    result = run("doctor")
    report = " ".join(wrong_lines(result))
    for name in ("CALLCRM_OPERATOR_NUMBER", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        assert name in report


def test_a_malformed_setting_is_told_by_its_name(run: RunCommand, environment: pytest.MonkeyPatch) -> None:
    for name, value in {**NEEDED, "CALLCRM_TIME_ZONE": "Mars"}.items():
        environment.setenv(name, value)
    (line,) = wrong_lines(run("doctor"))
    assert "CALLCRM_TIME_ZONE" in line


@pytest.mark.parametrize(
    ("name", "value", "subject"),
    [
        ("CALLCRM_OPERATOR_NUMBER", NEEDED["CALLCRM_NUMBERS"], "operators"),
        ("CALLCRM_SIGNATURES", "observe", "signatures"),
        ("CALLCRM_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "store"),
        ("CALLCRM_FLOWS_DIR", "nowhere", "settings"),
        ("CALLCRM_PUBLIC_URL", "http://calls.example.com", "public URL"),
        ("CALLCRM_PUBLIC_URL", "https://my_host.example.com", "public URL"),
        ("CALLCRM_PUBLIC_URL", "http://127.0.0.1:8000", "public URL"),
    ],
)
def test_a_setting_that_leads_astray_is_wrong(
    run: RunCommand,
    external: ExternalServices,
    environment: pytest.MonkeyPatch,
    name: str,
    value: str,
    subject: str,
) -> None:
    environment.setenv(name, value)
    assert any(line.startswith(f"WRONG   {subject}") for line in wrong_lines(run_doctor(run, external)))


def test_a_public_name_without_an_address_is_wrong(
    run: RunCommand, external: ExternalServices, environment: pytest.MonkeyPatch
) -> None:
    environment.setattr("socket.getaddrinfo", _fail)
    assert wrong_lines(run_doctor(run, external))[0].startswith("WRONG   public URL")


def _fail(*_: object) -> None:
    raise OSError


def test_something_else_at_the_public_url_is_wrong(run: RunCommand, external: ExternalServices) -> None:
    external.healthz = 404
    assert wrong_lines(run_doctor(run, external))[0].startswith("WRONG   public URL")


def test_a_store_with_an_old_schema_names_migrate(run: RunCommand, external: ExternalServices) -> None:
    Path("var").mkdir()
    sqlite3.connect("var/callcrm.sqlite3").close()
    result = run_doctor(run, external)
    assert wrong_lines(result)[0].startswith("WRONG   store")
    assert "callcrm migrate" in result.out


def test_a_store_that_is_no_database_is_wrong(run: RunCommand, external: ExternalServices) -> None:
    Path("var").mkdir()
    Path("var/callcrm.sqlite3").write_text("no database " * 100)
    assert wrong_lines(run_doctor(run, external))[0].startswith("WRONG   store")


def test_work_given_up_on_is_told(run: RunCommand, external: ExternalServices) -> None:
    run("migrate")
    store = Store(config.load_settings().database, CLOCK, THREADS)
    now = CLOCK.now()
    dead = Job(kind="fetch_recording", dedupe_key="x", payload={}, run_at=now, dead_at=now)
    store.write_now(lambda session: session.add(dead))
    store.close()
    assert wrong_lines(run_doctor(run, external)) == [
        "WRONG   jobs: 1 of the kind fetch_recording were given up on"
    ]


def test_a_duty_that_fails_and_a_setting_that_makes_no_sense_are_told(
    run: RunCommand, external: ExternalServices
) -> None:
    run("migrate")
    store = Store(config.load_settings().database, CLOCK, THREADS)
    now = CLOCK.now()
    failing = Job(kind="periodic:forget", dedupe_key="", payload={}, run_at=now, last_error="a.ValueError")
    store.write_now(lambda session: session.add(failing))
    for name in ("tiers", "modules_off", "complaints", "conduct", "subjects", "surveys", "form_origins"):
        put = partial(settings.put, name=name, value={"of a later": [name]}, by=None, now=now)
        store.write_now(lambda session, put=put: put(session).version)  # type: ignore[misc]
    store.close()
    lines = wrong_lines(run_doctor(run, external))
    assert "WRONG   jobs: “forget” failed the last time (a.ValueError)" in lines
    assert [line for line in lines if "“tiers”" in line or "“modules_off”" in line] == [
        f"WRONG   business settings: “{name}” makes no sense to this version, so its default counts"
        for name in ("tiers", "modules_off")
    ]


def test_events_waiting_in_the_spool_are_told(run: RunCommand, external: ExternalServices) -> None:
    asyncio.run(_spool_one(Path("var/spool").absolute()))
    assert wrong_lines(run_doctor(run, external))[0].startswith("WRONG   spool: 1 ")


def test_a_spool_file_that_cannot_be_read_is_named(run: RunCommand, external: ExternalServices) -> None:
    folder = Path("var/spool").absolute()
    (folder / "1-a.spool").mkdir(parents=True)
    line = wrong_lines(run_doctor(run, external))[0]
    assert line.startswith("WRONG   spool: ")
    assert "1-a.spool can't be read" in line


async def _spool_one(folder: Path) -> None:
    await Spool(folder, CLOCK, THREADS).append({"kind": "event"})


def test_a_data_directory_that_cannot_be_written_is_wrong(
    run: RunCommand, external: ExternalServices
) -> None:
    Path("var").write_text("a file")
    lines = wrong_lines(run_doctor(run, external))
    subjects = [line.removeprefix("WRONG").split(":")[0].strip() for line in lines]
    assert subjects == ["store", "data directory", "spool", "recordings"]


def test_too_little_room_is_wrong(
    run: RunCommand, external: ExternalServices, environment: pytest.MonkeyPatch
) -> None:
    environment.setattr(files, "MIN_FREE_BYTES", 10**18)
    assert wrong_lines(run_doctor(run, external))[0].startswith("WRONG   data directory")


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_that_goes_wrong_is_told(run: RunCommand, external: ExternalServices, hours: int) -> None:
    external.skew = timedelta(hours=hours)
    (line,) = wrong_lines(run_doctor(run, external))
    assert line.startswith("WRONG   clock: our clock and the carrier's are 7")


def test_a_refused_account_is_told_in_the_carriers_words(run: RunCommand, external: ExternalServices) -> None:
    external.mock.get(f"{ACCOUNT}.json").respond(401, json={"code": 20003, "message": "Authenticate"})
    external.mock.get(url__startswith=f"{ACCOUNT}/Incoming").respond(401)
    external.mock.get(f"{PUBLIC}/healthz").respond(200, text="ok\n")
    external.mock.post(url__startswith=f"{PUBLIC}/webhooks/").respond(400, text="Refused: no CallSid.\n")
    (line,) = wrong_lines(run("doctor"))
    assert "Authenticate (20003)" in line


def test_a_closed_account_is_wrong(run: RunCommand, external: ExternalServices) -> None:
    external.account["status"] = "suspended"
    assert wrong_lines(run_doctor(run, external)) == ["WRONG   carrier: the account is suspended"]


@pytest.mark.parametrize(
    "change",
    [
        {"voice_url": "https://elsewhere.example/voice"},
        {"voice_url": ""},
        {"voice_method": "GET"},
        {"voice_fallback_url": ""},
        {"voice_fallback_url": f"{PUBLIC}/webhooks/twilio/voice/fallback"},
        {"status_callback": None},
        {"phone_number": "+12025550101"},
    ],
    ids=str,
)
def test_a_number_that_leads_elsewhere_is_told(
    run: RunCommand, external: ExternalServices, change: dict[str, object]
) -> None:
    external.number |= change
    (line,) = wrong_lines(run_doctor(run, external))
    assert line.startswith(f"WRONG   number {NEEDED['CALLCRM_NUMBERS']}: ")


@pytest.mark.parametrize(
    "fallback",
    [
        "https://CALLS.example.com/fallback",
        "https://calls.example.com./fallback",
        "https://calls.example.com:8443/fallback",
        "https://user@calls.example.com/fallback",
        "https://other-name.example.com/fallback",  # its name leads to the same address
        "https://192.0.2.7/fallback",
        "https://[::ffff:192.0.2.7]/fallback",
        "https://3221225991/fallback",  # the same address as one number
    ],
)
def test_a_fallback_on_this_host_is_noticed_however_it_is_spelt(
    run: RunCommand, external: ExternalServices, fallback: str
) -> None:
    external.number["voice_fallback_url"] = fallback
    (line,) = wrong_lines(run_doctor(run, external))
    assert "its Fallback URL leads to" in line
    assert "as CALLCRM_PUBLIC_URL does" in line


def test_what_cannot_be_looked_at_is_no_fault(run: RunCommand, external: ExternalServices) -> None:
    external.mock.get(f"{ACCOUNT}.json").respond(json=external.account)
    external.mock.get(url__startswith=f"{ACCOUNT}/Incoming").respond(404)
    external.mock.get(f"{PUBLIC}/healthz").mock(side_effect=httpx.ConnectError)
    result = run("doctor")
    assert result.code == 0
    assert [line.split(":")[0] for line in result.out.splitlines() if line.startswith("unseen")] == [
        "unseen  public URL",
        "unseen  clock",
        "unseen  numbers",
    ]


def test_no_secret_is_printed(run: RunCommand, external: ExternalServices) -> None:
    result = run_doctor(run, external)
    assert NEEDED["TWILIO_AUTH_TOKEN"] not in result.out + result.err


def test_the_printed_fallback_rings_every_operator_and_calls_nothing_of_ours(
    run: RunCommand, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("CALLCRM_OPERATOR_NUMBER", "+12025550190,sip:desk@pbx.example.com")
    result = run("doctor", "--print-fallback")
    document = ET.fromstring(result.out)
    assert [noun.text for noun in document.iterfind("Dial/*")] == ["+12025550190", "sip:desk@pbx.example.com"]
    assert document.find("Record") is not None
    assert "http" not in result.out
    assert len(result.out) <= 1000


def test_a_fallback_without_operators_is_refused(run: RunCommand) -> None:
    result = run("doctor", "--print-fallback")
    assert (result.code, result.out) == (1, "")
    assert "CALLCRM_OPERATOR_NUMBER" in result.err
