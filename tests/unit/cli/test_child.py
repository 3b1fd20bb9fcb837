"""When a process that ended starts again, and what is said of it."""

import os

import pytest

from services.cli import child as child_module
from services.cli.child import Child
from services.cli.log_files import log_path
from services.cli.procfile import ProcfileLine


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(child_module, "time", made)
    return made


@pytest.fixture
def child(monkeypatch) -> Child:
    monkeypatch.setattr(Child, "_spawn", lambda self, log: os.write(log, b"Error: no paper\n") and 4711)
    return Child(ProcfileLine("parser", {}, ("python", "-m", "x")), {})


def live(child: Child, clock: Clock, seconds: float) -> float:
    """Start, live so long, fail: the seconds until the next start."""
    child.start()
    clock.now += seconds
    child.ended(1)
    assert child.starts_at is not None
    return child.starts_at - clock.now


def test_the_pause_doubles_up_to_half_a_minute(child, clock):
    assert [live(child, clock, 1) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_process_that_lived_a_minute_starts_afresh(child, clock):
    pauses = [live(child, clock, seconds) for seconds in (1, 1, 1, 61, 1)]
    assert pauses == [1, 2, 4, 1, 2]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (1, "parser failed (exit code 1), starts again in 1 s (Error: no paper)"),
        (0, "parser ended, starts again in 1 s"),  # its last words are not the reason
        (-9, "parser was killed (SIGKILL), starts again in 1 s"),
        (-40, "parser was killed (signal 40), starts again in 1 s"),
    ],
)
def test_the_line_says_how_why_when_and_where(child, code, told):
    child.start()
    assert child.ended(code) == f"{told}: see {log_path('parser')}"


@pytest.mark.parametrize(
    ("where", "name", "reason"),
    [
        (Child, "_spawn", OSError(8, "Exec format error")),
        (child_module, "open_log", OSError(28, "No space left on device")),
        (child_module.os, "write", OSError(28, "No space left on device")),
    ],
)
def test_a_process_that_cannot_be_started_is_tried_again_and_told_why(monkeypatch, child, where, name, reason):
    def refuse(*_: object) -> int:
        raise reason

    with monkeypatch.context() as patched:
        patched.setattr(where, name, refuse)
        child.start()
    assert child.pid is None
    assert child.ended(None).startswith(f"parser could not be started, starts again in 1 s ({reason}): see ")


def test_a_process_that_said_nothing_is_not_quoted(monkeypatch, child):
    monkeypatch.setattr(Child, "_spawn", lambda self, log: 4711)
    child.start()
    assert child.ended(1) == f"parser failed (exit code 1), starts again in 1 s: see {log_path('parser')}"


def test_its_log_says_when_it_was_started(child):
    child.start()
    first = log_path("parser").read_text().splitlines()[0]
    assert first.startswith("--- ")
    assert first.endswith(" python -m x")
