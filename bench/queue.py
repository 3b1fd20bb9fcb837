"""What the queue costs: `python -m bench.queue [--articles 300]`.

Five chained stages that do nothing, one worker a service, pools as in the map: CPU per article of queue alone and with
the ledger on both databases (servers and scheduler included), the idle hop from commit to claim, and what a worker
takes at rest.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import quantiles

from sqlalchemy import func, select

from bench.chain import STAGES, copy_with_chain
from bench.house import DATABASES, House, running_house, tree_cpu_s, tree_pss_mb
from shared.app import make_app
from shared.db import now, read_session, write_session
from shared.ledger_models import RunState, StageAttempt, StageRun
from shared.models import Article, Source
from shared.pipeline import SERVICES

FIRST_TASK, FIRST_SERVICE = f"{next(iter(SERVICES))}.{STAGES[0]}_article", next(iter(SERVICES))
IDLE_S = 20.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5, help="the best of so many is told (default %(default)s)")
    options = parser.parse_args()
    print("pools: " + ", ".join(f"{row.name} {row.pool} {row.concurrency}" for row in SERVICES.values()))
    with tempfile.TemporaryDirectory(prefix="kiosque-chain-") as folder:
        measure_queue(Path(folder) / "bare", options.articles, options.rounds)
        for database in DATABASES:
            measure_ledger(Path(folder) / database, database, options.articles, options.rounds)
    measure_idle()


def measure_queue(folder: Path, articles: int, rounds: int) -> None:
    """Messages alone: no database is asked."""
    tree = copy_with_chain(folder, ledger=False)
    done = tree / "done"

    def run() -> None:
        before = done.read_text(encoding="ascii").count("\n")
        send(range(1, articles + 1))
        wait(lambda: done.read_text(encoding="ascii").count("\n") >= before + articles)

    with running_house("sqlite", tree=tree, scheduler=False) as house:
        run()
        tell("queue alone", house, articles, rounds, run)


def measure_ledger(folder: Path, database: str, articles: int, rounds: int) -> None:
    """Messages and ledger; then one article at a time, for the hop."""
    tree = copy_with_chain(folder, ledger=True)
    with running_house(database, tree=tree) as house:
        article_ids = add_articles(articles)

        def run() -> None:
            make_first_due(article_ids)
            send(article_ids)
            wait(lambda: count_done(STAGES[-1]) == len(article_ids))

        run()
        tell(f"queue and ledger, {database}", house, articles, rounds, run)
        hops = measure_hops(article_ids[:60])
        cuts = quantiles(hops, n=20)
        print(f"  idle hop, commit to claim: p50 {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms over {len(hops)} hops")


def tell(title: str, house: House, articles: int, rounds: int, run: Callable[[], None]) -> None:
    """The best round's figures."""
    best: dict[str, float] = {}
    seconds = 0.0
    for _ in range(rounds):
        before, began_at = house.cpu_seconds(), time.monotonic()
        run()
        spent = {name: used - before[name] for name, used in house.cpu_seconds().items()}
        if not best or sum(spent.values()) < sum(best.values()):
            best, seconds = spent, time.monotonic() - began_at
    print(
        f"{title}: {sum(best.values()) / articles * 1000:.1f} ms of CPU an article, {articles / seconds:.0f} articles/s"
    )
    print("  " + ", ".join(f"{name} {used / articles * 1000:.1f}" for name, used in best.items()))


def measure_hops(article_ids: list[int]) -> list[float]:
    """Milliseconds from a stage's end to the next one's claim, one article at a time."""
    for article_id in article_ids:
        make_first_due([article_id])
        send([article_id])
        wait(lambda: count_open() == 0, pause_s=0.05)
    with read_session() as session:
        rows = session.execute(
            select(StageAttempt.subject_id, StageAttempt.stage, StageAttempt.started_at, StageAttempt.finished_at)
            .where(StageAttempt.subject_id.in_(article_ids), StageAttempt.finished_at.is_not(None))
            .order_by(StageAttempt.id)
        ).all()
    newest = {(row.subject_id, row.stage): row for row in rows}
    return [
        (newest[one, later].started_at - newest[one, sooner].finished_at).total_seconds() * 1000
        for one in article_ids
        for sooner, later in pairwise(STAGES)
    ]


def measure_idle() -> None:
    """The project's own workers, at rest: memory and CPU."""
    with running_house("sqlite") as house:
        time.sleep(5)  # start-up is over
        before = {name: tree_cpu_s(pid) for name, pid in house.processes.items()}
        time.sleep(IDLE_S)
        for name, pid in house.processes.items():
            cpu = (tree_cpu_s(pid) - before[name]) / IDLE_S
            print(f"idle {name}: {tree_pss_mb(pid):.0f} MB of PSS, {cpu:.2%} of a core")


def add_articles(articles: int) -> list[int]:
    """A source and its articles."""
    with write_session() as session:
        source = Source(key="chain", name="Chain", home_url="http://127.0.0.1/", state="paused")
        session.add(source)
        session.flush()
        rows = [Article(source_id=source.id, url=f"http://127.0.0.1/{number}") for number in range(articles)]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def make_first_due(article_ids: list[int]) -> None:
    """Rows for the chain's first stage, their messages about to be sent."""
    with write_session() as session:
        session.query(StageRun).filter(StageRun.subject_id.in_(article_ids)).delete()
        for article_id in article_ids:
            session.add(
                StageRun(stage=STAGES[0], subject_id=article_id, state=RunState.DUE, due_at=now(), published_at=now())
            )


def send(article_ids: range | list[int]) -> None:
    """Publish to the chain's first worker."""
    app = make_app()
    with app.producer_pool.acquire(block=True) as producer:
        for article_id in article_ids:
            task_id = f"bench-{article_id}-{time.monotonic_ns()}"  # by hand: the app's own map has no such task
            message = app.amqp.as_task_v2(task_id, FIRST_TASK, (article_id,))
            app.amqp.send_task_message(producer, FIRST_TASK, message, queue=FIRST_SERVICE)


def count_done(stage: str) -> int:
    """Articles that have come through a stage."""
    with read_session() as session:
        rows = select(func.count()).where(StageRun.stage == stage, StageRun.state == RunState.DONE)
        return session.scalar(rows) or 0


def count_open() -> int:
    """Rows due or running, and those that a chain has not come to yet."""
    with read_session() as session:
        subjects = session.scalar(select(func.count(StageRun.subject_id.distinct()))) or 0
        done = session.scalar(select(func.count()).where(StageRun.state == RunState.DONE)) or 0
        return subjects * len(STAGES) - done


def wait(condition: Callable[[], bool], pause_s: float = 0.1, patience_s: float = 300) -> None:
    """Until a condition holds; the pause keeps the asking out of the figures."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"nothing came of it within {patience_s:g} s")
        time.sleep(pause_s)


if __name__ == "__main__":
    main()
