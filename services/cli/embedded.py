"""The embedded default under supervision: Redis, the newsstand, the database, then everything else."""

import contextlib
import time

from services.cli import database, log_files, newsstand, ports, redis_server
from services.cli.child import Child
from services.cli.lines import addresses_of, environment_of
from services.cli.news import Follower
from services.cli.procfile import ProcfileLine
from services.cli.run_lock import RunLock
from services.cli.supervisor import StopRequestedError, Supervisor
from services.cli.terminal import Terminal
from services.cli.wakeups import Wakeups
from shared.errors import KiosqueError
from shared.settings import flower_login, settings

REDIS_READY_S = 20.0
#: A start of Python takes most of a core for a second: all at once would keep the first article waiting.
BETWEEN_STARTS_S = 0.3
ROTATION_EVERY_S = 30.0
LOOK_FOR_LISTENERS_S = 0.3
_TITLES = {"portal": "portal", "flower": "Flower (workers and tasks)"}


class EmbeddedDefault:
    """One run, from the first process to the last."""

    def __init__(self, lines: tuple[ProcfileLine, ...], terminal: Terminal, wakeups: Wakeups, lock: RunLock) -> None:
        self._terminal = terminal
        self._lock = lock
        self._expected = addresses_of(lines)  # those that do not listen yet
        self._supervisor = Supervisor((Child(one, environment_of(one)) for one in lines), wakeups, terminal.say)
        self._news = Follower()
        self._noted: dict[str, int] = {}

    def run(self) -> None:
        """Start everything and watch over it until asked to stop."""
        try:
            self._start_all()
            self._watch()
        except StopRequestedError:
            self._terminal.end_progress()
            self._terminal.say("stopping (Ctrl-C once more kills)", "run.stopping")
        finally:
            self._supervisor.stop(last=("redis",))
            redis_server.remove_socket_folder(settings().redis_socket, settings().var / "redis")
        self._terminal.say("stopped; the next run goes on from here", "run.stopped")

    def _start_all(self) -> None:
        """Redis and the newsstand first: they start while this process imports what the database needs."""
        log_folder = log_files.shown(log_files.log_folder())
        processes = len(self._supervisor.names)
        self._terminal.say(f"starting {processes} processes (logs in {log_folder}, Ctrl-C stops)", "run.starting")
        early = [name for name in self._supervisor.names if name in ("redis", "newsstand")]
        for name in early:
            self._supervisor.start(name)
        database.migrate_database()
        if "redis" in early:
            self._require_redis()
        for name in self._supervisor.names:
            if name not in early:
                self._supervisor.start(name)
                self._supervisor.rest(BETWEEN_STARTS_S)

    def _require_redis(self) -> None:
        if not self._supervisor.wait_until(lambda: redis_server.answers(settings().redis_socket), REDIS_READY_S):
            log, last = log_files.shown(log_files.log_path("redis")), log_files.last_line("redis")
            raise KiosqueError(f"Redis does not answer after {REDIS_READY_S:g} s ({last}): see {log}")

    def _watch(self) -> None:
        from services.cli.progress import ProgressLine  # by now the migrations have imported SQLAlchemy

        line, rotate_at = ProgressLine(self._terminal), 0.0
        while True:
            pause_s = line.show_when_due()
            self._greet_listeners()
            for news in self._news.read():
                self._terminal.say(news.line, news.event)
            self._note_processes()
            if time.monotonic() >= rotate_at:
                log_files.rotate(self._supervisor.names)
                rotate_at = time.monotonic() + ROTATION_EVERY_S
            self._supervisor.step(min(pause_s, LOOK_FOR_LISTENERS_S) if self._expected else pause_s)

    def _greet_listeners(self) -> None:
        """Name an address once it can be opened, and take the newsstand in once it can be read."""
        for name, address in list(self._expected.items()):
            if not ports.is_listening(address):
                continue
            del self._expected[name]
            if name == "newsstand":
                self._take_in_newsstand(address)
            else:
                url = f"http://{address}/"
                self._terminal.say(f"{url}  {_TITLES[name]}{_login_of(name)}", f"{name}.ready", url=url)

    def _take_in_newsstand(self, address: str) -> None:
        try:
            newsstand.load(address)
        except Exception as error:  # noqa: BLE001 - the rest must go on, whatever is wrong with the pack
            self._terminal.say(f"the newsstand was not taken in: {error}", "newsstand.refused")

    def _note_processes(self) -> None:
        """Tell the guardian, which has to end them where it cannot adopt orphans."""
        processes = self._supervisor.processes()
        if processes != self._noted:
            self._noted = processes
            with contextlib.suppress(OSError):  # a full disk is no reason to stop
                self._lock.write(**{**self._lock.read(), "processes": processes})


def _login_of(name: str) -> str:
    """How a person gets in, where the password is one that we made."""
    if name != "flower" or settings().flower_basic_auth:
        return ""
    return f": user kiosque, password {flower_login().partition(':')[2]}"
