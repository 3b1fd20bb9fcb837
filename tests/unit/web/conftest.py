"""Loopback servers, plain and behind TLS, and clients for them."""

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback import LoopbackServer, reply

from shared.web.client import WebClient


@pytest.fixture(name="reply")
def reply_() -> Callable[..., bytes]:
    """Make a whole answer of a status, a body and headers."""
    return reply


@pytest.fixture
def press(set_settings) -> Iterator[LoopbackServer]:
    """A server that the settings allow to be reached."""
    server = LoopbackServer()
    set_settings(private_addresses=f"127.0.0.1:{server.port}", fetch_timeout_s=20)
    yield server
    server.close()


@pytest.fixture
def open_client() -> Iterator[Callable[..., WebClient]]:
    """Make clients that are closed at the end."""
    clients: list[WebClient] = []

    def make(**options: object) -> WebClient:
        clients.append(WebClient(**options))
        return clients[-1]

    yield make
    for one in clients:
        one.close()


@pytest.fixture
def client(open_client) -> WebClient:
    """A client with the machine's own resolver."""
    return open_client()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate and its key in one file, for news.example."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is missing: sudo apt-get install openssl")
    folder = tmp_path_factory.mktemp("tls")
    # fmt: off
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=news.example",
         "-addext", "subjectAltName=DNS:news.example", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )
    # fmt: on
    both = folder / "both.pem"
    both.write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    return both


@pytest.fixture
def tls_press(certificate: Path, set_settings) -> Iterator[LoopbackServer]:
    """The server behind TLS, with the self-signed certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = LoopbackServer(context)
    set_settings(private_addresses=f"127.0.0.1:{server.port}", fetch_timeout_s=20)
    yield server
    server.close()
