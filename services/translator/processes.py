"""Starts programs that end with us: a killed worker leaves no orphan, and Ctrl-C in the terminal is ours to pass on."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from typing import IO

from shared.errors import KiosqueError
from shared.settings import child_environment, search_path


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


class ProgramError(KiosqueError):
    """A program failed or took too long; the message is what it said of it."""


def run(command: Sequence[str], *, limit_s: float) -> str:
    """What a program prints, in English; ProgramError if it fails or does not end in time."""
    process = start(command, environment=child_environment(LC_ALL="C.UTF-8"), stderr=subprocess.PIPE)
    try:
        printed, complaints = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its helpers too: apt has one for each way to download
        process.communicate()
        raise ProgramError(f"{command[0]} took over {limit_s:g} s") from None
    if process.returncode:
        said = complaints.decode(errors="replace").strip().splitlines() or [f"exit status {process.returncode}"]
        told = next((line for line in said if line.startswith("E: ")), said[-1])  # apt's first error is the cause
        raise ProgramError(f"{command[0]}: {told}")
    return printed.decode(errors="replace")
