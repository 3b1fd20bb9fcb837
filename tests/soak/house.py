"""Every process of the house, each started again after its end as the supervisor would; and the ways to kill them."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

import shared.db
from shared.migrations import upgrade
from shared.pipeline import SERVICES
from shared.settings import settings
from tests.servers import RedisServer, own_redis, postgresql_server, wait_until
from tests.soak.effects import copy_of_the_project

RESTART_S = 1.0  # the supervisor's first delay (services/cli/child.py)
#: How often each is killed: most of the work is in workers and children.
WEIGHTS = {"worker": 7, "child": 7, "scheduler": 3, "redis": 3}


class Part:
    """A worker or the scheduler."""

    def __init__(self, name: str, house: "House", module: str, **variables: str) -> None:
        self.name, self.log = name, house.folder / f"{name}.log"
        self.starts: list[int] = []  # the process of each start, which is its group too
        self._arguments = [sys.executable, "-m", module]
        self._tree = house.tree
        self._variables = {"PYTHONPATH": str(house.tree), **variables}
        self._process: subprocess.Popen[bytes] | None = None
        self._starts_at: float | None = None
        self._is_killed = False
        self.own_ends: list[str] = []  # of starts that nobody killed: name and exit code

    def start(self) -> None:
        """Start it in a session of its own."""
        environment = {**os.environ, **self._variables}
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._arguments, env=environment, cwd=self._tree, stdout=output, stderr=output, start_new_session=True
            )
        self.starts.append(self._process.pid)
        self._starts_at, self._is_killed = None, False

    def tend(self) -> None:
        """Start it again a while after its end."""
        assert self._process is not None
        if self._process.poll() is None:
            return
        if self._starts_at is None:
            self._starts_at = time.monotonic() + RESTART_S
            if not self._is_killed:
                self.own_ends.append(f"{self.name}: exit code {self._process.returncode}")
        elif time.monotonic() > self._starts_at:
            self.start()

    def kill(self) -> bool:
        """Kill the process itself: its children are left to see that; False if there is none just now."""
        assert self._process is not None
        if self._process.poll() is not None:
            return False
        self._process.kill()
        self._is_killed = True
        return True

    def children(self) -> list[int]:
        """The processes that it has forked."""
        assert self._process is not None
        try:
            return [child.pid for child in psutil.Process(self._process.pid).children()]
        except psutil.NoSuchProcess:  # it ended while we looked
            return []

    def orphans(self) -> list[int]:
        """Groups of earlier starts in which something still lives."""
        return [group for group in self.starts[:-1] if _is_alive(group)]

    def end(self) -> None:
        """Kill everything that it ever started."""
        for group in self.starts:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        if self._process:
            self._process.wait()


class House:
    """Where everything is, and what runs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.effects = folder, folder / "effects.log"
        self.tree = copy_of_the_project(folder / "tree", self.effects)
        self.parts: dict[str, Part] = {}
        self.kills: Counter[str] = Counter()
        self.redis: RedisServer | None = None

    def tend(self) -> None:
        """Start again what has ended: to be called all the time."""
        for part in self.parts.values():
            part.tend()

    def kill_one(self, chance: random.Random) -> str:
        """Kill something with SIGKILL; its name, "" if what was chosen is not running just now."""
        kind = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        name = {"scheduler": "scheduler", "redis": "redis"}.get(kind) or chance.choice(list(SERVICES))
        if kind == "child":
            name = chance.choice([service.name for service in SERVICES.values() if service.pool == "prefork"])
        if not self._kill(kind, name, chance):
            return ""
        self.kills[kind] += 1
        return f"{kind} {name}" if kind != name else kind

    def _kill(self, kind: str, name: str, chance: random.Random) -> bool:
        if kind == "redis":
            assert self.redis is not None
            self.redis.kill()
            time.sleep(chance.uniform(0, RESTART_S))
            self.redis.start()
            return True
        if kind != "child":
            return self.parts[name].kill()
        children = self.parts[name].children()
        if children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(children), signal.SIGKILL)
                return True
        return False

    def ended_by_themselves(self) -> list[str]:
        """Ends of what nobody had killed (a watchdog's, a crash's)."""
        return [end for part in self.parts.values() for end in part.own_ends]

    def is_ready(self) -> bool:
        """Whether every part has said so once."""
        return all(
            ("scheduler.started" if part.name == "scheduler" else "ready.") in part.log.read_text(errors="replace")
            for part in self.parts.values()
        )


@contextmanager
def running_house(folder: Path, database: str, variables: dict[str, str]) -> Iterator[House]:
    """A Redis that logs what it takes, a database, every worker and the scheduler; this process uses them too."""
    with ExitStack() as stack:
        house = House(folder)
        house.redis = stack.enter_context(own_redis(folder / "redis"))
        variables = {"KIOSQUE_VAR": str(folder / "var"), "KIOSQUE_BROKER_URL": house.redis.url, **variables}
        if database == "postgresql":
            variables["KIOSQUE_DATABASE_URL"] = stack.enter_context(postgresql_server(folder / "postgresql"))
        os.environ.update(variables)
        settings.cache_clear()
        shared.db.forget_engines()
        stack.callback(shared.db.forget_engines)
        upgrade()
        for service in SERVICES:
            house.parts[service] = Part(service, house, "services.worker", SERVICE=service)
        house.parts["scheduler"] = Part("scheduler", house, "services.scheduler", KIOSQUE_METRICS_ADDRESS="")
        for part in house.parts.values():
            stack.callback(part.end)
            part.start()
        wait_until(house.is_ready, seconds=90, what=f"every process ready ({folder})")
        yield house


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
