"""Nothing lost, nothing twice, whatever is killed: `python -m tests.soak --articles 2000 --kills 200`.

The newsstand, multiplied, is taken in by real processes while workers, children, the scheduler and Redis are killed at
random moments, spread over the work. At the end the ledger, a log of effects outside the database and the newsstand's
visits are held against each other (tests/soak/audit.py). Exit code 1, with the names, if anything is lost or doubled.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from shared.db import read_session, write_session
from shared.ledger_models import SETTLED, StageAttempt, StageRun
from shared.models import Article
from shared.pipeline import FETCH, MODERATE, PARSE, POLL, TAG
from shared.store import source_rows
from tests.soak.audit import UNSETTLED, Audit, read_visits
from tests.soak.effects import read_effects
from tests.soak.house import House, running_house
from tests.soak.press import serve

#: The stages that save something for every article: how far the run has come is counted by them.
COUNTED = (FETCH.name, PARSE.name, TAG.name, MODERATE.name)
#: The kills are spread over this much of the work, so that the last ones still meet some.
SPREAD = 0.95


def main() -> None:
    """Run, judge and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=2000, help="at least so many (default %(default)s)")
    parser.add_argument("--kills", type=int, default=200, help="(default %(default)s)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=0, help="of what is killed and when (default: %(default)s)")
    parser.add_argument("--apertium", choices=("installed", "off"), default="off")
    parser.add_argument("--patience", type=float, default=3600, help="seconds before giving up (default %(default)s)")
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs and database")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kiosque-soak-"))
    context = get_context("spawn")
    addresses, stop = context.Queue(), context.Event()
    serving = context.Process(target=serve, args=(options.articles, folder / "visits.log", addresses, stop))
    serving.start()
    try:
        address, feeds, paths = addresses.get(timeout=120)
        os.environ.update(KIOSQUE_PRIVATE_ADDRESSES=address, KIOSQUE_APERTIUM=options.apertium)
        with running_house(folder, options.database, {"KIOSQUE_LOG_FORMAT": "json"}) as house:
            faults, figures = soak(house, feeds, paths, options)
    finally:
        stop.set()
        serving.join(20)
    for name, value in figures.items():
        print(f"{name:32} {value}")
    print(*faults[:100], sep="\n")
    print(f"{len(faults)} promises not kept" if faults else "nothing lost, nothing twice")
    if options.keep or faults:
        print(f"logs: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if faults else 0)


def soak(house: House, feeds: list[str], paths: list[str], options: argparse.Namespace) -> tuple[list[str], dict]:
    """Take the press in under fire; the promises not kept, and the figures."""
    began_at = time.monotonic()
    row = {"key": "soak", "name": "Soak", "home_url": feeds[0], "feeds": feeds, "pace_s": 0.0, "poll_every_s": 86400}
    with write_session() as session:
        source_rows.save_source(session, row)
    killed_at = kill_along(house, len(paths), options)
    faults = []
    if not wait_for_end(house, len(paths), began_at + options.patience):
        faults.append(f"no end within {options.patience:g} s")
    ended_at = time.monotonic()
    faults += orphans_left(house)
    audit = Audit(paths, read_effects(house.effects), read_visits(house.folder / "visits.log"))
    figures = {
        "articles": len(paths),
        "kills": f"{house.kills.total()}: {dict(house.kills)}",
        "ended by themselves": house.ended_by_themselves(),
        "seconds in all": round(ended_at - began_at),
        "seconds to converge": f"{ended_at - killed_at:.1f} after the last kill",
        **figures_of(audit),
        **events_in_logs(house),
    }
    return faults + audit.faults(), figures


def kill_along(house: House, articles: int, options: argparse.Namespace) -> float:
    """Kill each time the work has come a random step further; when the last kill was (monotonic)."""
    chance = random.Random(options.seed)
    work = articles * len(COUNTED) * SPREAD
    steps = sorted(chance.uniform(0, work) for _ in range(options.kills))
    saved, deadline = 0, time.monotonic() + options.patience
    with house.effects.open(encoding="utf-8") as effects:
        for number, step in enumerate(steps, start=1):
            while saved < step:
                if time.monotonic() > deadline:
                    return time.monotonic()
                house.tend()
                time.sleep(0.05)
                saved += sum(line.startswith("saved") and line.split(" ")[2] in COUNTED for line in effects)
            pause_until = time.monotonic() + chance.uniform(0, 0.5)  # not only the moment after a save
            while not (time.monotonic() > pause_until and (victim := house.kill_one(chance))):
                house.tend()
                time.sleep(0.05)
            if number % 10 == 0 or number == len(steps):
                print(f"kill {number}: {victim}; {saved} of {articles * len(COUNTED)} saved", file=sys.stderr)
    return time.monotonic()


def wait_for_end(house: House, articles: int, deadline: float) -> bool:
    """Until every article is found and nothing of one is due or running; False if the patience is at its end."""
    told_at = 0.0
    while time.monotonic() < deadline:
        house.tend()
        with read_session() as session:
            found = session.scalar(select(func.count(Article.id))) or 0
            is_open = (StageRun.stage != POLL.name, StageRun.state.not_in(SETTLED))
            left = session.scalar(select(func.count(StageRun.id)).where(*is_open)) or 0
        if found >= articles and not left:
            return True
        if time.monotonic() > told_at + 10:
            print(f"{found} of {articles} found, {left} rows to do", file=sys.stderr)
            told_at = time.monotonic()
        time.sleep(0.25)
    return False


def orphans_left(house: House) -> list[str]:
    """Killed workers whose children have not ended within half a minute more."""
    deadline = time.monotonic() + 30
    while (left := {part.name: part.orphans() for part in house.parts.values() if part.orphans()}) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.5)
    return [f"{name}: children of a killed process still live in {groups}" for name, groups in left.items()]


def figures_of(audit: Audit) -> dict[str, Any]:
    """What the ledger and the log of effects say."""
    states = Counter(f"{run.stage} {run.state} {run.reason}".strip() for run in audit.runs.values())
    outcomes = Counter(_outcome(attempt) for attempt in audit.attempts.values())
    events = Counter(effect.event for effects in audit.effects.values() for effect in effects)
    return {
        "rows": dict(sorted(states.items())),
        "attempts": f"{len(audit.attempts)}: {dict(outcomes.most_common())}",
        "executions": dict(events),
        "visits": sum(audit.visits.values()),
    }


def _outcome(attempt: StageAttempt) -> str:
    return f"{attempt.outcome} {attempt.reason}" if attempt.outcome in UNSETTLED else attempt.outcome


def events_in_logs(house: House) -> dict[str, Any]:
    """What the processes said: messages refused, published again, finishes that came too late, faults of ours."""
    refused, events, errors = Counter[str](), Counter[str](), Counter[str]()
    for part in house.parts.values():
        for line in part.log.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                continue
            event = said.get("event", "") if isinstance(said, dict) else ""
            if event == "stage.refused":
                refused[said["reason"]] += 1
            elif event == "messages.published_again":
                events[event] += said["messages"]
            elif event in ("stage.failed", "job.failed"):
                errors[f"{event}: {said.get('exception', '').rpartition(chr(10))[2][:120]}"] += 1
            else:
                events[event] += 1
    return {
        "duplicates refused": f"{refused.total()}: {dict(refused)}",
        "published again": events["messages.published_again"],
        "stale finishes": events["stage.stale"],
        "errors in the logs": dict(errors),
    }


if __name__ == "__main__":
    main()
