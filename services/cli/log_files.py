"""The log of each supervised process: one file a process, and one older one."""

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from shared.settings import settings

#: A file this large is set aside; with its predecessor a process holds 20 MB of logs at most.
ROTATED_AT = 10_000_000


def log_folder() -> Path:
    """Where the logs are."""
    return settings().var / "log"


def log_path(name: str) -> Path:
    """Where a process's words go."""
    return log_folder() / f"{name}.log"


def open_log(name: str) -> int:
    """A descriptor that appends to the log: what a rotation cuts off does not leave a hole."""
    path = log_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)


def rotate(names: Iterable[str]) -> None:
    """Copy what is too large aside and empty it: the processes keep the files open, so they cannot be renamed."""
    for name in names:
        path = log_path(name)
        if path.exists() and path.stat().st_size >= ROTATED_AT:
            with contextlib.suppress(OSError):  # a full disk: emptying it is what helps
                shutil.copyfile(path, path.with_suffix(".log.1"))
            os.truncate(path, 0)


def last_line(name: str) -> str:
    """The last thing that a process said."""
    path = log_path(name)
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 4096))
        lines = log.read().decode("utf-8", errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return said[-1] if said else ""


def shown(path: Path) -> str:
    """A path as a reader in this folder would type it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
