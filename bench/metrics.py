"""What a scrape of /metrics costs with many rows due: the whole, and each part of it, on both databases."""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bench.house import DATABASES, House, set_environment
from services.scheduler.database_metrics import DatabaseMetrics
from shared.db import read_session, write_session
from shared.ledger_models import AttemptCount, RunState, StageRun
from shared.migrations import upgrade
from shared.models import Article, Source
from shared.pipeline import STAGES
from shared.store import figures, funnel
from tests.servers import postgresql_server

#: Rows inserted at once.
CHUNK = 5_000
PARTS: dict[str, Callable[[Session], object]] = {
    "rows not done": lambda session: funnel.count_rows(session, [one for one in RunState if one != RunState.DONE]),
    "rows done (5 min)": lambda session: funnel.count_rows(session, [RunState.DONE]),
    "overdue": lambda session: [funnel.overdue(session, stage) for stage in STAGES],
    "attempts": figures.attempts,
    "sources": figures.source_attempts,
    "last found": figures.last_found,
    "gaps (10 min)": figures.gaps,
}


def fill(due: int, done: int, sources: int) -> None:
    """So many rows due and done of the parse stage, and the articles of so many sources."""
    with write_session() as session:
        for n in range(sources):
            session.add(Source(key=f"paper-{n}", name=f"Paper {n}", home_url=f"https://{n}.example/"))
        for n, stage, outcome, reason in itertools.product(range(sources), STAGES, ("done", "set_aside"), ("", "gone")):
            session.add(AttemptCount(stage=stage, source_id=n + 1, outcome=outcome, reason=reason, attempts=1))
    for first in range(0, due + done, CHUNK):
        numbers = range(first, min(first + CHUNK, due + done))
        with write_session() as session:
            session.execute(insert(Article), [_article(n, sources) for n in numbers])
            session.execute(insert(StageRun), [_run(n, RunState.DUE if n < due else RunState.DONE) for n in numbers])


def _article(n: int, sources: int) -> dict[str, Any]:
    came_at = _BEGAN_AT - timedelta(minutes=n)
    times = {"found_at": came_at, "published_at": came_at, "published_has_time": True}
    language = ("fr", "ar")[n // sources % 2]
    return {
        "source_id": n % sources + 1,
        "url": f"https://{n}.example/",
        "language": language,
        "body": "x" * 2000,
    } | times


def _run(n: int, state: RunState) -> dict[str, Any]:
    return {"stage": "parse", "subject_id": n + 1, "state": state, "due_at": _BEGAN_AT - timedelta(seconds=n)}


_BEGAN_AT = datetime.now(UTC)


def percentiles(times: int, work: Callable[[], object]) -> str:
    """Its p50, p95 and worst, ms."""
    taken = []
    for _ in range(times):
        began_at = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began_at) * 1000)
    taken.sort()
    return f"{statistics.median(taken):6.0f} {taken[int(0.95 * (times - 1))]:6.0f} {taken[-1]:6.0f}"


def in_session(part: Callable[[Session], object]) -> Callable[[], None]:
    """A part, in a session of its own."""

    def read() -> None:
        with read_session() as session:
            part(session)

    return read


def measure(database: str, asked: argparse.Namespace) -> None:
    """A scrape's database part on one database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kiosque-bench-")))
        house = House(folder, database, folder, {})
        set_environment(house, KIOSQUE_VAR=str(folder / "var"), KIOSQUE_DATABASE_URL="")
        (folder / "var").mkdir()
        if database == "postgresql":
            set_environment(house, KIOSQUE_DATABASE_URL=stack.enter_context(postgresql_server(folder / "postgresql")))
        upgrade()
        fill(asked.due, asked.done, asked.sources)
        metrics = DatabaseMetrics()
        print(f"{database}: {asked.due} due, {asked.done} done, {asked.sources} sources; ms p50, p95, worst")
        print(f"  first scrape       {percentiles(1, metrics.ask)}")
        print(f"  scrape             {percentiles(asked.times, metrics.ask)}")
        for name, part in PARTS.items():
            print(f"    {name:17}{percentiles(asked.times, in_session(part))}")


def main() -> None:
    """On both databases, or on the one that is named."""
    parser = argparse.ArgumentParser(prog="python -m bench metrics", description=__doc__)
    parser.add_argument("--database", choices=DATABASES, help="Only this one.")
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--done", type=int, default=100_000)
    parser.add_argument("--sources", type=int, default=50)
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    for database in [asked.database] if asked.database else DATABASES:
        measure(database, asked)


if __name__ == "__main__":
    main()
