"""What wakes the supervisor: a signal, the death of a child, the death of its guardian."""

import os
import select
import signal
import time
from typing import Any

#: One Ctrl-C or one stop of a whole group of processes reaches us by several ways at about the same time.
ECHO_S = 0.3
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Wakeups:
    """Sleeps without using any CPU until something happens."""

    def __init__(self, guardian: int | None = None) -> None:
        """`guardian` is the reading end of a pipe that only the guardian has open for writing."""
        self.is_asked_to_stop = False
        self.is_impatient = False  # Ctrl-C once more
        self.guardian_is_gone = False
        self._guardian = guardian
        self._asked_at = 0.0
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only a signal with a handler wakes anybody
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)  # the guardian starts us with these held back

    def wait(self, seconds: float) -> None:
        """Return when something happened, or after so long."""
        watched = [self._read] if self._guardian is None or self.guardian_is_gone else [self._read, self._guardian]
        ready, _, _ = select.select(watched, [], [], max(0.0, seconds))
        if self._read in ready:
            os.read(self._read, 4096)
        if self._guardian in ready:
            self.guardian_is_gone = not os.read(self._guardian, 1)

    def _stop(self, number: int, _: Any) -> None:
        if not self.is_asked_to_stop:
            self.is_asked_to_stop, self._asked_at = True, time.monotonic()
        elif number == signal.SIGINT and time.monotonic() - self._asked_at > ECHO_S:
            self.is_impatient = True
