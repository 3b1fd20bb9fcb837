"""A server on loopback that says exactly the bytes that a test gives it."""

import contextlib
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.web.client import WebClient

Speak = Callable[[socket.socket, threading.Event], None]


class PressServer:
    """Answers by path, with bytes or with a function that speaks to the socket; keeps what it was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, bytes | Speak] = {}
        self.requests: list[str] = []  # each whole: request line and headers
        self.connections = 0
        self.stopping = threading.Event()
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    connection = tls.wrap_socket(self.request, server_side=True) if tls else self.request
                    outer.connections += 1
                    with contextlib.closing(connection):
                        outer.converse(connection)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def converse(self, connection: socket.socket) -> None:
        received = b""
        while not self.stopping.is_set():
            while b"\r\n\r\n" not in received:
                more = connection.recv(65536)
                if not more:
                    return
                received += more
            head, _, received = received.partition(b"\r\n\r\n")
            self.requests.append(head.decode("latin-1"))
            answer = self.answers.get(head.split(b" ")[1].decode("ascii"), reply(404))
            if callable(answer):
                answer(connection, self.stopping)
                return
            connection.sendall(answer)
            if b"connection: close" in answer.lower() or b"content-length" not in answer.lower():
                return

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def header(self, name: str) -> str | None:
        """A header of the last request."""
        lines = self.requests[-1].split("\r\n")[1:]
        return next((line.partition(": ")[2] for line in lines if line.lower().startswith(f"{name.lower()}:")), None)

    def close(self) -> None:
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def reply(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    lines = {"content_length": str(len(body)), **headers}
    head = "".join(f"{name.replace('_', '-').title()}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body


@pytest.fixture(name="reply")
def reply_() -> Callable[..., bytes]:
    """Make a whole answer of a status, a body and headers."""
    return reply


@pytest.fixture
def press(set_settings) -> Iterator[PressServer]:
    """A server that the settings allow to be reached."""
    server = PressServer()
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
def tls_press(certificate: Path, set_settings) -> Iterator[PressServer]:
    """The server behind TLS, with the self-signed certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = PressServer(context)
    set_settings(private_addresses=f"127.0.0.1:{server.port}", fetch_timeout_s=20)
    yield server
    server.close()
