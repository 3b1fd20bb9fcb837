"""What readers get of an article's pictures, on SQLite and on PostgreSQL."""

import pytest
from press import add_article, add_source
from stored_pictures import OTHER, PHOTO, all_images, change, put_on_page, save, shown, verdict_on

from shared.contracts import ImageVerdict
from shared.db import write_session
from shared.models import Image, Source
from shared.store.images import ShownImage
from shared.store.removals import remove_article

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def article_id() -> int:
    """An article without pictures."""
    return add_article(add_source())


def test_readers_get_the_lead_picture_first_and_each_with_its_copy(article_id):
    put_on_page(article_id, OTHER, PHOTO)
    save(article_id, verdict_on(), verdict_on(OTHER.url, "b"))
    [lead, other] = shown(article_id)[article_id]
    image_ids = {image.content_hash[0]: image.id for image in all_images()}
    assert lead == ShownImage(image_ids["a"], "A" * 64, 640, 427, "Un port", "Le port, hier", True, False)
    assert (other.image_id, other.is_lead) == (image_ids["b"], False)


def test_pictures_that_were_not_dealt_with_or_could_not_be_had_are_left_out(article_id):
    put_on_page(article_id, PHOTO, OTHER)
    save(article_id, ImageVerdict(PHOTO.url, "unavailable", "not_found"))
    assert shown(article_id) == {article_id: []}


def test_of_a_hidden_picture_readers_get_a_placeholder_without_its_copy(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on())
    for state in ("held", "auto_blocked", "blocked"):
        change(Image, 1, state=state)
        [placeholder] = shown(article_id)[article_id]
        assert (placeholder.is_placeholder, placeholder.thumbnail_hash, placeholder.image_id) == (True, "", 1)


def test_a_content_that_an_article_shows_twice_counts_once(article_id):
    put_on_page(article_id, OTHER, PHOTO)
    save(article_id, verdict_on(), verdict_on(OTHER.url))
    [only] = shown(article_id)[article_id]
    assert only.is_lead


def test_several_articles_are_asked_for_at_once(article_id):
    second, third = add_article(1, 2), add_article(1, 3)
    for one in (article_id, second):
        put_on_page(one, PHOTO)
        save(one, verdict_on())
    found = shown(article_id, second, third)
    assert {key: len(pictures) for key, pictures in found.items()} == {article_id: 1, second: 1, third: 0}
    assert shown() == {}


def test_a_source_that_no_longer_shows_pictures_shows_none_of_the_old_ones(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on())
    change(Source, 1, shows_images=False)
    assert shown(article_id) == {article_id: []}


def test_the_same_pixels_in_other_bytes_are_hidden_with_their_twin(article_id):
    put_on_page(article_id, PHOTO, OTHER)
    save(article_id, verdict_on(), verdict_on(OTHER.url, "b", thumbnail_hash="A" * 64))
    change(Image, 2, state="auto_blocked")
    assert [(one.image_id, one.is_placeholder) for one in shown(article_id)[article_id]] == [(1, True), (2, True)]


def test_an_article_taken_down_leaves_the_copies_that_another_shows():
    source_id = add_source()
    first, second = add_article(source_id, 1), add_article(source_id, 2)
    put_on_page(first, PHOTO, OTHER)
    save(first, verdict_on(), verdict_on(OTHER.url, "b"))
    put_on_page(second, PHOTO)
    save(second, verdict_on(content="c", thumbnail_hash="A" * 64))  # other bytes, the same pixels
    with write_session() as session:
        assert remove_article(session, first, "asked for") == ["B" * 64]
    with write_session() as session:
        assert remove_article(session, second, "asked for") == ["A" * 64]
