"""The process that `kiosque run` is: it starts the supervisor, and outlives it to end what it may leave behind.

Each of the two is the other's heir. The supervisor sees a pipe close when the guardian is gone; the guardian waits for
the supervisor. Both adopt orphans, so whoever remains is the ancestor of every process that the other ever started, in
whatever session or group that hides. The supervisor has a session of its own, out of reach of a kill of our group.
"""

import contextlib
import os
import signal
import subprocess
import sys
from typing import Any

import click

from services.cli.child import signal_name
from services.cli.process_tree import adopt_orphans, die_with, kill_descendants, kill_groups
from services.cli.run_lock import RunLock
from services.cli.wakeups import STOP_SIGNALS
from shared.settings import ROOT, child_environment, settings


def guard(arguments: list[str], lock: RunLock) -> int:
    """Run the supervisor with these arguments; its exit code."""
    adopts = adopt_orphans()
    reading, writing = os.pipe()  # `writing` is inherited by nobody: it closes with this process
    words = [sys.executable, "-m", "services.cli.supervise", f"--guardian={reading}", f"--lock={lock.descriptor}"]
    # held back, in the supervisor too, until each is ready for them: Ctrl-C a moment after `make run` is no crash
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    supervisor = subprocess.Popen(
        [*words, *arguments],
        pass_fds=(reading, lock.descriptor),
        cwd=ROOT,
        env=child_environment(KIOSQUE_VAR=str(settings().var)),
        start_new_session=True,
    )
    os.close(reading)
    _forward_signals(supervisor)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    code = supervisor.wait()
    if not adopts:
        kill_groups(lock.read().get("processes", {}).values())
    kill_descendants()
    os.close(writing)
    if code < 0:
        click.echo(f"kiosque: the supervisor was killed ({signal_name(-code)}); all that it ran is ended", err=True)
        return 1
    return code


def _forward_signals(supervisor: subprocess.Popen[bytes]) -> None:
    def forward(number: int, _: Any) -> None:
        with contextlib.suppress(ProcessLookupError):
            supervisor.send_signal(number)

    for number in STOP_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, forward)


def stop_with_parent() -> None:
    """Stop when `make` is killed, as it stops when `make` is stopped."""
    die_with(os.getppid(), signal.SIGTERM)
