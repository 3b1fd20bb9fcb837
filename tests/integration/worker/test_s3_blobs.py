"""Fetch, parse and moderate with their blobs on S3: real workers, two of them with forked children."""

import contextlib

import pytest
from newsstand_press import newsstand_press
from portal_press import Reader
from s3_server import BUCKET, CREDENTIALS, S3Server
from servers import wait_until
from sqlalchemy import func, select
from workers import scheduler, worker

from services.portal.app import make_portal
from shared import blobs
from shared.blob_stores.store import path_of
from shared.db import read_session, write_session
from shared.ledger_models import SETTLED, RunState, StageAttempt, StageRun
from shared.models import Article, Image
from shared.settings import settings
from shared.store import source_rows
from shared.store.funnel import storage_failures

PAPER = "maghreb-ledger"
STAGES_WITH_BLOBS = ("fetch", "parse", "moderate")

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def server():
    """An S3 that is not started yet."""
    server = S3Server()
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: server.is_running and server.stop())
        yield server


@pytest.fixture
def house(server, broker, postgresql, set_settings, environment, tmp_path):
    """A paper, a scheduler, and the three workers that put or read blobs."""
    for name, value in CREDENTIALS.items():
        environment.setenv(name, value)
    with contextlib.ExitStack() as stack:
        press = stack.enter_context(newsstand_press())
        set_settings(
            blobs_url=f"s3://{BUCKET}/house",
            blobs_endpoint=server.url,
            private_addresses=press.address,
            time_scale=0.2,  # a store that is away is believed so for 3 s
            soft_shutdown_s=2,
        )
        for service in ("scraper", "parser", "moderator"):
            stack.enter_context(worker(service, log=tmp_path / f"{service}.log"))
        stack.enter_context(scheduler(log=tmp_path / "scheduler.log"))
        row = next(row for row in press.source_rows() if row["key"] == PAPER)
        with write_session() as session:
            source_rows.save_source(session, row)
        yield press


def is_settled(stories: int) -> bool:
    with read_session() as session:
        rows = session.execute(
            select(StageRun.stage, func.count())
            .where(StageRun.stage.in_(STAGES_WITH_BLOBS), StageRun.state.in_(SETTLED))
            .group_by(StageRun.stage)
        ).all()
    return dict(map(tuple, rows)) == dict.fromkeys(STAGES_WITH_BLOBS, stories)


def test_an_s3_that_comes_late_has_every_page_and_picture_and_nothing_was_set_aside(house, server, tmp_path):
    stories = len(house.stories(PAPER))

    def is_found_away() -> bool:
        with read_session() as session:
            away = select(func.count()).where(StageAttempt.stage == "fetch", StageAttempt.reason == "storage_away")
            return session.scalar(away) >= stories

    wait_until(is_found_away, seconds=60, what="every article meeting a store that is away")
    pages = [visit for visit in house.requests if visit.path.startswith(f"/{PAPER}/") and "feed" not in visit.path]
    assert len(pages) < stories, "pages were fetched that nobody could keep"
    assert "does not answer" in (tmp_path / "scraper.log").read_text(errors="replace")

    def is_told() -> bool:
        with read_session() as session:
            return [(row["stage"], row["reason"]) for row in storage_failures(session)] == [("fetch", "storage_away")]

    wait_until(is_told, seconds=60, what="kiosque status telling it")
    server.start()
    wait_until(lambda: is_settled(stories), seconds=90, what="the paper taken in")
    with read_session() as session:
        states = set(session.scalars(select(StageRun.state).where(StageRun.stage.in_(STAGES_WITH_BLOBS))))
        kept = set(session.scalars(select(Article.page_hash))) | set(session.scalars(select(Image.thumbnail_hash)))
        thumbnail = session.scalars(select(Image.thumbnail_hash)).first()
    assert states == {RunState.DONE}
    assert len(kept) > stories
    assert server.keys() == sorted(f"house/{path_of(key)}" for key in kept)
    assert not (settings().var / "blobs").exists()
    assert Reader(make_portal()).get(f"/image/{thumbnail}.webp").data == blobs.get(thumbnail)
