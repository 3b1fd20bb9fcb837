"""One supervised process: started in a session of its own, and again with back-off when it ends by itself."""

import os
import signal
import subprocess
import time
from datetime import UTC, datetime

from services.cli.log_files import last_line, log_path, open_log, shown
from services.cli.process_tree import die_with
from services.cli.procfile import ProcfileLine
from shared.settings import ROOT

FIRST_DELAY_S = 1.0
MOST_DELAY_S = 30.0
#: A process that lived this long had a good start: its next failure is a first one again.
SOUND_AFTER_S = 60.0
#: Workers give way to the portal and the scheduler on a machine with two cores.
WORKERS_NICE = 5


class Child:
    """A line of the Procfile and its process, if it has one just now."""

    def __init__(self, line: ProcfileLine, environment: dict[str, str]) -> None:
        self.line = line
        self.pid: int | None = None
        self.starts_at: float | None = None  # monotonic; when it is to be started again
        self._environment = environment
        self._started_at = 0.0
        self._delay_s = FIRST_DELAY_S
        self._refusal = ""  # why it could not even be started

    @property
    def name(self) -> str:
        """Its name in the Procfile."""
        return self.line.name

    def start(self) -> None:
        """Start it; a process that cannot even be started (no memory, a full disk) is one that ended at once."""
        self.starts_at, self._started_at, self._refusal = None, time.monotonic(), ""
        try:
            log = open_log(self.name)
            try:
                os.write(log, f"--- {datetime.now(UTC):%Y-%m-%d %H:%M:%S} {' '.join(self.line.command)}\n".encode())
                self.pid = self._spawn(log)
            finally:
                os.close(log)
        except OSError as error:
            self._refusal = str(error)

    def _spawn(self, log: int) -> int:
        parent, nice = os.getpid(), WORKERS_NICE if self.line.is_worker else 0

        def prepare() -> None:
            die_with(parent)
            os.nice(nice)

        process = subprocess.Popen(
            self.line.arguments(),
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509 - the supervisor has one thread
        )
        process.returncode = 0  # it is the supervisor that waits, for all children at once
        return process.pid

    def end(self, with_signal: signal.Signals) -> None:
        """Send a signal to the process itself: its own children are its to end."""
        self.starts_at = None
        if self.pid is not None:
            os.kill(self.pid, with_signal)  # a zombie of ours at worst: only we bury it

    def ended(self, code: int | None) -> str:
        """It has ended by itself: plan the next start, and say so in one line."""
        lived_s = time.monotonic() - self._started_at
        if lived_s > SOUND_AFTER_S:
            self._delay_s = FIRST_DELAY_S
        delay_s, self._delay_s = self._delay_s, min(self._delay_s * 2, MOST_DELAY_S)
        self.pid, self.starts_at = None, time.monotonic() + delay_s
        # of one that was killed, the last words have nothing to do with it
        last_words = last_line(self.name) if code is not None and code > 0 else self._refusal
        words = f" ({last_words[:100]})" if last_words and not last_words.startswith("---") else ""
        return f"{self.name} {_how(code)}, starts again in {delay_s:g} s{words}: see {shown(log_path(self.name))}"


def signal_name(number: int) -> str:
    """SIGKILL for 9; a number for those of real time, which have no name."""
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def _how(code: int | None) -> str:
    if code is None:
        return "could not be started"
    if code < 0:
        return f"was killed ({signal_name(-code)})"
    return "ended" if code == 0 else f"failed (exit code {code})"
