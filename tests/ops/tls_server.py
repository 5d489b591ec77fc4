"""A TLS server of this machine with a certificate of an authority of its own."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.clocks import CLOCK

PEM = serialization.Encoding.PEM


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
    name: str,
    key: ec.EllipticCurvePrivateKey,
    authority: ec.EllipticCurvePrivateKey,
    *,
    days: int = 9,
    since: int = -90,
    is_authority: bool = False,
) -> x509.Certificate:
    issuer = x509.Name.from_rfc4514_string("CN=our own authority")
    now = CLOCK.now()
    builder = (
        x509.CertificateBuilder(issuer, x509.Name.from_rfc4514_string(name), key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=since))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    return builder.sign(authority, hashes.SHA256())


@contextmanager
def running(folder: Path, *, days: int = 9, since: int = -90) -> Iterator[tuple[str, Path]]:
    """An address, and the certificate to trust for reaching it: good for `days`, from `since` on."""
    file, chain = folder / "ca.pem", folder / "server.pem"
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = sign("CN=our own authority", authority, authority, is_authority=True)
    server_certificate = sign("CN=server", key, authority, days=days, since=since)
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


@contextmanager
def answering(status: int) -> Iterator[str]:
    """The address of a server without TLS that answers everything with this status."""

    class Always(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            """The status."""
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD = do_DELETE = do_POST = do_PUT  # noqa: N815  # named by the library

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Always)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
