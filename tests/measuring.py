"""What tests ask of the sixth stage: measure of the tagger, which does what its article's headline says."""

import itertools
import os
from pathlib import Path

from press import add_article, add_source
from sqlalchemy import select

from shared.app import make_app
from shared.db import read_session, write_session
from shared.ledger_models import StageAttempt, StageRun
from shared.pipeline import PARSE, Stage, Subject
from shared.store.stage_runs import make_due

MEASURE = Stage("measure", service="tagger", subject=Subject.ARTICLE, after=(PARSE,), limit_s=20, tries=3)


def add_articles(*headlines: str) -> list[int]:
    """Articles of a new source, which can be asked for again and again."""
    number = next(_sources)
    source_id = add_source(f"courrier-{number}")
    return [
        add_article(source_id, url=f"https://courrier.example/{number}/{place}", headline=headline)
        for place, headline in enumerate(headlines)
    ]


_sources = itertools.count()


def make_measure_due(article_ids) -> None:
    with write_session() as session:
        make_due(session, MEASURE, article_ids, published=True)


def send(article_id, times=1) -> None:
    app = make_app()
    for _ in range(times):
        app.send_task("tagger.measure_article", args=(article_id,), queue="tagger")


def run_of(article_id) -> StageRun:
    with read_session() as session:
        return session.scalars(select(StageRun).filter_by(stage="measure", subject_id=article_id)).one()


def outcomes(article_id) -> list[tuple[str, str]]:
    with read_session() as session:
        rows = session.scalars(select(StageAttempt).filter_by(subject_id=article_id, stage="measure"))
        return [(row.outcome, row.reason) for row in rows]


def attempts_log() -> str:
    """What the sixth stage wrote down when it began, outside of any transaction."""
    path = Path(os.environ["KIOSQUE_VAR"]) / "measure.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def state_is(article_id, state):
    return lambda: run_of(article_id).state == state
