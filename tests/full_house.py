"""For tests: a house with something in every table, blobs included, and all of its rows as they are."""

from datetime import UTC, datetime
from typing import Any

from press import add_article, add_source
from sqlalchemy import select, update
from stored_pictures import add_image

import shared.ledger_models  # noqa: F401 - its tables belong to the metadata
from shared import blobs
from shared.db import engine, now, write_session
from shared.ledger_models import (
    BadMessage,
    Host,
    PausedStage,
    RunState,
    StageAttempt,
    StageRun,
    StageTotal,
)
from shared.models import Article, Audit, Base, Entity, Feed, Image, Mention, PastAddress, Report, Translation
from shared.pipeline import PARSE, TAG, TRANSLATE
from shared.store import stage_runs

MOMENT = datetime(2026, 11, 2, 8, 30, 0, 123000, tzinfo=UTC)
ARABIC = 'الرباط: «افتتاح» \u2028 "quoted" \\ back\tslash'


def fill_house() -> list[int]:
    """Two articles, of which the older is a copy of the newer, and all that can hang on them; returns their ids."""
    source_id = add_source(languages=["fr", "ar"])
    page, thumbnail = blobs.put(b"<html>" + bytes(range(256))), blobs.put(b"a thumbnail")
    copy_id = add_article(source_id, 1)
    article_id = add_article(
        source_id, 2, body=ARABIC, byline=["A. B.", "ج"], page_hash=page, fetched_at=MOMENT, text_hash="e" * 64
    )
    image_id = add_image("blocked", articles=(article_id,), thumbnail_hash=thumbnail, decided_at=MOMENT)
    later_id = add_image("held", articles=(copy_id,), thumbnail_hash=blobs.put(b"another"))
    with write_session() as session:
        session.get_one(Article, copy_id).duplicate_of_id = article_id
        session.get_one(Image, image_id).matched_id = later_id
        session.add_all([
            Feed(source_id=source_id, url="https://courrier.example/rss", etag='"1"', polled_at=MOMENT, status=200),
            Translation(
                article_id=article_id, language="es", field="headline", text="Título", source_language="fr",
                engine="apertium", engine_version="3",
            ),
            Entity(id=7, key="LOC:Rabat", kind="LOC", name="Rabat"),
            Report(image_id=image_id, reporter="r" * 64, network="n" * 64, article_id=article_id),
            Audit(
                actor="operator", action="image.blocked", subject="image", subject_id=image_id,
                evidence={"from": "visible", "reports": 3, "why": None},
            ),
            BadMessage(queue="parser", content=b"\x00\xff not JSON", reason="not_json"),
            Host(name="https://courrier.example:443", next_at=MOMENT, robots_status=200, robots_text="User-agent: *"),
            StageTotal(
                hour=MOMENT.replace(minute=0, second=0, microsecond=0), stage="parse", source_id=source_id,
                outcome="done", attempts=3, seconds=0.25,
            ),
            PausedStage(stage=TAG.name),
            PastAddress(url_hash="d" * 64, seen_at=MOMENT),
        ])  # fmt: skip
        session.flush()
        session.add(
            Mention(
                article_id=article_id, entity_id=7, field="body", start=0, end=6, text="الرباط", canonical="Rabat",
                engine="rules", engine_version="1",
            )
        )  # fmt: skip
        stage_runs.make_due(session, PARSE, [article_id, copy_id])
        stage_runs.make_due(session, TRANSLATE, [article_id])
    with write_session() as session:  # one is at work, one has a message
        assert stage_runs.claim(session, PARSE, article_id, worker="w", token="m/1") is not None
        session.execute(update(StageRun).where(StageRun.stage == TRANSLATE.name).values(published_at=now()))
    return [copy_id, article_id]


def every_row(*left_out: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every table's rows in order."""
    with engine().connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in Base.metadata.sorted_tables
            if table.name not in left_out
        }


def runs() -> dict[tuple[str, int], StageRun]:
    """The ledger by stage and subject; of a stage with parts any one of them."""
    with write_session() as session:
        return {(row.stage, row.subject_id): row for row in session.scalars(select(StageRun))}


def attempts() -> list[StageAttempt]:
    """Every attempt, the oldest first."""
    with write_session() as session:
        return list(session.scalars(select(StageAttempt).order_by(StageAttempt.id)))


LEDGER = (StageRun.__tablename__, StageAttempt.__tablename__)
DUE = RunState.DUE
