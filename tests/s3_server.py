"""An S3 on loopback, in this process: moto's server, which can be started late, stopped, and have its clock cheated."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer
from servers import free_port

BUCKET = "press"
#: What a process needs to be let in; moto takes any.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "kiosque", "AWS_SECRET_ACCESS_KEY": "secret"}


class S3Server:
    """Buckets over HTTP."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = ThreadedMotoServer("127.0.0.1", self.port, verbose=False)
        self.is_running = False

    def start(self) -> None:
        """Start it with an empty bucket."""
        self._server.start()
        self.is_running = True
        self.empty()

    def stop(self) -> None:
        """Stop it, and forget what was in it."""
        self._server.stop()
        self.is_running = False

    def empty(self) -> None:
        """One bucket with nothing in it."""
        _backend().reset()
        _backend().create_bucket(BUCKET, "us-east-1")

    def keys(self) -> list[str]:
        """The whole name of every object."""
        return sorted(_backend().buckets[BUCKET].keys)

    def age(self, key: str, seconds: float) -> None:
        """Make an object look as if it had been put so long ago."""
        _backend().buckets[BUCKET].keys[key].last_modified = datetime.now(UTC) - timedelta(seconds=seconds)

    def put(self, key: str, content: bytes) -> None:
        """An object of any name."""
        _backend().put_object(BUCKET, key, content)


def _backend():
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    """One that runs."""
    server = S3Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()
