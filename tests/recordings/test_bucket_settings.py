"""A bucket by our own settings, in `.env` too, and over TLS with a certificate of one's own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from callcrm import config
from callcrm.live.bus import open_bus
from callcrm.recordings.storage_factory import open_storage
from callcrm.store.postgres.engine import certificates, open_engine
from tests.clocks import CLOCK, THREADS
from tests.ops import tls_server as tls

ROOT = Path(__file__).parents[2]


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


def test_a_bucket_is_used_with_what_env_says(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert httpx.put(f"{endpoint}/calls").is_success
    lines = (
        "CALLCRM_RECORDINGS_URL=s3://calls/recorded",
        f"CALLCRM_S3_ENDPOINT={endpoint}",
        "CALLCRM_S3_REGION=eu-central-1",
        "CALLCRM_S3_ACCESS_KEY_ID=invented",
        "CALLCRM_S3_SECRET_ACCESS_KEY=invented",
    )
    (tmp_path / ".env").write_text("\n".join(lines))
    settings = config.load_settings()
    storage = open_storage(settings, THREADS)
    file = storage.scratch() / "a.part"
    file.write_bytes(b"audio")
    assert asyncio.run(storage.describe(asyncio.run(storage.put(file)))).size == 5
    assert "invented" not in repr(settings).replace("CALLCRM", "").partition("s3_secret")[2]


CARRIER = """
import asyncio, sys
from callcrm.carrier.rest_transport import open_http
async def main():
    async with open_http() as http:
        print((await http.get(sys.argv[1])).status_code)
asyncio.run(main())
"""
AUDIO = """
import asyncio, sys, httpx
from callcrm.cli.clock_and_threads import clock, threads
from callcrm.carrier.media import MediaClient
client = MediaClient(clock, threads, api_url=sys.argv[1], account="AC", token="t")
print(httpx.Client(verify=client._tls, trust_env=False).get(sys.argv[1]).status_code)
"""
BUCKET = """
import asyncio, sys
from pathlib import Path
from callcrm.cli.clock_and_threads import threads
from callcrm.recordings.bucket import BucketStorage
keys = {"access_key_id": "a", "secret_access_key": "b", "region": "r"}
storage = BucketStorage("s3://x/y", Path("/nowhere"), threads, endpoint=sys.argv[1], **keys)
print(asyncio.run(storage.describe("0" * 32)).size)
"""


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with tls.running(tmp_path_factory.mktemp("tls")) as place:
        yield place


@pytest.mark.parametrize(("script", "expected"), [(CARRIER, "200"), (AUDIO, "200"), (BUCKET, "2")])
@pytest.mark.parametrize("trusted", [True, False])
def test_certificates_of_ones_own_are_taken_from_the_environment(
    tls_server: tuple[str, Path], script: str, expected: str, trusted: bool
) -> None:
    url, file = tls_server
    environment = {"PATH": os.environ["PATH"], **({"SSL_CERT_FILE": str(file)} if trusted else {})}
    command = [sys.executable, "-c", script, url]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.stdout.strip() == expected) == trusted, ended.stderr


@pytest.mark.parametrize(
    ("query", "given"),
    [
        ("?sslmode=verify-full", True),
        ("?sslmode=verify-ca", True),
        ("", False),
        ("?sslmode=require", False),  # there a file would begin a check that was not asked for
        ("?sslmode=verify-full&sslrootcert=/own.pem", False),
    ],
)
def test_postgresql_is_checked_with_the_same_certificates(
    monkeypatch: pytest.MonkeyPatch, query: str, given: bool
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/ours.pem")
    assert certificates(f"postgresql://db/c{query}") == ({"sslrootcert": "/etc/ours.pem"} if given else {})
    monkeypatch.delenv("SSL_CERT_FILE")
    assert certificates(f"postgresql://db/c{query}") == {}


def test_every_connection_to_postgresql_is_checked_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Connected(Exception):
        """In the place of a connection."""

    files: list[object] = []

    def connect(*_: object, **named: object) -> None:
        files.append(named.get("sslrootcert"))
        raise Connected

    monkeypatch.setenv("SSL_CERT_FILE", "/etc/ours.pem")
    monkeypatch.setattr("psycopg.Connection.connect", connect)
    monkeypatch.setattr("psycopg.connect", connect)
    monkeypatch.setattr("psycopg.AsyncConnection.connect", connect)
    with pytest.raises(Connected):
        open_engine("postgresql+psycopg://db/c?sslmode=verify-full").connect()
    bus = open_bus("postgresql://db/c?sslmode=verify-full", None, CLOCK)
    with pytest.raises(Connected):
        asyncio.run(bus.listen(lambda _ids: None))
    assert files == ["/etc/ours.pem"] * 2
