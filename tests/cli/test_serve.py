"""`callcrm serve`: what stops it at start and what does not, and how it ends."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import psycopg
import pytest
import uvicorn
from sqlalchemy import make_url

from callcrm.carrier.form import Form
from callcrm.carrier.signature import sign
from tests.cli.serving import NEEDED, get, serving
from tests.cli.terminal import RunCommand
from tests.running import TOKEN, Server, small_flow

NOBODY = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("serve")) as running:
        yield running


@pytest.fixture(autouse=True)
def _refused(environment: pytest.MonkeyPatch) -> None:
    """What should be refused in this process fails at once if it is not."""
    environment.setattr(uvicorn, "run", _must_not_serve)


def _must_not_serve(*_: object, **__: object) -> None:
    raise AssertionError("it serves")


def test_it_says_each_setting_it_cannot_do_without(run: RunCommand) -> None:
    result = run("serve")
    assert (result.code, result.out) == (1, "")
    assert [line.split(":")[1].strip() for line in result.err.splitlines()] == [
        "CALLCRM_OPERATOR_NUMBER",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CALLCRM_OPERATOR_NUMBER", "call me"),
        ("CALLCRM_PUBLIC_URL", "ftp://example.com"),
        ("CALLCRM_DATABASE_URL", "mysql://x"),
        ("CALLCRM_SIGNATURES", "maybe"),
        ("CALLCRM_SOFTPHONE", "simulator"),
        ("CALLCRM_DEFAULT_REGION", "ZZ"),
        ("CALLCRM_FLOWS_DIR", "nowhere"),
        ("CALLCRM_DATA_DIR", "/dev/null/var"),
    ],
)
def test_a_malformed_setting_stops_it_with_one_line(
    run: RunCommand, environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for needed, good in NEEDED.items():
        environment.setenv(needed, good)
    environment.setenv(name, value)
    result = run("serve")
    assert result.code == 1
    assert [line.split(":")[1].strip() for line in result.err.splitlines()] == [name]


def test_what_is_malformed_and_what_is_missing_is_said_at_once(
    run: RunCommand, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("TWILIO_ACCOUNT_SID", NEEDED["TWILIO_ACCOUNT_SID"])
    environment.setenv("CALLCRM_OPERATOR_NUMBER", ",")
    environment.setenv("CALLCRM_TIME_ZONE", "Mars")
    settings = [line.split(":")[1].strip() for line in run("serve").err.splitlines()]
    assert sorted(settings) == ["CALLCRM_OPERATOR_NUMBER", "CALLCRM_TIME_ZONE", "TWILIO_AUTH_TOKEN"]


def test_a_server_that_cannot_start_fails_as_any_command_does(
    run: RunCommand, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for needed, good in {**NEEDED, **small_flow(tmp_path)}.items():
        environment.setenv(needed, good)
    environment.setattr(uvicorn, "run", lambda *_, **__: sys.exit(3))
    assert run("serve").code == 1


def test_more_workers_than_one_are_refused_on_sqlite_with_the_reason(
    run: RunCommand, environment: pytest.MonkeyPatch
) -> None:
    for needed, good in NEEDED.items():
        environment.setenv(needed, good)
    result = run("serve", "--workers", "2")
    assert result.code == 2
    assert "PostgreSQL" in result.err


def test_a_flow_that_breaks_the_operator_rule_stops_it(
    run: RunCommand, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for needed, good in NEEDED.items():
        environment.setenv(needed, good)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "main.toml").write_text("greeting = 3")
    environment.setenv("CALLCRM_FLOWS_DIR", str(tmp_path / "flows"))
    result = run("serve")
    assert result.code == 1
    assert "main.toml" in result.err


def test_an_old_schema_on_postgresql_stops_it_and_names_the_command(
    run: RunCommand, environment: pytest.MonkeyPatch, postgres_url: str
) -> None:
    for needed, good in NEEDED.items():
        environment.setenv(needed, good)
    environment.setenv("CALLCRM_DATABASE_URL", postgres_url)
    result = run("serve")
    assert result.code == 1
    assert "callcrm migrate" in result.err


def test_it_is_ready(server: Server) -> None:
    assert get(server, "/readyz").status_code == 200


def test_it_does_not_say_what_it_is_made_of(server: Server) -> None:
    assert "server" not in get(server, "/healthz").headers


def test_signatures_are_made_over_where_it_is_served_if_nothing_else_is_said(server: Server) -> None:
    assert _report(server, "CA" + "1" * 32).status_code == 204


def _report(server: Server, sid: str) -> httpx.Response:
    path, form = "/webhooks/twilio/status", {"CallSid": sid, "CallStatus": "ringing"}
    signature = sign(server.url + path, Form(form.items()), TOKEN)
    headers = {"X-Twilio-Signature": signature}
    return httpx.post(server.url + path, data=form, headers=headers, verify=False)


def test_it_ends_well_when_asked_to(tmp_path: Path) -> None:
    with serving(tmp_path, **small_flow(tmp_path)) as server:
        assert server.stop() == 0
    logged = (tmp_path / "stderr.log").read_text().splitlines()
    assert "error" not in {json.loads(line)["level"] for line in logged}


def test_an_open_stream_does_not_keep_it_from_ending(
    tmp_path: Path, run: RunCommand, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("CALLCRM_DATA_DIR", str(tmp_path))
    run("user", "add", "ana@example.com", "--role", "agent", "--name", "Ana")
    token = run("token", "add", "desk", "--role", "agent", "--user", "ana@example.com").out.strip()
    with serving(tmp_path, **small_flow(tmp_path)) as server, httpx.Client(timeout=10) as http:
        headers = {"Authorization": f"Bearer {token}"}
        with http.stream("GET", f"{server.url}/api/v1/events", headers=headers) as stream:
            assert stream.status_code == 200
            assert server.stop() == 0


def test_without_its_store_it_keeps_the_line(tmp_path: Path) -> None:
    with serving(tmp_path, **small_flow(tmp_path), CALLCRM_DATABASE_URL=NOBODY) as server:
        assert get(server, "/healthz").status_code == 200
        not_ready = get(server, "/readyz")
    assert not_ready.status_code == 503
    assert "store" in not_ready.text


def test_a_directory_it_may_not_write_is_no_reason_to_leave_callers_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    nowhere = f"sqlite:///{tmp_path}/file/x.sqlite3"
    with serving(tmp_path, **small_flow(tmp_path), CALLCRM_DATABASE_URL=nowhere) as server:
        assert get(server, "/readyz").status_code == 503


@pytest.fixture
def postgres_here(
    run: RunCommand,
    environment: pytest.MonkeyPatch,
    postgres_url: str,
    postgres_admin: "psycopg.Connection[Any]",
) -> Iterator[str]:
    """A PostgreSQL database of this test's own, brought up to date by the command."""
    name = f"callcrm_serve_{uuid4().hex[:12]}"
    postgres_admin.execute(f"CREATE DATABASE {name}")
    url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    environment.setenv("CALLCRM_DATABASE_URL", url)
    assert run("migrate").code == 0
    yield url
    postgres_admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_several_workers_share_the_load_and_are_counted_together(tmp_path: Path, postgres_here: str) -> None:
    settings = {**small_flow(tmp_path), "CALLCRM_DATABASE_URL": postgres_here}
    with serving(tmp_path, "--workers", "2", **settings) as server:
        workers = psutil.Process(server.process.pid).children() if server.process else []
        for number in range(8):
            assert _report(server, f"CA{number:032}").status_code == 204
        counted = 'callcrm_webhook_requests_total{result="2xx",route="status"} 8.0'
        assert counted in get(server, "/metrics").text
        assert server.stop() == 0
    assert len(workers) >= 2
    # among them Python's own tracker of shared resources, which goes a moment after its parent
    assert psutil.wait_procs(workers, timeout=5)[1] == []
