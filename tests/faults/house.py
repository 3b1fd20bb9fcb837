"""The faults of ../shared/reference/queue.md section 9, put into real processes; each test asserts what was promised.

One factor shortens every time-out and every duration alike: SCALE, 1 in `make faults-full`. In the promises "ready" is
our due, "failed" and "dead" our set_aside, N the stage's tries.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from measuring import MEASURE, add_articles, attempts_log, make_measure_due, run_of, send
from servers import wait_until
from sqlalchemy import select
from workers import copy_with_sixth_stage, measured, scheduler, worker

from shared.db import read_session
from shared.ledger_models import SETTLED, StageRun
from shared.pipeline import STAGES

IS_FULL = os.environ.get("KIOSQUE_FAULTS") == "full"
SCALE = 1.0 if IS_FULL else 0.2

#: Of the sixth stage, unscaled: its hard limit, and the broker's visibility time-out, over twice as long.
LIMIT_S, VISIBILITY_S = 25.0, 60.0
#: "converges": within the visibility time-out + 90 s (T in the reference), unscaled.
CONVERGES_S = VISIBILITY_S + 90.0


def scaled(seconds: float) -> float:
    """So many seconds of the reference, as this run has them."""
    return seconds * SCALE


@dataclass(slots=True)
class House:
    """A copy of the project with the sixth stage, its database and its Redis; processes are started by the test."""

    tree: Path
    folder: Path  # for logs
    broker: redis.Redis

    def worker(self, log: str = "worker.log", **environment: str):
        """A tagger."""
        return worker("tagger", tree=self.tree, log=self.folder / log, **environment)

    def scheduler(self, log: str = "scheduler.log", **environment: str):
        """A scheduler."""
        return scheduler(tree=self.tree, log=self.folder / log, **environment)

    def set_limit(self, seconds: float) -> None:
        """Give the sixth stage another hard limit, unscaled; before a process is started."""
        the_map = self.tree / "shared" / "pipeline.py"
        text = the_map.read_text(encoding="utf-8")
        was = f"limit_s={scaled(LIMIT_S)}, tries=3"
        assert was in text
        the_map.write_text(text.replace(was, f"limit_s={scaled(seconds)}, tries=3"), encoding="utf-8")

    def add(self, *headlines: str, publish: bool = True) -> list[int]:
        """Articles due for measure, their headlines its orders (tests/sixth_stage.py), their messages sent."""
        article_ids = add_articles(*headlines)
        make_measure_due(article_ids)
        if publish:
            for article_id in article_ids:
                send(article_id)
        return article_ids

    def converges(self, article_ids: Sequence[int], seconds: float = CONVERGES_S) -> None:
        """Every article settled within so many (unscaled) seconds, and each that is done measured exactly once."""
        converge(article_ids, scaled(seconds) + 10)

    def status(self) -> dict[str, Any]:
        """What `kiosque status` says, a process of its own."""
        command = [sys.executable, "-m", "services.cli", "status", "--json"]
        environment = {**os.environ, "PYTHONPATH": str(self.tree)}
        said = subprocess.run(command, cwd=self.tree, env=environment, check=True, capture_output=True).stdout
        told: dict[str, Any] = json.loads(said)
        return told

    def log(self, name: str = "worker.log") -> str:
        """What a process wrote."""
        return (self.folder / name).read_text(errors="replace")

    def attempts(self) -> list[str]:
        """What the sixth stage wrote down as it began: "ORDER ARTICLE_ID PID" lines, in no transaction."""
        return attempts_log().splitlines()

    def nothing_unacked(self) -> bool:
        """Whether Redis holds no message that a worker has taken and not acknowledged."""
        return self.broker.hlen("kiosque:unacked") == 0


def has_measured(number: int) -> Callable[[], bool]:
    """A condition: so many articles were measured."""
    return lambda: len(measured()) >= number


def all_done(article_ids: Sequence[int]) -> bool:
    """Whether every one is done: none set aside either."""
    return all(run_of(one).state == "done" for one in article_ids)


def converge(article_ids: Sequence[int], seconds: float) -> None:
    """As House.converges, in seconds of this run."""
    wait_until(lambda: not _open(article_ids), seconds, what=f"the end of {len(article_ids)} articles")
    done = sorted(one for one in article_ids if run_of(one).state == "done")
    assert sorted(one for one in measured() if one in set(article_ids)) == done


def _open(article_ids: Sequence[int]) -> list[int]:
    with read_session() as session:
        rows = select(StageRun.subject_id).where(
            StageRun.stage == MEASURE.name, StageRun.subject_id.in_(article_ids), StageRun.state.not_in(SETTLED)
        )
        return list(session.scalars(rows))


@contextlib.contextmanager
def fault_house(tmp_path: Path, broker: redis.Redis, set_settings, monkeypatch) -> Iterator[House]:
    """A house whose database is the test's, on this broker (already in the settings)."""
    monkeypatch.setitem(STAGES, "measure", MEASURE)  # the tests publish to it
    set_settings(
        time_scale=SCALE,
        visibility_timeout_s=round(scaled(VISIBILITY_S)),
        soft_shutdown_s=scaled(25),
    )
    yield House(copy_with_sixth_stage(tmp_path / "tree", limit_s=scaled(LIMIT_S)), tmp_path, broker)
