"""Thumbnails: sent as long as readers may see them, and not a request longer."""

from datetime import UTC, datetime

import pytest
from portal_press import add_picture
from press import add_article, add_source
from servers import free_port
from sqlalchemy import update
from stored_pictures import add_image

from shared import blobs
from shared.db import write_session
from shared.models import Article, ArticleImage, Image, Source

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def article(sqlite) -> int:
    return add_article(add_source())


def change(table, **columns: object) -> None:
    with write_session() as session:
        session.execute(update(table).values(**columns))


def test_a_thumbnail_is_sent_as_it_is_kept(reader, article):
    picture = add_picture(article)
    answer = reader.get(picture.url)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/webp", picture.content)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_browser_keeps_a_thumbnail_but_asks_each_time(reader, article):
    picture = add_picture(article)
    first = reader.get(picture.url)
    assert first.headers["Cache-Control"] == "public, no-cache"
    again = reader.get(picture.url, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("visible", 200),
        ("cleared", 200),
        ("held", 410),
        ("auto_blocked", 410),
        ("blocked", 410),
        ("pending", 404),
        ("unavailable", 404),
    ],
)
def test_a_thumbnail_is_sent_in_the_states_in_which_readers_see_it(reader, article, state, status):
    picture = add_picture(article)
    kept = reader.get(picture.url).headers["ETag"]
    change(Image, state=state)
    assert reader.get(picture.url).status_code == status
    # who kept a copy is told so too
    assert reader.get(picture.url, If_None_Match=kept).status_code == (304 if status == 200 else status)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (Article, {"removed_at": NOW}),
        (Article, {"parsed_at": None}),
        (Source, {"shows_images": False}),
        (ArticleImage, {"image_id": None}),
    ],
)
def test_a_picture_that_no_article_shows_is_not_sent(reader, article, table, columns):
    picture = add_picture(article)
    change(table, **columns)
    assert reader.get(picture.url).status_code == 404


def test_a_picture_that_another_article_still_shows_is_sent(reader, article):
    other = add_article(add_source("autre"), 2)
    picture = add_picture(article, other)
    with write_session() as session:
        session.execute(update(Article).where(Article.id == article).values(removed_at=NOW))
    assert reader.get(picture.url).status_code == 200


def test_two_contents_that_look_alike_are_withdrawn_together(reader, article):
    picture = add_picture(article)
    add_image("blocked", thumbnail_hash=picture.url[len("/image/") : -len(".webp")])
    assert reader.get(picture.url).status_code == 410


def test_no_other_blob_is_ever_sent(reader, article):
    page_hash = blobs.put(b"<html>a raw page</html>")
    change(Article, page_hash=page_hash)
    assert reader.get(f"/image/{page_hash}.webp").status_code == 404


def test_a_thumbnail_whose_bytes_are_lost_is_a_404(reader, article):
    picture = add_picture(article)
    blobs.delete(picture.url[len("/image/") : -len(".webp")])
    assert reader.get(picture.url).status_code == 404


def test_a_store_of_pictures_that_is_away_is_a_503_and_not_a_404(reader, article, set_settings, environment):
    picture = add_picture(article)
    environment.setenv("AWS_ACCESS_KEY_ID", "kiosque")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    set_settings(blobs_url="s3://press/blobs", blobs_endpoint=f"http://127.0.0.1:{free_port()}")
    answer = reader.get(picture.url)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
