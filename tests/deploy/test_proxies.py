"""The shipped nginx.conf and Caddyfile run before a server: paths untouched, events at once, metrics shut."""

import re
import shutil
import socket
import ssl
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from callcrm.agents import tokens
from callcrm.simulator.wire.signature import sign
from tests.posts import inbound
from tests.running import TOKEN, free_port, small_flow
from tests.running_app import FORM
from tests.server_thread import ThreadedServer

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
NAME = "calls.example.com"
PACKAGES = {"nginx": "nginx-light", "caddy": "caddy"}


def program(name: str) -> str:
    """The path of a program; skips, and says so, where it is not installed."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        warnings.warn(f"{name} is not tried: apt install {PACKAGES[name]}", stacklevel=2)
        pytest.skip(f"needs {PACKAGES[name]}")
    return found


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate and its key for NAME."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    made, key = folder / "fullchain.pem", folder / "privkey.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={NAME}",
    ]
    subprocess.run([*command, "-keyout", key, "-out", made], check=True, capture_output=True)
    return made, key


def nginx(folder: Path, port: int, app: int) -> list[str]:
    """The command that runs the shipped nginx.conf at this port; checks it first."""
    made, key = certificate(folder)
    site = (DEPLOY / "nginx.conf").read_text()
    for before, after in {
        "127.0.0.1:8000": f"127.0.0.1:{app}",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "    listen [::]:80;\n": "",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "    listen [::]:443 ssl http2;\n": "",
        f"/etc/letsencrypt/live/{NAME}/fullchain.pem": str(made),
        f"/etc/letsencrypt/live/{NAME}/privkey.pem": str(key),
    }.items():
        assert before in site, before
        site = site.replace(before, after)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    process = f"pid {folder}/pid; daemon off; error_log stderr; events {{}}"
    (folder / "nginx.conf").write_text(f"{process} http {{ access_log off; {temporary} {site} }}")
    command = [program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    return command


def caddy(folder: Path, port: int, app: int) -> list[str]:
    """The command that runs the shipped Caddyfile at this port, with a certificate of its own."""
    site = (DEPLOY / "Caddyfile").read_text()
    assert f"{NAME} {{" in site
    site = site.replace(f"{NAME} {{", f"https://{NAME}:{port} {{\n\ttls internal")
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{app}")
    options = (
        "admin off",
        "auto_https disable_redirects",
        "skip_install_trust",
        f"storage file_system {folder}/c",
    )
    assert "grace_period 10s" in site
    site = site.replace("grace_period 10s", "\n\t".join(("grace_period 1s", *options)))
    (folder / "Caddyfile").write_text(site)
    return [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """The proxy, while the block runs."""
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={"HOME": str(folder), "PATH": "/usr/bin"}
        )
    try:
        deadline = time.monotonic() + 20
        while not _answers(port):
            running_still = process.poll() is None and time.monotonic() < deadline
            assert running_still, (folder / "proxy.log").read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    """Whether it speaks TLS: Caddy listens before it has made its certificate."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as probe,
            trusting.wrap_socket(probe, server_hostname=NAME),
        ):
            return True
    except OSError:
        return False


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server behind the proxy; it believes the certificate."""
    port = free_port()
    flow = small_flow(tmp_path)
    url = f"https://{NAME}:{port}"
    server = ThreadedServer(
        tmp_path, extra={**flow, "CALLCRM_PUBLIC_URL": url, "CALLCRM_TRUSTED_PROXIES": "127.0.0.1"}
    )
    command = request.param(tmp_path, port, server.port)
    server.start()
    transport = httpx.HTTPTransport(verify=False, local_address="127.0.0.1")
    try:
        with running(command, port, tmp_path), httpx.Client(base_url=url, transport=transport) as client:
            client.event_hooks = {"request": [_to_loopback]}
            client.server = server  # type: ignore[attr-defined]
            yield client
    finally:
        server.stop()


def _to_loopback(request: httpx.Request) -> None:
    request.extensions["sni_hostname"] = NAME
    request.url = request.url.copy_with(host="127.0.0.1")


def test_a_signed_request_arrives_as_it_was_signed(client: httpx.Client) -> None:
    # A query as the carrier sends it, that a proxy which decodes and encodes again would change.
    path = "/webhooks/twilio/at/node/main/-?language=en&step=1"
    fields = inbound("CA" + "7" * 32) | {"Digits": "1"}
    url = str(client.base_url).rstrip("/") + path
    headers = {"X-Twilio-Signature": sign(TOKEN, url, fields.items()), "Content-Type": FORM}
    answer = client.post(path, content=urlencode(fields), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")


def test_live_events_come_at_once(client: httpx.Client) -> None:
    services = client.server.services  # type: ignore[attr-defined]
    now = services.clock.now()
    secret = services.store.write_now(
        lambda session: tokens.add_token(session, name="tests", role="admin", user_email=None, now=now)
    )
    began = time.monotonic()
    with client.stream("GET", "/api/v1/events", headers={"Authorization": f"Bearer {secret}"}) as stream:
        first = next(stream.iter_raw())
    assert first
    assert time.monotonic() - began < 3  # a proxy that buffers would hold it back


def test_pages_lead_to_the_public_name(client: httpx.Client) -> None:
    answer = client.get("/calls", follow_redirects=False)
    assert answer.headers["location"] == "/login?next=/calls"
    cookie = client.get("/login").headers["set-cookie"]
    assert re.match(r"__Host-callcrm-form=.*Secure", cookie)


def test_metrics_are_for_this_machine_alone(client: httpx.Client) -> None:
    assert client.get("/metrics").status_code == 200
    for name in ("nginx.conf", "Caddyfile"):
        text = (DEPLOY / name).read_text()
        assert re.search(
            r"location = /metrics \{\s+allow 127.0.0.1;\s+allow ::1;\s+deny all;|respond @metrics 403", text
        )


def test_a_body_beyond_what_is_taken_is_refused_by_the_proxy(client: httpx.Client) -> None:
    answer = client.post("/webhooks/twilio/voice", content=b"x" * 1_100_000)
    assert answer.status_code in (413, 502)  # Caddy may find out when half of it is on its way
