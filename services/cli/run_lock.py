"""One `kiosque run` a var/ folder: the lock, and what is known of who holds it."""

import errno
import fcntl
import json
import os
import shlex
from pathlib import Path
from typing import Any

from shared.errors import KiosqueError
from shared.settings import settings


class AlreadyRunningError(KiosqueError):
    """Another `kiosque run` has this folder."""


class RunLock:
    """A locked file under var/, freed by the system when the last process that has it open ends, however that ends."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def write(self, **facts: Any) -> None:
        """Say who holds it."""
        written = os.pwrite(self.descriptor, json.dumps(facts).encode(), 0)
        os.ftruncate(self.descriptor, written)  # afterwards: a full disk gives no room back that was freed

    def read(self) -> dict[str, Any]:
        """What its holder has written; nothing if that cannot be read."""
        try:
            facts = json.loads(os.pread(self.descriptor, 65536, 0))
        except ValueError:
            return {}
        return facts if isinstance(facts, dict) else {}


def take_run_lock() -> RunLock:
    """Make var/ and take its lock; KiosqueError says in one line why that cannot be."""
    folder = settings().var
    path = folder / "run.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = RunLock(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644))
        _require_writable(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        fcntl.flock(lock.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = lock.read()
        raise AlreadyRunningError(
            f"already running on {folder}: open http://{holder.get('portal', '?')}/, "
            f"or stop it with: kill {holder.get('pid', '?')}"
        ) from error
    try:
        lock.write(pid=os.getpid(), portal=settings().portal_address)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return lock


def _unwritable(folder: Path, error: OSError) -> KiosqueError:
    remedy = {
        errno.EACCES: f"sudo chown -R {os.getuid()}:{os.getgid()} {shlex.quote(str(folder))}, or ",
        errno.ENOSPC: "make room, or ",
    }.get(error.errno or 0, "")
    return KiosqueError(
        f"cannot write to {error.filename or folder} ({error.strerror}): "
        f"{remedy}name another folder: KIOSQUE_VAR=~/kiosque-var make run"
    )


def _require_writable(folder: Path) -> None:
    """Also what an earlier run made there, perhaps as root."""
    for path in (folder, *(folder / name for name in ("log", "redis", "blobs", "kiosque.sqlite3", "secret_key"))):
        if path.exists() and not os.access(path, os.R_OK if path.name == "secret_key" else os.W_OK):
            raise PermissionError(13, "permission denied", str(path))
