"""`callcrm doctor`: a cause and a mend for each thing wrong."""

import asyncio
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from callcrm import config
from callcrm.cli.checks import local, remote
from callcrm.ledger.spool import Spool
from callcrm.models import Job
from callcrm.store.store import Store
from tests.cli.serving import NEEDED, small_flow
from tests.cli.terminal import Ran, Run
from tests.clocks import CLOCK, THREADS, SetClock

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


class World:
    """What lies outside: the carrier, the public URL and the name service. All is well until changed."""

    def __init__(self, mock: respx.MockRouter) -> None:
        self.mock = mock
        self.account: dict[str, Any] = {"status": "active"}
        self.number: dict[str, Any] = dict(GOOD_NUMBER)
        self.clock = SetClock(CLOCK.now().replace(microsecond=0))
        self.skew = timedelta()
        self.healthz = 200

    def answer(self) -> None:
        date = {"Date": format_datetime(self.clock.now() + self.skew, usegmt=True)}
        self.mock.get(f"{ACCOUNT}.json").respond(json=self.account, headers=date)
        numbers = self.mock.get(url__startswith=f"{ACCOUNT}/IncomingPhoneNumbers.json")
        numbers.respond(json={"incoming_phone_numbers": [self.number]}, headers=date)
        self.mock.get(f"{PUBLIC}/healthz").respond(self.healthz)


@pytest.fixture
def world(environment: pytest.MonkeyPatch) -> Iterator[World]:
    settings = {**NEEDED, **small_flow(Path()), "CALLCRM_TWILIO_API_URL": API, "CALLCRM_PUBLIC_URL": PUBLIC}
    for name, value in settings.items():
        environment.setenv(name, value)
    environment.setattr("socket.getaddrinfo", lambda *_: ["somewhere"])
    with respx.mock(assert_all_called=False) as mock:
        world = World(mock)
        environment.setattr(remote, "clock", world.clock)
        yield world


def examine(run: Run, world: World) -> Ran:
    world.answer()
    return run("doctor")


def wrong(ran: Ran) -> list[str]:
    assert ran.code == (1 if "WRONG" in ran.out else 0)
    found = [line for line in ran.out.splitlines() if line.startswith("WRONG")]
    assert ran.out.count("mend: ") == len(found)
    return found


def test_where_all_is_well_it_says_so_and_exits_0(run: Run, world: World) -> None:
    ran = examine(run, world)
    assert (ran.code, wrong(ran)) == (0, [])
    subjects = (
        "settings, store, data directory, spool, signatures, operators, flows, public URL, carrier, clock"
    )
    assert [subject for subject in subjects.split(", ") if f"ok      {subject}" not in ran.out] == []


def test_nothing_set_is_told_by_the_name_of_each_variable(run: Run) -> None:
    ran = run("doctor")
    told = " ".join(wrong(ran))
    for name in ("CALLCRM_OPERATOR_NUMBER", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        assert name in told


def test_a_malformed_setting_is_told_by_its_name(run: Run, environment: pytest.MonkeyPatch) -> None:
    for name, value in {**NEEDED, "CALLCRM_TIME_ZONE": "Mars"}.items():
        environment.setenv(name, value)
    (line,) = wrong(run("doctor"))
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
    run: Run, world: World, environment: pytest.MonkeyPatch, name: str, value: str, subject: str
) -> None:
    environment.setenv(name, value)
    assert any(line.startswith(f"WRONG   {subject}") for line in wrong(examine(run, world)))


def test_a_public_name_without_an_address_is_wrong(
    run: Run, world: World, environment: pytest.MonkeyPatch
) -> None:
    environment.setattr("socket.getaddrinfo", _fail)
    assert wrong(examine(run, world))[0].startswith("WRONG   public URL")


def _fail(*_: object) -> None:
    raise OSError


def test_something_else_at_the_public_url_is_wrong(run: Run, world: World) -> None:
    world.healthz = 404
    assert wrong(examine(run, world))[0].startswith("WRONG   public URL")


def test_a_store_with_an_old_schema_names_migrate(run: Run, world: World) -> None:
    Path("var").mkdir()
    sqlite3.connect("var/callcrm.sqlite3").close()
    ran = examine(run, world)
    assert wrong(ran)[0].startswith("WRONG   store")
    assert "callcrm migrate" in ran.out


