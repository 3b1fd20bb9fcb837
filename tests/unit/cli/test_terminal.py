"""What is said on a terminal, on a pipe and to a program."""

import io
import json
import sys

import pytest

from services.cli import terminal
from services.cli.progress import progress_text
from services.cli.terminal import JsonLines, Muted, Pipe, Screen, open_terminal
from shared.store.funnel import Progress


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


def test_on_a_screen_progress_is_written_over_and_lines_stay(out, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    screen = Screen(Muted(out))
    screen.show("1 found")
    screen.say("portal ready", "portal.ready")
    screen.show("2 found")
    screen.show("2 found")
    assert out.getvalue() == "\r\x1b[K1 found\r\x1b[Kportal ready\n1 found\r\x1b[K2 found"


def test_on_a_screen_the_last_lines_stand_below_the_last_progress(out):
    screen = Screen(Muted(out))
    screen.show("2 found")
    screen.end_progress()
    screen.say("stopped", "run.stopped")
    assert out.getvalue() == "\r\x1b[K2 found\n\r\x1b[Kstopped\n"


def test_on_a_screen_progress_never_wraps(out, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    Screen(Muted(out)).show("x" * 50)
    assert out.getvalue() == "\r\x1b[K" + "x" * 19


def test_on_a_pipe_progress_is_a_line_when_it_changed_and_not_too_often(out, monkeypatch):
    clock = iter([100.0, 100.0, 101.0, 110.0, 110.0])
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(clock))
    pipe = Pipe(Muted(out))
    for line in ("1 found", "2 found", "3 found", "3 found"):
        pipe.show(line)
    assert out.getvalue() == "1 found\n3 found\n"


def test_a_program_gets_an_object_a_line(out):
    lines = JsonLines(Muted(out))
    lines.say("http://x/  portal", "portal.ready", url="http://x/")
    lines.show("1 found", found=1)
    lines.show("1 found", found=1)
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {"event": "portal.ready", "url": "http://x/", "text": "http://x/  portal"},
        {"event": "progress", "found": 1},
    ]


def test_what_a_terminal_cannot_write_is_replaced():
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Muted(out).write("1 found · صحيفة\n")
    assert raw.getvalue() == b"1 found ? ?????\n"


def test_a_pipe_is_no_screen(monkeypatch, out):
    monkeypatch.setattr(sys, "stdout", out)
    assert isinstance(open_terminal(as_json=False), Pipe)
    assert isinstance(open_terminal(as_json=True), JsonLines)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Progress(0, 0, 0, 0, 0), "0 articles found · 0 on the portal · 0 waiting · 0 set aside"),
        (Progress(1, 1, 0, 0, 0), "1 article found · 1 on the portal · 0 waiting · 0 set aside"),
        (Progress(36, 30, 12, 1, 9), "36 articles found · 30 on the portal · 12 waiting · 1 set aside"),
    ],
)
def test_progress_in_words(found, text):
    assert progress_text(found) == text
