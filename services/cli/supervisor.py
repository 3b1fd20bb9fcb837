"""Supervision of processes: start, restart, stop, and leave nobody behind."""

import signal
import time
from collections.abc import Callable, Collection, Iterable
from functools import partial

from services.cli.child import Child
from services.cli.process_tree import kill_descendants, kill_until_none, reap, remnants
from services.cli.wakeups import Wakeups

#: Between SIGTERM and SIGKILL, seconds: over the workers' soft shutdown.
GRACE_S = 45.0
LAST_GRACE_S = 10.0


class StopRequestedError(Exception):
    """Ctrl-C, SIGTERM, or the guardian's death."""


class Supervisor:
    """The processes of a Procfile; one thread, woken by what happens to them."""

    def __init__(self, children: Iterable[Child], wakeups: Wakeups, say: Callable[..., None]) -> None:
        self._children = {child.name: child for child in children}
        self._wakeups = wakeups
        self._say = say

    @property
    def names(self) -> list[str]:
        """Every process, in the Procfile's order."""
        return list(self._children)

    def processes(self) -> dict[str, int]:
        """Those that run, and their ids."""
        return {child.name: child.pid for child in self._children.values() if child.pid is not None}

    def start(self, name: str) -> None:
        """Start one for the first time."""
        self._start(self._children[name])

    def step(self, seconds: float) -> None:
        """Sleep so long at most, and see to whatever happens; StopRequestedError when it is time to stop."""
        planned = [child.starts_at for child in self._children.values() if child.starts_at is not None]
        self._wakeups.wait(min([seconds, *(at - time.monotonic() for at in planned)]))
        if self._wakeups.is_asked_to_stop or self._wakeups.guardian_is_gone:
            raise StopRequestedError
        for child, code in self._bury():
            self._tell(child, code)
        for child in self._children.values():
            if child.starts_at is not None and child.starts_at <= time.monotonic():
                self._start(child)

    def wait_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Go on supervising until a condition holds; False if it does not in time."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.step(0.1)
        return True

    def rest(self, seconds: float) -> None:
        """Go on supervising for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.step(left)

    def stop(self, last: Collection[str]) -> None:
        """End every process, those named `last` after all others; nothing that we started is alive afterwards."""
        first = [child for child in self._children.values() if child.name not in last]
        self._end(first, GRACE_S)
        self._end([child for child in self._children.values() if child.name in last], LAST_GRACE_S)
        kill_descendants()

    def _start(self, child: Child) -> None:
        child.start()
        if child.pid is None:
            self._tell(child, None)

    def _tell(self, child: Child, code: int | None) -> None:
        self._say(child.ended(code), "process.ended", process=child.name, exit_code=code)

    def _bury(self) -> list[tuple[Child, int]]:
        """Children that have ended, each with its exit code; what they left behind is ended with them."""
        by_pid = {child.pid: child for child in self._children.values()}
        ended = [(by_pid[pid], code) for pid, code in reap().items() if pid in by_pid]
        for child, _ in ended:
            assert child.pid is not None
            leader, child.pid = child.pid, None
            kill_until_none(partial(remnants, leader, self.processes().values()))
        return ended

    def _end(self, children: list[Child], grace_s: float) -> None:
        deadline = time.monotonic() + grace_s
        for child in children:
            child.end(signal.SIGTERM)
        while any(child.pid for child in children) and time.monotonic() < deadline:
            if self._wakeups.is_impatient or self._wakeups.guardian_is_gone:
                break
            self._wakeups.wait(min(1.0, deadline - time.monotonic()))
            self._bury()
        stubborn = [child for child in children if child.pid]
        if stubborn and not self._wakeups.guardian_is_gone:
            names = ", ".join(child.name for child in stubborn)
            self._say(f"killed, as still running: {names}", "processes.killed", processes=names)
        for child in stubborn:
            child.end(signal.SIGKILL)
        while any(child.pid for child in children):
            self._wakeups.wait(1.0)
            self._bury()
