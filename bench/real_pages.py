"""Real pages through the whole pipeline: `python -m bench.real_pages FOLDER[:fr,ar] … [--database postgresql]`.

A FOLDER has html/*.html.gz and truth.json; after a colon stand the languages that are taken of it. The pages are
served on loopback as one paper. Nothing may crash, hang or vanish: found = done + waiting + set aside.
"""

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench.house import DATABASES, House, running_house
from bench.press import Press, SavedPage, read_folder
from shared.db import read_session, write_session
from shared.ledger_models import SETTLED, StageAttempt, StageRun
from shared.models import Article, ArticleImage
from shared.pipeline import Subject, stage_names
from shared.store import source_rows

OF_ARTICLES = stage_names(Subject.ARTICLE)


def main() -> None:
    """Run and report; exit 1 if an article vanished or a worker's child died."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER[:LANGUAGES]")
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--limit", type=int, help="take at most so many pages")
    parser.add_argument("--patience", type=float, default=1500, help="seconds before giving up (default %(default)s)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    pages = [page for folder in options.folders for page in _read(folder)][: options.limit]
    press = Press(pages)
    with (
        press.served(),
        running_house(options.database, variables={"KIOSQUE_PRIVATE_ADDRESSES": press.address}) as house,
    ):
        figures = run(house, press, options.patience)
    report(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8")
    sys.exit(0 if figures["found"] == figures["pages"] and not figures["open"] and not figures["lost"] else 1)


def run(house: House, press: Press, patience_s: float) -> dict[str, Any]:
    """Take the press in and wait until nothing is left to do; the figures."""
    before, began_at = house.cpu_seconds(), time.monotonic()
    row = {"key": "bench", "name": "Bench", "home_url": press.url, "feeds": press.feeds, "pace_s": 0.0}
    with write_session() as session:
        source_rows.save_source(session, row | {"poll_every_s": 86400})
    wait_for_end(len(press.pages), patience_s)
    wall_s = time.monotonic() - began_at
    after = house.cpu_seconds()
    return {
        **count(press.pages),
        "database": house.database,
        "wall_s": round(wall_s, 1),
        "cpu_s": {name: round(after[name] - before[name], 2) for name in after},
    }


def wait_for_end(pages: int, patience_s: float, pause_s: float = 1.0) -> None:
    """Until every page was found and no row of an article is due or running, with a line of progress."""
    deadline, told = time.monotonic() + patience_s, ""
    while time.monotonic() < deadline:
        with read_session() as session:
            found = session.scalar(select(func.count(Article.id))) or 0
            open_rows = _open_rows(session)
        line = f"{found} of {pages} found, {open_rows} rows to do"
        if line != told:
            print(line, file=sys.stderr)
            told = line
        if found >= pages and not open_rows:
            return
        time.sleep(pause_s)
    print(f"gave up after {patience_s:g} s", file=sys.stderr)


def count(pages: list[SavedPage]) -> dict[str, Any]:
    """What became of every page, by stage, language and reason."""
    with read_session() as session:
        articles = session.execute(select(Article.id, Article.language, Article.url)).all()
        rows = session.execute(
            select(StageRun.stage, StageRun.subject_id, StageRun.state, StageRun.reason, StageRun.detail)
        )
        by_stage: dict[str, Counter[str]] = defaultdict(Counter)
        by_language: dict[str, Counter[str]] = defaultdict(Counter)
        languages = {row.id: row.language or _language_of(row.url, pages) for row in articles}
        for row in rows:
            if row.stage not in OF_ARTICLES:
                continue
            outcome = f"{row.state} {row.reason}".strip()
            by_stage[row.stage][outcome] += 1
            by_language[languages.get(row.subject_id, "?")][f"{row.stage} {outcome}"] += 1
        lost = session.scalar(select(func.count()).where(StageAttempt.outcome == "lost")) or 0
        errors = session.scalars(select(StageRun.detail).where(StageRun.reason == "error")).all()
        return {
            "pages": len(pages), "found": len(articles), "open": _open_rows(session), "lost": lost,
            "by_stage": {name: dict(found) for name, found in by_stage.items()},
            "by_language": {name: dict(found) for name, found in by_language.items()},
            "pictures": _pictures(session), "seconds_of_work": _seconds_of_work(session), "errors": list(errors),
        }  # fmt: skip


def report(figures: dict[str, Any]) -> None:
    """The figures for a person."""
    wall_s, pages = figures["wall_s"], figures["pages"]
    print(f"{figures['database']}: {figures['found']} of {pages} pages found, {figures['open']} rows open")
    print(f"{figures['lost']} attempts lost; {wall_s} s of wall, {wall_s / pages:.3f} a page")
    print("\nby stage")
    for stage in OF_ARTICLES:
        for outcome, rows in sorted(figures["by_stage"].get(stage, {}).items()):
            print(f"  {stage:10} {outcome:32} {rows:6}")
    print("\nby language")
    for language, outcomes in sorted(figures["by_language"].items()):
        print(f"  {language}: " + ", ".join(f"{name} {rows}" for name, rows in sorted(outcomes.items())))
    print("\npictures: " + ", ".join(f"{outcome} {uses}" for outcome, uses in sorted(figures["pictures"].items())))
    print("\nseconds of work per attempt, by stage")
    for stage, seconds in figures["seconds_of_work"].items():
        print(f"  {stage:10} {seconds:8.3f}")
    print("\nCPU seconds, and ms per article")
    for name, seconds in figures["cpu_s"].items():
        print(f"  {name:12} {seconds:8.2f} {seconds / figures['pages'] * 1000:8.1f}")
    for error in figures["errors"]:
        print(f"error: {error}")


def _read(folder: str) -> list[SavedPage]:
    path, _, languages = folder.partition(":")
    return read_folder(Path(path), [one for one in languages.split(",") if one])


def _open_rows(session: Any) -> int:
    found = select(func.count()).where(StageRun.stage.in_(OF_ARTICLES), StageRun.state.not_in(SETTLED))
    return int(session.scalar(found) or 0)


def _language_of(url: str, pages: list[SavedPage]) -> str:
    number = url.partition("/page/")[2].partition("/")[0]
    return f"({pages[int(number)].language or '?'})" if number.isdigit() else "?"


def _pictures(session: Any) -> dict[str, int]:
    """Uses of pictures by state and reason."""
    rows = session.execute(select(ArticleImage.state, ArticleImage.reason))
    return dict(Counter(f"{row.state} {row.reason}".strip() for row in rows))


def _seconds_of_work(session: Any) -> dict[str, float]:
    rows = session.execute(select(StageAttempt.stage, StageAttempt.started_at, StageAttempt.finished_at))
    spent: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.finished_at and row.stage in OF_ARTICLES:
            spent[row.stage].append((row.finished_at - row.started_at).total_seconds())
    return {stage: round(sum(spent[stage]) / len(spent[stage]), 4) for stage in OF_ARTICLES if spent[stage]}


if __name__ == "__main__":
    main()
