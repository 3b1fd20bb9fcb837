"""What Flower costs: `python -m bench events [--database postgresql]`.

Five chained stages that do nothing, one worker a service, ledger included. The same articles go through by turns
without Flower, when workers tell of no task, and with Flower running, when they do; both figures are of one run.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.chain import STAGES, copy_with_chain
from bench.house import DATABASES, House, running_house, tree_cpu_s, tree_pss_mb
from bench.queue import add_articles, count_done, make_first_due, send, wait
from shared.app import make_app
from shared.pipeline import SERVICES
from tests.servers import free_port, listens, python_process

#: What is told of the last articles reaches Flower after they are done.
SETTLE_S = 2.0
IDLE_S = 20.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5, help="of each; the medians are told (default %(default)s)")
    parser.add_argument("--database", choices=DATABASES, default=DATABASES[0])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kiosque-events-") as folder:
        tree = copy_with_chain(Path(folder) / "tree", ledger=True)
        with running_house(options.database, tree=tree) as house:
            measure(house, add_articles(options.articles), options.rounds)


def measure(house: House, article_ids: list[int], rounds: int) -> None:
    """Rounds by turns, after one that is not counted; then Flower at rest."""

    def run() -> None:
        make_first_due(article_ids)
        send(article_ids)
        wait(lambda: count_done(STAGES[-1]) == len(article_ids))
        time.sleep(SETTLE_S)

    run()
    without: list[float] = []
    told: list[dict[str, float]] = []
    for _ in range(rounds):
        without.append(sum(spent(house, run).values()))
        with flower(house):
            told.append(spent(house, run))
        tell_workers("disable_events")
    each = len(article_ids) / 1000  # to milliseconds an article
    quiet, loud = median(without), median(sum(one.values()) for one in told)
    of_flower = median(one["flower"] for one in told)
    print(f"{house.database}: {quiet / each:.1f} ms of CPU an article without Flower, {loud / each:.1f} with it")
    print(f"  of which Flower itself {of_flower / each:.1f}; ratio {loud / quiet:.2f}, medians of {rounds} rounds")
    with flower(house):
        run()
        pid = house.processes["flower"]
        before = tree_cpu_s(pid)
        time.sleep(IDLE_S)
        cpu = (tree_cpu_s(pid) - before) / IDLE_S
        tasks = len(STAGES) * len(article_ids)
        print(f"  Flower at rest: {cpu:.2%} of a core, {tree_pss_mb(pid):.0f} MB of PSS with {tasks} tasks or more")


def spent(house: House, run: Callable[[], None]) -> dict[str, float]:
    """CPU seconds of every process of the house for one run."""
    before = house.cpu_seconds()
    run()
    return {name: used - before[name] for name, used in house.cpu_seconds().items()}


@contextmanager
def flower(house: House) -> Iterator[None]:
    """Flower, from when it listens and every worker tells it of its tasks."""
    port = free_port()
    environment = {
        **os.environ, **house.environment, "PYTHONPATH": str(house.tree), "KIOSQUE_FLOWER_ADDRESS": f"127.0.0.1:{port}",
    }  # fmt: skip
    log = house.folder / "flower.log"
    with python_process("-m", "services.cli.flower", environment=environment, log=log, cwd=house.tree) as process:
        wait(lambda: listens(port), patience_s=60)
        house.processes["flower"] = process.pid
        try:
            tell_workers("enable_events")
            time.sleep(SETTLE_S)  # its start is over
            yield
        finally:
            del house.processes["flower"]


def tell_workers(command: str) -> None:
    """Have every worker obey, and know that it did."""
    answers = make_app().control.broadcast(command, reply=True, timeout=10, limit=len(SERVICES))
    if len(answers) != len(SERVICES):
        raise SystemExit(f"{len(answers)} of {len(SERVICES)} workers answered {command}")


if __name__ == "__main__":
    main()
