"""`callcrm doctor` beside what really goes wrong: every fault is found, and its own remedy named."""

import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import respx

from callcrm.carrier import signature
from callcrm.carrier.form import parse
from callcrm.cli.checks import local
from callcrm.cli.checks.result import CheckResult
from tests import databases
from tests.cli.serving import NEEDED, serving
from tests.cli.terminal import CommandResult, RunCommand
from tests.databases import make_sqlite
from tests.ops import tls_server
from tests.running import TOKEN, free_port, small_flow

PUBLIC = "https://calls.example.com"
ROOT = Path(__file__).parents[3]
Site = Callable[[httpx.Request], httpx.Response]


def found(result: CommandResult, subject: str) -> tuple[str, str]:
    """What is wrong with the subject, and the remedy."""
    lines = result.out.splitlines()
    at = next((n for n, line in enumerate(lines) if line.startswith(f"WRONG   {subject}: ")), None)
    assert at is not None, result.out
    assert result.code == 1
    return lines[at], lines[at + 1]


@pytest.fixture
def ready(environment: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name, value in {**NEEDED, **small_flow(tmp_path)}.items():
        environment.setenv(name, value)
    return environment


# --- the public URL -------------------------------------------------------------------------------


def callcrm(request: httpx.Request, token: str = TOKEN) -> httpx.Response:
    """What callcrm answers."""
    target = request.url.raw_path.decode()
    if target == "/healthz":
        return httpx.Response(200, text="ok\n")
    header = request.headers["X-Twilio-Signature"]
    fits = signature.verify(PUBLIC, target, parse(request.content), header, [token])
    return httpx.Response(400, text="Refused: CallSid.\n") if fits else httpx.Response(403, text="no\n")


def with_query(request: httpx.Request, query: bytes) -> httpx.Response:
    changed = httpx.Request(
        request.method,
        request.url.copy_with(query=query or None),
        headers=request.headers,
        content=request.content,
    )
    return callcrm(changed)


def dropping(request: httpx.Request) -> httpx.Response:
    return with_query(request, b"") if request.url.query else callcrm(request)


def sorting(request: httpx.Request) -> httpx.Response:
    return (
        with_query(request, b"&".join(sorted(request.url.query.split(b"&"))))
        if request.url.query
        else callcrm(request)
    )


def only_healthz(request: httpx.Request) -> httpx.Response:
    return callcrm(request) if request.url.path == "/healthz" else httpx.Response(404, text="Not here")


def redirecting(request: httpx.Request) -> httpx.Response:
    return httpx.Response(301, headers={"Location": f"https://www.example.com{request.url.path}"})


def redirecting_posts(request: httpx.Request) -> httpx.Response:
    return redirecting(request) if request.method == "POST" else callcrm(request)


SITES: dict[str, tuple[Site, str, str]] = {
    "query dropped": (dropping, "another query", "path and query"),
    "query sorted": (sorting, "another query", "path and query"),
    "only /healthz passed": (only_healthz, "only /healthz", "path and query"),
    "another site": (lambda _: httpx.Response(200, text="<html>"), "not as callcrm", "another site"),
    "nobody behind": (
        lambda _: httpx.Response(502, text="bad"),
        "answers 502",
        "start `callcrm serve`",
    ),
    "redirect": (redirecting, "https://www.example.com/healthz", "set CALLCRM_PUBLIC_URL to where it leads"),
    "redirect of posts": (redirecting_posts, "redirects to", "loses its fields"),
    "a login in front": (lambda _: httpx.Response(401), "asks for a login", "let the carrier pass"),
    "another token": (lambda request: callcrm(request, "old"), "refuses a signature", "restart it"),
}


@pytest.mark.parametrize("name", SITES)
def test_what_comes_back_from_a_signed_request_is_told(
    run: RunCommand, ready: pytest.MonkeyPatch, name: str
) -> None:
    site, cause, remedy = SITES[name]
    ready.setenv("CALLCRM_PUBLIC_URL", PUBLIC)
    ready.setattr("socket.getaddrinfo", lambda *_: ["somewhere"])
    with respx.mock(assert_all_called=False) as mock:
        mock.route(host=urlsplit(PUBLIC).hostname).mock(side_effect=site)
        mock.route().mock(side_effect=httpx.ConnectError)
        wrong, mend = found(run("doctor"), "public URL")
    assert cause in wrong
    assert remedy in mend


def test_an_unchanged_request_is_well(run: RunCommand, ready: pytest.MonkeyPatch) -> None:
    ready.setenv("CALLCRM_PUBLIC_URL", PUBLIC)
    ready.setattr("socket.getaddrinfo", lambda *_: ["somewhere"])
    with respx.mock(assert_all_called=False) as mock:
        mock.route(host=urlsplit(PUBLIC).hostname).mock(side_effect=callcrm)
        mock.route().mock(side_effect=httpx.ConnectError)
        assert f"ok      public URL: {PUBLIC} answers, and a signed request" in run("doctor").out


def test_a_running_server_is_found_well_and_keeps_nothing_of_it(
    run: RunCommand, ready: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ready.setenv("CALLCRM_DATA_DIR", str(tmp_path))
    with serving(tmp_path) as server:
        ready.setenv("CALLCRM_PUBLIC_URL", server.url)
        assert "a signed request arrives there unchanged" in run("doctor").out
        ready.setenv("TWILIO_AUTH_TOKEN", "another")
        assert "refuses a signature" in found(run("doctor"), "public URL")[0]
    with sqlite3.connect(tmp_path / "callcrm.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM carrier_event").fetchone() == (0,)


@pytest.mark.parametrize(("days", "trusted", "words"), [(-1, True, "expired"), (9, False, "unable to get")])
def test_a_certificate_that_is_refused_is_wrong(
    ready: pytest.MonkeyPatch, tmp_path: Path, days: int, trusted: bool, words: str
) -> None:
    with tls_server.running(tmp_path, days=days) as (url, certificate):
        ready.setenv("CALLCRM_PUBLIC_URL", url)
        ready.setenv("PYTHONPATH", str(ROOT))
        if trusted:
            ready.setenv("SSL_CERT_FILE", str(certificate))
        command = [sys.executable, "-m", "callcrm", "doctor"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    wrong, mend = found(CommandResult(ended.returncode, ended.stdout, ended.stderr), "public URL")
    assert words in wrong
    assert "renew it" in mend


def test_a_clock_that_makes_certificates_invalid_is_thought_of(
    ready: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """To a clock that is a year slow each certificate is one of the future, the carrier's too."""
    with tls_server.running(tmp_path, since=1) as (url, certificate):
        ready.setenv("CALLCRM_PUBLIC_URL", url)
        ready.setenv("CALLCRM_TWILIO_API_URL", f"{url}/carrier")
        ready.setenv("PYTHONPATH", str(ROOT))
        ready.setenv("SSL_CERT_FILE", str(certificate))
        command = [sys.executable, "-m", "callcrm", "doctor"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    result = CommandResult(ended.returncode, ended.stdout, ended.stderr)
    for subject in ("public URL", "carrier"):
        wrong, mend = found(result, subject)
        assert "certificate" in wrong
        assert "set the clock of this machine" in mend


@pytest.mark.parametrize(
    ("response", "remedy"),
    [
        (httpx.Response(500), "status page"),
        (httpx.Response(429), "wait"),
        (httpx.Response(302), "mend CALLCRM_TWILIO_API_URL"),
        (httpx.Response(200, text="<html>"), "mend CALLCRM_TWILIO_API_URL"),
        (httpx.ReadTimeout, "status page"),
        (httpx.ConnectError, "the way out of this machine"),
    ],
    ids=["failed", "overloaded", "redirects", "no API", "silent", "unreachable"],
)
def test_each_fault_of_the_carrier_has_its_remedy(
    run: RunCommand, ready: pytest.MonkeyPatch, response: Any, remedy: str
) -> None:
    with respx.mock(assert_all_called=False) as mock:
        mock.route().mock(**{"side_effect" if isinstance(response, type) else "return_value": response})
        wrong, mend = found(run("doctor"), "carrier")
    assert mend.strip().startswith("mend: ")
    assert remedy in mend, wrong


# --- recordings, Redis, files ---------------------------------------------------------------------


def test_recordings_that_cannot_be_stored_are_wrong(
    run: RunCommand, ready: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    ready.setenv("CALLCRM_RECORDINGS_URL", f"file://{tmp_path}/file/recordings")
    assert "a file is in the way" in found(run("doctor"), "recordings")[1]


def test_a_bucket_that_is_not_there_and_keys_that_are_refused_are_told_apart(
    run: RunCommand, ready: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = {
        "CALLCRM_RECORDINGS_URL": "s3://calls/x",
        "CALLCRM_S3_REGION": "r",
        "CALLCRM_S3_ACCESS_KEY_ID": "a",
        "CALLCRM_S3_SECRET_ACCESS_KEY": "b",
    }
    for name, value in settings.items():
        ready.setenv(name, value)
    for status, remedy in ((404, "make the bucket"), (403, "CALLCRM_S3_ACCESS_KEY_ID")):
        with tls_server.answering(status) as url:
            ready.setenv("CALLCRM_S3_ENDPOINT", url)
            assert remedy in found(run("doctor"), "recordings")[1]


def test_redis_that_does_not_answer_is_wrong(run: RunCommand, ready: pytest.MonkeyPatch) -> None:
    ready.setenv("CALLCRM_REDIS_URL", f"redis://127.0.0.1:{free_port()}")
    wrong, mend = found(run("doctor"), "Redis")
    assert "does not answer" in wrong
    assert "start it" in mend


@pytest.fixture
def open_folder(ready: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody may pass, and is in: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(dir=databases.memory_folder()) as name:
        Path(name).chmod(0o755)
        ready.chdir(name)
        yield Path(name)


def test_files_that_others_may_read_are_named_with_the_command_that_mends_it(
    run: RunCommand, ready: pytest.MonkeyPatch, open_folder: Path
) -> None:
    ready.setattr("callcrm.base.files.group_members", lambda _: {"callcrm", "ana"})
    make_sqlite(Path("var/callcrm.sqlite3"))
    Path("var").chmod(0o755)
    Path("var/callcrm.sqlite3").chmod(0o644)
    Path(".env").write_text("CALLCRM_TIME_ZONE=UTC\n")
    Path(".env").chmod(0o640)
    wrong, mend = found(run("doctor"), "readers")
    assert "callcrm.sqlite3" in wrong
    assert mend.strip() == f"mend: chmod -R go= {open_folder / '.env'} {open_folder / 'var'}"
    subprocess.run(mend.replace("mend:", "").split(), check=True)
    assert "ok      readers" in run("doctor").out


def test_settings_of_root_that_the_service_s_own_group_reads_are_sound(
    run: RunCommand, ready: pytest.MonkeyPatch, open_folder: Path
) -> None:
    """As the production guide has it; closed to its group, the service could not read them either."""
    ready.setattr("callcrm.base.files.group_members", lambda _: {"callcrm"})
    settings = open_folder / ".env"
    settings.write_text("CALLCRM_TIME_ZONE=UTC\n")
    settings.chmod(0o640)
    assert "ok      readers" in run("doctor").out
    settings.chmod(0o644)
    ready.setattr("os.geteuid", lambda: 1)  # daemon
    assert found(run("doctor"), "readers")[1].strip() == (
        f"mend: chown -R daemon {settings} && chmod -R go= {settings}"
    )


def test_pages_without_their_scripts_are_wrong(
    run: RunCommand, ready: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ready.setattr("callcrm.cli.checks.files.VENDOR", tmp_path / "vendor")
    assert "make runtime" in found(run("doctor"), "front-end files")[1]


def test_one_check_that_fails_hides_no_other(run: RunCommand, ready: pytest.MonkeyPatch) -> None:
    def check_something(_: object) -> list[CheckResult]:
        raise OSError(5, "Input/output error")

    ready.setattr(local, "CHECKS", (check_something, *local.CHECKS))
    result = run("doctor")
    assert "Input/output error" in found(result, "something")[0]
    assert "ok      flows" in result.out


@pytest.mark.parametrize(
    "date", ["Mon, 05 Jan 2026 12:00:00 -0000", "yesterday", "", "Mon, 99 Foo 9999999 12:00"]
)
def test_an_odd_date_of_the_carrier_ends_nothing(
    run: RunCommand, ready: pytest.MonkeyPatch, date: str
) -> None:
    with respx.mock(assert_all_called=False) as mock:
        mock.route().respond(json={"status": "active", "incoming_phone_numbers": []}, headers={"Date": date})
        out = run("doctor").out
    assert "clock" in out
    assert "the check itself failed" not in out


def test_no_address_is_printed_without_its_host(run: RunCommand, ready: pytest.MonkeyPatch) -> None:
    with respx.mock(assert_all_called=False) as mock:
        number = {"phone_number": NEEDED["CALLCRM_NUMBERS"], "voice_url": "", "voice_method": "POST"}
        mock.route().respond(json={"status": "active", "incoming_phone_numbers": [number]})
        out = run("doctor").out
    assert " /webhooks" not in out
    assert "unseen  numbers" in out
