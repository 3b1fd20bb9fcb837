"""The tree of processes: whose child is whose, and how every descendant is ended, wherever it hid."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROC = Path("/proc")
# <linux/prctl.h>
_SET_PDEATHSIG = 1
_SET_CHILD_SUBREAPER = 36
#: Beyond this a process sits in the kernel (a dead network file system) and no signal reaches it.
_KILLING_S = 10.0


@dataclass(frozen=True, slots=True)
class Kinship:
    """One process and its relations."""

    pid: int
    parent: int
    group: int
    session: int
    is_zombie: bool


def everyone() -> dict[int, Kinship]:
    """Every process of the machine that we can see."""
    if (_PROC / "self" / "stat").exists():
        found = (_read_stat(int(entry.name)) for entry in _PROC.iterdir() if entry.name.isdigit())
        return {one.pid: one for one in found if one}
    # no /proc: macOS, whose ps shows no session (a session's leader leads its group too)
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,pgid=,state="], capture_output=True, text=True, check=True)
    rows = (line.split() for line in table.stdout.splitlines())
    return {int(r[0]): Kinship(int(r[0]), int(r[1]), int(r[2]), int(r[2]), r[3].startswith("Z")) for r in rows}


def _read_stat(pid: int) -> Kinship | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # it ended while we looked
        return None
    # the name in brackets may hold blanks and brackets of its own
    state, parent, group, session = text.rpartition(")")[2].split()[:4]
    return Kinship(pid, int(parent), int(group), int(session), state == "Z")


def descendants(root: int, known: dict[int, Kinship] | None = None) -> list[int]:
    """Children of `root`, their children and so on, zombies left out."""
    known = everyone() if known is None else known
    children: dict[int, list[int]] = {}
    for one in known.values():
        children.setdefault(one.parent, []).append(one.pid)
    found: list[int] = []
    ahead = list(children.get(root, ()))
    while ahead:
        pid = ahead.pop()
        found.append(pid)
        ahead += children.get(pid, ())
    return [pid for pid in found if not known[pid].is_zombie]


def remnants(leader: int, ours: Iterable[int]) -> list[int]:
    """What a child of ours left behind when it died: its session and group, and orphans that came to us."""
    known, me, kept = everyone(), os.getpid(), set(ours)
    left = {one.pid for one in known.values() if leader in (one.session, one.group)}
    left |= {one.pid for one in known.values() if one.parent == me and one.pid not in kept}
    family = left | {pid for one in left for pid in descendants(one, known)}
    return [pid for pid in family if not known[pid].is_zombie and pid not in kept]


def kill_until_none(find: Callable[[], list[int]]) -> None:
    """Kill what `find` finds until it finds nothing: a family may grow while it is being killed."""
    deadline = time.monotonic() + _KILLING_S
    while (found := find()) and time.monotonic() < deadline:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def kill_descendants() -> None:
    """End every descendant of this process; with `adopt_orphans` that is everything it ever started."""
    kill_until_none(lambda: descendants(os.getpid()))
    reap()  # not every container has an init that would


def kill_groups(leaders: Iterable[int]) -> None:
    """End process groups: all that can be done for children's children where orphans cannot be adopted."""
    for leader in leaders:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def reap() -> dict[int, int]:
    """Bury every child that has ended: its pid and exit code, negative for a signal."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = os.waitstatus_to_exitcode(status)


def adopt_orphans() -> bool:
    """Become the parent of every descendant whose own parent dies; False where the system cannot (macOS)."""
    return _prctl(_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int, by: signal.Signals = signal.SIGKILL) -> None:
    """Get a signal when the thread that forked this process dies: a second net, as it reaches no child of ours."""
    _prctl(_SET_PDEATHSIG, by)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def _prctl(option: int, value: int) -> bool:
    function = _libc_prctl()
    return function is not None and function(option, value, 0, 0, 0) == 0


@cache
def _libc_prctl() -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), "prctl", None)