def test_a_store_that_is_no_database_is_wrong(run: Run, world: World) -> None:
    Path("var").mkdir()
    Path("var/callcrm.sqlite3").write_text("no database " * 100)
    assert wrong(examine(run, world))[0].startswith("WRONG   store")


def test_work_given_up_on_is_told(run: Run, world: World) -> None:
    run("migrate")
    store = Store(config.load_settings().database, CLOCK, THREADS)
    now = CLOCK.now()
    dead = Job(kind="fetch_recording", dedupe_key="x", payload={}, run_at=now, dead_at=now)
    store.write_now(lambda session: session.add(dead))
    store.close()
    assert wrong(examine(run, world)) == ["WRONG   jobs: 1 of the kind fetch_recording were given up on"]


def test_events_waiting_in_the_spool_are_told(run: Run, world: World) -> None:
    asyncio.run(_spool_one(Path("var/spool").absolute()))
    assert wrong(examine(run, world))[0].startswith("WRONG   spool: 1 ")


async def _spool_one(folder: Path) -> None:
    await Spool(folder, CLOCK, THREADS).append({"kind": "event"})


def test_a_data_directory_that_cannot_be_written_is_wrong(run: Run, world: World) -> None:
    Path("var").write_text("a file")
    told = wrong(examine(run, world))
    assert told[0].startswith("WRONG   data directory")
    assert told[1].startswith("WRONG   spool")


def test_too_little_room_is_wrong(run: Run, world: World, environment: pytest.MonkeyPatch) -> None:
    environment.setattr(local, "LEAST_FREE", 10**18)
    assert wrong(examine(run, world))[0].startswith("WRONG   data directory")


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_that_goes_wrong_is_told(run: Run, world: World, hours: int) -> None:
    world.skew = timedelta(hours=hours)
    (line,) = wrong(examine(run, world))
    assert line.startswith("WRONG   clock: our clock and the carrier's are 7")


def test_a_refused_account_is_told_in_the_carriers_words(run: Run, world: World) -> None:
    world.mock.get(f"{ACCOUNT}.json").respond(401, json={"code": 20003, "message": "Authenticate"})
    world.mock.get(url__startswith=f"{ACCOUNT}/Incoming").respond(401)
    world.mock.get(f"{PUBLIC}/healthz").respond(200)
    (line,) = wrong(run("doctor"))
    assert "Authenticate (20003)" in line


def test_a_closed_account_is_wrong(run: Run, world: World) -> None:
    world.account["status"] = "suspended"
    assert wrong(examine(run, world)) == ["WRONG   carrier: the account is suspended"]


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
def test_a_number_that_leads_elsewhere_is_told(run: Run, world: World, change: dict[str, object]) -> None:
    world.number |= change
    (line,) = wrong(examine(run, world))
    assert line.startswith(f"WRONG   number {NEEDED['CALLCRM_NUMBERS']}: ")


def test_what_cannot_be_looked_at_is_no_fault(run: Run, world: World) -> None:
    world.mock.get(f"{ACCOUNT}.json").respond(json=world.account)
    world.mock.get(url__startswith=f"{ACCOUNT}/Incoming").respond(404)
    world.mock.get(f"{PUBLIC}/healthz").mock(side_effect=httpx.ConnectError)
    ran = run("doctor")
    assert ran.code == 0
    assert [line.split(":")[0] for line in ran.out.splitlines() if line.startswith("unseen")] == [
        "unseen  public URL",
        "unseen  clock",
        "unseen  numbers",
    ]


def test_no_secret_is_printed(run: Run, world: World) -> None:
    ran = examine(run, world)
    assert NEEDED["TWILIO_AUTH_TOKEN"] not in ran.out + ran.err


def test_the_printed_fallback_rings_every_operator_and_calls_nothing_of_ours(
    run: Run, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("CALLCRM_OPERATOR_NUMBER", "+12025550190,sip:desk@pbx.example.com")
    ran = run("doctor", "--print-fallback")
    document = ET.fromstring(ran.out)
    assert [one.text for one in document.iterfind("Dial/*")] == ["+12025550190", "sip:desk@pbx.example.com"]
    assert document.find("Record") is not None
    assert "http" not in ran.out
    assert len(ran.out) <= 1000


def test_a_fallback_without_operators_is_refused(run: Run) -> None:
    ran = run("doctor", "--print-fallback")
    assert (ran.code, ran.out) == (1, "")
    assert "CALLCRM_OPERATOR_NUMBER" in ran.err
