"""A stand-in for the Neon API on loopback, for programs that can only reach it through a proxy they are told of.

It is such a proxy: it answers `CONNECT console.neon.tech:443` and then speaks TLS itself, under a certificate that the
program is told to trust (`NODE_EXTRA_CA_CERTS`). Requests are kept; every answer is the same connection URI.
"""

from __future__ import annotations

import datetime
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "console.neon.tech"


@dataclass
class NeonApi:
    """What was asked, and how a program finds its way here."""

    environment: dict[str, str]
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)


@contextmanager
def neon_api(folder: Path, uri: str) -> Iterator[NeonApi]:
    """Serve until the block ends; certificate and key are written to `folder`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    api = NeonApi({})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(api, context, uri)) as server:
        api.environment = {
            "HTTPS_PROXY": f"http://127.0.0.1:{server.server_port}",
            "NODE_EXTRA_CA_CERTS": str(folder / "neon.pem"),
            "NO_PROXY": "",
        }
        api.environment |= {name.lower(): value for name, value in api.environment.items() if "PROXY" in name}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield api
        server.shutdown()


def _handler(api: NeonApi, context: ssl.SSLContext, uri: str) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb", -1)
            self.wfile = self.connection.makefile("wb", 0)  # type: ignore[assignment]
            self.close_connection = False

        def finish(self) -> None:
            super().finish()
            self.connection.close()

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            api.requests.append((self.command, self.path, body))
            answer = json.dumps({"uri": uri}).encode()
            self.send_response(201 if self.command == "POST" else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing on stderr."""

    return Handler


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "neon.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return path
