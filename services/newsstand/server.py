"""The newsstand's server: waitress, with the connection at hand so that a fault can reset it."""

import contextlib
import logging
import socket
from typing import Any

import waitress
from waitress.channel import HTTPChannel
from waitress.task import WSGITask
from waitress.wasyncore import close_all

from services.newsstand.app import make_app
from services.newsstand.misbehave import SOCKET
from services.newsstand.press import Newsstand
from shared.errors import KiosqueError

#: The scraper's four threads, the moderator and a browser's six connections; more wait their turn.
THREADS = 10
#: A huge answer must not fill the memory while its reader dawdles.
BUFFER_BYTES = 1_000_000


class TakenAddressError(KiosqueError):
    """The address cannot be listened on."""


class _Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    def get_environment(self) -> dict[str, Any]:
        environment: dict[str, Any] = super().get_environment()
        environment[SOCKET] = self.channel.socket
        return environment


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    task_class = _Task


class Server:
    """One newsstand on one address; port 0 is any free one."""

    def __init__(self, newsstand: Newsstand, host: str, port: int) -> None:
        self.newsstand = newsstand
        listening = _listen(host, port)
        self.host, self.port = host, int(listening.getsockname()[1])
        logging.getLogger("waitress").setLevel(logging.ERROR)  # a cut-off answer is its warning and our purpose
        self._sockets: dict[int, Any] = {}  # what waitress's loop watches; it ends when nothing is left
        self._waitress = waitress.create_server(
            make_app(newsstand),
            map=self._sockets,
            sockets=[listening],
            threads=THREADS,
            ident=None,
            outbuf_high_watermark=BUFFER_BYTES,
            clear_untrusted_proxy_headers=True,
        )
        self._waitress.channel_class = _Channel

    @property
    def url(self) -> str:
        """The server's own address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def run(self) -> None:
        """Serve until closed or interrupted."""
        self._waitress.run()

    def close(self) -> None:
        """Stop serving, from another thread: answers that dawdle end, connections close."""
        self.newsstand.closing.set()
        self._waitress.task_dispatcher.shutdown(timeout=5)
        with contextlib.suppress(OSError):  # its loop has ended already
            self._waitress.trigger.pull_trigger(lambda: close_all(self._sockets))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:  # the latter: there is no such port
        listening.close()
        why = error.strerror if isinstance(error, OSError) else error
        raise TakenAddressError(
            f"{host}:{port} cannot be listened on ({why}): stop what does, or set KIOSQUE_NEWSSTAND_ADDRESS"
        ) from error
    return listening
