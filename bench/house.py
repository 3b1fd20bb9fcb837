"""The house for a bench: a Redis, a database, a worker a service and the scheduler, real processes all; their CPU."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

import shared.db
from shared.migrations import upgrade
from shared.pipeline import SERVICES
from shared.settings import ROOT, settings
from tests.servers import postgresql_server, python_process, redis_server, wait_until

DATABASES = ("sqlite", "postgresql")


@dataclass(slots=True)
class House:
    """What runs, by name, and where its logs are."""

    folder: Path
    database: str
    tree: Path  # the project, or a copy of it
    environment: dict[str, str]
    processes: dict[str, int] = field(default_factory=dict)  # name -> pid of the first of its tree

    def cpu_seconds(self) -> dict[str, float]:
        """CPU that each process has used so far, its children, living and reaped, included."""
        return {name: tree_cpu_s(pid) for name, pid in self.processes.items()}


@contextmanager
def running_house(
    database: str = "sqlite",
    services: Sequence[str] = tuple(SERVICES),
    *,
    scheduler: bool = True,
    tree: Path = ROOT,
    variables: dict[str, str] | None = None,
) -> Iterator[House]:
    """Start everything, wait until the workers are ready, and take everything down at the end.

    Settings of this very process are changed too, so that a bench can use the store and publish.
    """
    with ExitStack() as stack:
        stack.callback(_restore_environment, dict(os.environ))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kiosque-bench-")))
        house = House(folder, database, tree, {})
        broker = stack.enter_context(redis_server(folder / "redis"))
        house.processes["redis"] = _pid_listening(folder / "redis")
        set_environment(house, KIOSQUE_VAR=str(folder / "var"), KIOSQUE_BROKER_URL=broker, **(variables or {}))
        if database == "postgresql":
            url = stack.enter_context(postgresql_server(folder / "postgresql"))
            set_environment(house, KIOSQUE_DATABASE_URL=url)
            house.processes["postgresql"] = _postmaster(folder / "postgresql")
        upgrade()
        for service in services:
            _start(stack, house, service, "services.worker", SERVICE=service)
        if scheduler:
            _start(stack, house, "scheduler", "services.scheduler", KIOSQUE_METRICS_ADDRESS="")
        for name in (*services, *(["scheduler"] if scheduler else [])):
            _wait_ready(house, name)
        yield house


def set_environment(house: House, **variables: str) -> None:
    """Set variables for this process and those still to be started."""
    os.environ.update(variables)
    house.environment.update(variables)
    settings.cache_clear()
    shared.db.forget_engines()


def _restore_environment(before: dict[str, str]) -> None:
    shared.db.forget_engines()
    os.environ.clear()
    os.environ.update(before)
    settings.cache_clear()


def tree_cpu_s(pid: int) -> float:
    """CPU seconds of a process, its living descendants and those that they have reaped."""
    ticks = os.sysconf("SC_CLK_TCK")
    return sum(_stat_ticks(one) for one in [pid, *_descendants(pid)]) / ticks


def tree_pss_mb(pid: int) -> float:
    """Proportional set size of a process and its descendants, MB: shared pages are counted once in all."""
    total_kb = 0
    for one in [pid, *_descendants(pid)]:
        text = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
        total_kb += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total_kb / 1024


def _start(stack: ExitStack, house: House, name: str, module: str, **variables: str) -> None:
    environment = {**house.environment, "PYTHONPATH": str(house.tree), **variables}
    process = stack.enter_context(
        python_process("-m", module, environment=environment, log=house.folder / f"{name}.log", cwd=house.tree)
    )
    house.processes[name] = process.pid


def _wait_ready(house: House, name: str) -> None:
    log = house.folder / f"{name}.log"
    sign = "scheduler.started" if name == "scheduler" else "ready."
    wait_until(lambda: sign in log.read_text(errors="replace"), seconds=60, what=f"{name} ready ({log})")


def _pid_listening(folder: Path) -> int:
    """The Redis whose folder this is."""
    with redis.Redis(unix_socket_path=str(folder / "redis.sock")) as client:
        return int(client.info("server")["process_id"])


def _postmaster(folder: Path) -> int:
    return int(next(folder.rglob("postmaster.pid")).read_text(encoding="ascii").split()[0])


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:  # it ended while we looked
        return found
    for task in tasks:
        try:
            children = [int(one) for one in (task / "children").read_text(encoding="ascii").split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_descendants(child)]
    return found


def _stat_ticks(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    fields = text.rpartition(")")[2].split()
    return sum(int(one) for one in fields[11:15])  # utime stime cutime cstime
