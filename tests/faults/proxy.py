"""A TCP proxy between our processes and a server, which injects what networks do to them."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

#: A server's address: host and port, or a unix socket's path.
Target = tuple[str, int] | Path


class Pair:
    """One connection through the proxy: the client's socket, and ours to the server."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.is_lost = False  # bytes were swallowed: what follows them must not arrive either

    def abort(self) -> None:
        """End both halves with a reset."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
            end.close()


class FaultProxy:
    """Passes everything on until it is told otherwise; its switches are thrown by the test while it runs."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.latency_s = 0.0  # added to each answer
        self.is_black_hole = False  # bytes vanish, no connection ends: what a firewall's lost state looks like
        self.is_refusing = False
        self._pairs: set[Pair] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self) -> None:
        """End every connection; new ones are let through."""
        for pair in list(self._pairs):
            pair.abort()

    @contextlib.contextmanager
    def black_hole(self) -> Iterator[None]:
        """While the block runs, whatever is sent is lost."""
        self.is_black_hole = True
        try:
            yield
        finally:
            self.is_black_hole = False

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """While the block runs, no server is there."""
        self.is_refusing = True
        self.reset()
        try:
            yield
        finally:
            self.is_refusing = False

    def close(self) -> None:
        """Listen no more."""
        self.is_refusing, self.is_black_hole = True, False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        while self.is_black_hole:
            time.sleep(0.05)
        server = socket.socket(socket.AF_UNIX if isinstance(self.target, Path) else socket.AF_INET)
        pair = Pair(client, server)
        try:
            if self.is_refusing:
                raise ConnectionRefusedError
            server.connect(str(self.target) if isinstance(self.target, Path) else self.target)
        except OSError:
            pair.abort()
            return
        self._pairs.add(pair)
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=self._pump, args=(pair, source, sink), daemon=True).start()

    def _pump(self, pair: Pair, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while read := source.recv(65536):
                pair.is_lost |= self.is_black_hole
                if pair.is_lost:
                    continue
                if source is pair.server:
                    time.sleep(self.latency_s)
                sink.sendall(read)
        if source is pair.server and pair.is_lost:
            return  # the client must not hear of the server's end
        pair.abort()
        self._pairs.discard(pair)


@contextlib.contextmanager
def fault_proxy(target: Target) -> Iterator[FaultProxy]:
    """A proxy before a server."""
    proxy = FaultProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
