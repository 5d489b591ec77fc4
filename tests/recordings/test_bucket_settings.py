"""A bucket by our own settings, in `.env` too, and over TLS with a certificate of one's own."""

import asyncio
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from moto.server import ThreadedMotoServer

from callcrm import config
from callcrm.recordings.storage_factory import open_storage
from callcrm.store.postgres import certificates
from tests.clocks import CLOCK, THREADS

ROOT = Path(__file__).parents[2]
PEM = serialization.Encoding.PEM


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


class Anything(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """200 with a body."""
        self.send_response(200)
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Mon, 05 Jan 2026 12:00:00 GMT")
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(b"{}")

    do_HEAD = do_GET  # noqa: N815  # named by the library

    def log_message(self, *_: object) -> None:
        """Nothing."""


def sign(
    name: str, key: ec.EllipticCurvePrivateKey, authority: ec.EllipticCurvePrivateKey, *, is_authority: bool
) -> x509.Certificate:
    issuer = x509.Name.from_rfc4514_string("CN=our own authority")
    now = CLOCK.now()
    builder = (
        x509.CertificateBuilder(issuer, x509.Name.from_rfc4514_string(name), key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    return builder.sign(authority, hashes.SHA256())


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """An address that only who trusts this file of certificates reaches."""
    folder = tmp_path_factory.mktemp("tls")
    file, chain = folder / "ca.pem", folder / "server.pem"
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = sign("CN=our own authority", authority, authority, is_authority=True)
    server_certificate = sign("CN=server", key, authority, is_authority=False)
    file.write_bytes(root.public_bytes(PEM))
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.write_bytes(private + server_certificate.public_bytes(PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server = HTTPServer(("127.0.0.1", 0), Anything)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", file
    server.shutdown()
    server.server_close()


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
