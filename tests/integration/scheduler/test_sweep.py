"""The sweep of blobs, over both databases: what nothing names goes, everything else stays."""

import math
import os
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest
from press import add_article, add_source
from stored_pictures import add_image

from services.scheduler import sweep
from shared import blobs
from shared.db import write_session
from shared.models import Article
from shared.settings import settings
from shared.store.removals import remove_article

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _from_the_start(database, monkeypatch):
    monkeypatch.setattr(sweep, "_folders", cycle(blobs.FOLDERS))
    monkeypatch.setattr(sweep, "SWEEP_S", math.inf)  # a busy machine's two seconds may end before the last folder


def put_long_ago(content: bytes) -> str:
    key = blobs.put(content)
    moment = (LONG_AGO + timedelta(days=1)).timestamp()
    os.utime(Path(settings().blobs, key[:2], key[2:4], key), (moment, moment))
    return key


def test_pages_and_thumbnails_that_are_in_use_stay_and_all_others_go():
    page, thumbnail, replaced, dropped = (put_long_ago(name) for name in (b"page", b"thumb", b"replaced", b"dropped"))
    article_id = add_article(add_source(), page_hash=page, found_at=LONG_AGO)
    add_image(articles=(article_id,), thumbnail_hash=thumbnail)
    add_image(thumbnail_hash=dropped)
    young = blobs.put(b"between its put and its commit")
    sweep.sweep()
    assert [blobs.exists(key) for key in (page, thumbnail, young)] == [True] * 3
    assert [blobs.exists(key) for key in (replaced, dropped)] == [False] * 2


def test_what_was_too_young_when_its_article_was_taken_down_goes_later():
    page, thumbnail = put_long_ago(b"page"), put_long_ago(b"thumb")
    article_id = add_article(add_source(), page_hash=page, found_at=LONG_AGO)
    add_image(articles=(article_id,), thumbnail_hash=thumbnail)
    sweep.sweep()
    with write_session() as session:
        unused = remove_article(session, article_id, "asked for")
    assert sorted(unused) == sorted((page, thumbnail))
    sweep.sweep()
    assert not any(blobs.exists(key) for key in unused)


def test_a_database_without_articles_or_younger_than_the_blobs_deletes_none():
    key = put_long_ago(b"another house's")
    sweep.sweep()
    assert blobs.exists(key)
    article_id = add_article(add_source())
    sweep.sweep()
    assert blobs.exists(key)
    with write_session() as session:
        session.get_one(Article, article_id).found_at = LONG_AGO
    sweep.sweep()
    assert not blobs.exists(key)


def test_a_sweep_out_of_time_is_gone_on_with_by_the_next(monkeypatch):
    keys = {put_long_ago(b"%d" % number) for number in range(20)}
    add_article(add_source(), found_at=LONG_AGO)
    monkeypatch.setattr(sweep, "SWEEP_S", -1.0)
    sweep.sweep()
    assert {key for key in keys if blobs.exists(key)} == {key for key in keys if not key.startswith("00")}
    for _ in blobs.FOLDERS[1:]:
        sweep.sweep()
    assert not any(blobs.exists(key) for key in keys)
