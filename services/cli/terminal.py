"""What `kiosque run` says: lines, and one line of progress that is kept up to date."""

import json
import os
import shutil
import sys
import time
from typing import Any, Protocol, TextIO

#: On a pipe a change is printed at most this often, seconds.
PIPE_EVERY_S = 3.0


class Terminal(Protocol):
    """Where the supervisor speaks to a person, or to a program."""

    def say(self, line: str, event: str, **facts: Any) -> None:
        """Print a line that stays; a program gets the event and its facts instead."""

    def show(self, line: str, **facts: Any) -> None:
        """Print the line of progress, in place of the one before."""

    def end_progress(self) -> None:
        """There is no more progress to show: what follows are the last lines."""


def open_terminal(as_json: bool) -> Terminal:
    """The right one for standard output."""
    out = Muted(sys.stdout)
    if as_json:
        return JsonLines(out)
    is_screen = sys.stdout.isatty() and sys.stdout.encoding.lower().startswith("utf")
    return Screen(out) if is_screen else Pipe(out)


class Muted:
    """Standard output that may go away (a closed terminal, `| head`): the pipeline goes on without it."""

    def __init__(self, out: TextIO) -> None:
        self._out: TextIO | None = out

    def write(self, text: str) -> None:
        """Print and flush."""
        if self._out is None:
            return
        try:
            self._out.write(text)
            self._out.flush()
        except UnicodeEncodeError:
            self.write(text.encode("ascii", "replace").decode("ascii"))
        except OSError:
            self._out = None
            # what is buffered would be tried once more at exit, and complained about
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Screen:
    """A terminal: the line of progress is written over."""

    def __init__(self, out: Muted) -> None:
        self._out = out
        self._shown = ""

    def say(self, line: str, event: str, **facts: Any) -> None:
        self._out.write(f"\r\x1b[K{line}\n{self._shown}")

    def show(self, line: str, **facts: Any) -> None:
        width = shutil.get_terminal_size().columns - 1
        if line[:width] != self._shown:
            self._shown = line[:width]
            self._out.write(f"\r\x1b[K{self._shown}")

    def end_progress(self) -> None:
        if self._shown:
            self._out.write("\n")  # the last state stays readable
        self._shown = ""


class Pipe:
    """A file or a pipe: progress is a line of its own, when it has changed and not too often."""

    def __init__(self, out: Muted) -> None:
        self._out = out
        self._shown = ""
        self._shown_at = -PIPE_EVERY_S

    def say(self, line: str, event: str, **facts: Any) -> None:
        self._out.write(f"{line}\n")

    def show(self, line: str, **facts: Any) -> None:
        if line != self._shown and time.monotonic() - self._shown_at >= PIPE_EVERY_S:
            self._shown, self._shown_at = line, time.monotonic()
            self._out.write(f"{line}\n")

    def end_progress(self) -> None:
        pass


class JsonLines:
    """`--json`: an object a line."""

    def __init__(self, out: Muted) -> None:
        self._out = out
        self._shown: dict[str, Any] = {}

    def say(self, line: str, event: str, **facts: Any) -> None:
        self._out.write(json.dumps({"event": event, **facts, "text": line}, ensure_ascii=False) + "\n")

    def show(self, line: str, **facts: Any) -> None:
        if facts != self._shown:
            self._shown = facts
            self._out.write(json.dumps({"event": "progress", **facts}, ensure_ascii=False) + "\n")

    def end_progress(self) -> None:
        pass
