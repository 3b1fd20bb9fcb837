"""A loopback server, and a database whose clock a test moves."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from loopback import LoopbackServer, reply

from shared.web import pace


@pytest.fixture
def press(database: str, set_settings) -> Iterator[LoopbackServer]:
    """A server that the settings allow to be reached, with a database."""
    server = LoopbackServer()
    set_settings(private_addresses=f"127.0.0.1:{server.port}", fetch_timeout_s=20)
    yield server
    server.close()


@pytest.fixture(name="reply")
def reply_() -> Callable[..., bytes]:
    """Make a whole answer of a status, a body and headers."""
    return reply


class Clock:
    """The database's clock and the sleep of who waits for a turn, moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(database: str, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until it is moved."""
    made = Clock()
    monkeypatch.setattr(pace, "clock", lambda _: made.now)
    monkeypatch.setattr(pace, "time", SimpleNamespace(sleep=made.sleep))
    return made
