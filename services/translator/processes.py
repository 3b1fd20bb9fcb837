"""Starts programs that end with us: a killed worker leaves no orphan, and Ctrl-C in the terminal is ours to pass on."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from typing import IO

from shared.settings import search_path


def start(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    stdin: int | IO[bytes] | None = subprocess.DEVNULL,
    stdout: int | IO[bytes] | None = subprocess.PIPE,
    stderr: int | IO[bytes] | None = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a program that the kernel kills when the thread that started it ends, however that comes.

    setpriv (util-linux) asks for that signal: a preexec_fn would run Python between fork and exec, where the lease
    thread of a worker may have left locks held. Without setpriv the program still ends at the end of its input.
    """
    return subprocess.Popen(
        [*_tied_to_us(), *command],
        env=dict(environment),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        bufsize=0,
        process_group=0,
    )


@cache
def _tied_to_us() -> tuple[str, ...]:
    setpriv = shutil.which("setpriv", path=search_path())
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()
