"""A server on loopback that says exactly the bytes that a test gives it, and keeps who asked for what, when."""

import contextlib
import itertools
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable

Speak = Callable[[socket.socket, threading.Event], None]


class LoopbackServer:
    """Answers by path, with bytes or with a function that speaks to the socket; keeps what it was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.answers: dict[str, bytes | Speak] = {}
        self.requests: list[str] = []  # each whole: request line and headers
        self.arrivals: list[float] = []  # of each request, on the monotonic clock
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

        self.server = Server((host, 0), Handler)
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
            self.arrivals.append(time.monotonic())
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

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [request.split(" ")[1] for request in self.requests]

    def gaps(self) -> list[float]:
        """Seconds between one request's arrival and the next's."""
        return [later - earlier for earlier, later in itertools.pairwise(sorted(self.arrivals))]

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
