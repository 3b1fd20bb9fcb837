"""Pictures in the store, on SQLite and on PostgreSQL: the addresses of a page, and one decision per content."""

from dataclasses import replace
from datetime import timedelta

import pytest
from press import add_article, add_source
from sqlalchemy import select
from stored_pictures import HASH, OTHER, PHOTO, all_images, change, put_on_page, save, shown, uses_of, verdict_on

from shared.contracts import ImageVerdict, PageImage, ParsedArticle
from shared.db import clock, read_session, write_session
from shared.errors import Postponed, UnknownSubject, Unprocessable
from shared.models import Article, ArticleImage, Audit, Image, Source
from shared.store import articles, images
from shared.store.stage_runs import FallsDue

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def article_id() -> int:
    """An article without pictures."""
    return add_article(add_source())


def load(article_id: int) -> list[str]:
    with read_session() as session:
        return [image.url for image in images.load_article_images(session, article_id).images]


def moment():
    with read_session() as session:
        return clock(session)


# --- the page's pictures --------------------------------------------------------------------------------------------
def test_a_page_with_pictures_leaves_something_to_moderate(article_id):
    assert put_on_page(article_id, PHOTO, OTHER) is True
    first, second = uses_of(article_id)
    assert (first.url, first.alt, first.caption, first.is_lead, first.position) == (
        PHOTO.url, "Un port", "Le port, hier", True, 0,
    )  # fmt: skip
    assert (second.url, second.is_lead, second.position, second.state) == (OTHER.url, False, 1, "pending")


def test_a_page_without_pictures_leaves_nothing(article_id):
    assert put_on_page(article_id) is False


def test_the_same_pictures_again_leave_nothing_once_they_are_decided_on(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on())
    assert put_on_page(article_id, PHOTO) is False
    assert uses_of(article_id)[0].state == "done"


def test_a_new_address_is_left_to_moderate_and_the_old_decision_stays(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on())
    assert put_on_page(article_id, OTHER, PHOTO) is True
    assert [(use.url, use.state) for use in uses_of(article_id)] == [(OTHER.url, "pending"), (PHOTO.url, "done")]


def test_a_picture_that_left_the_page_is_gone_and_leaves_nothing_to_do(article_id):
    put_on_page(article_id, PHOTO, OTHER)
    save(article_id, verdict_on(), verdict_on(OTHER.url, "b"))
    assert put_on_page(article_id, OTHER) is False
    assert [use.url for use in uses_of(article_id)] == [OTHER.url]
    assert len(all_images()) == 2  # the decision on its content stays


def test_a_new_caption_is_kept_without_another_look(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on())
    assert put_on_page(article_id, replace(PHOTO, caption="Le port, mardi", is_lead=False)) is False
    assert (uses_of(article_id)[0].caption, uses_of(article_id)[0].is_lead) == ("Le port, mardi", False)


def test_one_address_twice_on_a_page_is_one_picture_with_all_that_is_said_of_it(article_id):
    put_on_page(article_id, PageImage(PHOTO.url, caption="Première"), OTHER, PHOTO)
    first, second = uses_of(article_id)
    assert (first.url, first.alt, first.caption, first.is_lead) == (PHOTO.url, "Un port", "Première", True)
    assert (second.url, second.position) == (OTHER.url, 1)


def test_what_could_not_be_had_gets_another_chance_when_the_page_is_read_again(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, ImageVerdict(PHOTO.url, "unavailable", "not_found"))
    assert put_on_page(article_id, PHOTO) is True
    assert load(article_id) == [PHOTO.url]
    assert (uses_of(article_id)[0].tries, uses_of(article_id)[0].reason) == (0, "")


def test_a_duplicate_has_no_pictures_that_would_wait_for_ever(article_id):
    text = ParsedArticle("Un titre", "Un paragraphe.", "fr", images=(PHOTO,))
    twin_id = add_article(1, 2)
    with write_session() as session:
        assert articles.save_parsed(session, article_id, text).subjects
        assert articles.save_parsed(session, twin_id, text).set_aside.reason == "duplicate"
    assert [len(uses_of(one)) for one in (article_id, twin_id)] == [1, 0]


# --- what moderate is given -----------------------------------------------------------------------------------------
def test_moderate_is_given_the_pictures_in_the_page_s_order_with_pace_and_referer():
    article_id = add_article(add_source(pace_s=2.5))
    put_on_page(article_id, OTHER, PHOTO)
    with read_session() as session:
        given = images.load_article_images(session, article_id)
    assert [(image.url, image.referer, image.pace_s) for image in given.images] == [
        (OTHER.url, "https://courrier.example/1", 2.5), (PHOTO.url, "https://courrier.example/1", 2.5),
    ]  # fmt: skip


def test_an_unknown_article_is_named():
    with pytest.raises(UnknownSubject, match="no article 77"):
        load(77)


def test_a_removed_article_s_pictures_are_not_asked_for(article_id):
    change(Article, article_id, removed_at=moment())
    with pytest.raises(Unprocessable, match="removed"):
        load(article_id)


def test_a_paused_source_s_pictures_wait_and_a_removed_one_s_are_given_up(article_id):
    put_on_page(article_id, PHOTO)
    change(Source, 1, state="paused")
    with pytest.raises(Postponed, match="paused"):
        load(article_id)
    change(Source, 1, state="removed")
    with pytest.raises(Unprocessable, match="source_removed"):
        load(article_id)


def test_a_source_that_shows_no_pictures_has_none_downloaded_and_the_stage_ends():
    article_id = add_article(add_source(shows_images=False))
    put_on_page(article_id, PHOTO)
    assert load(article_id) == []
    assert save(article_id) == FallsDue([article_id])
    assert [(use.state, use.reason) for use in uses_of(article_id)] == [("unavailable", "source_shows_none")]


# --- verdicts -------------------------------------------------------------------------------------------------------
def test_a_verdict_is_kept_whole(article_id):
    put_on_page(article_id, PHOTO)
    assert save(article_id, verdict_on(engine="fake", engine_version="1")) == FallsDue([article_id])
    [image] = all_images()
    assert (image.content_hash, image.state, image.width, image.height) == ("a" * 64, "visible", 1200, 800)
    assert (image.pdq, image.pdq_quality, image.pdq_version) == (HASH, 80, 1)
    assert (image.engine, image.engine_version, image.media_type) == ("fake", "1", "image/jpeg")
    assert [(use.image_id, use.state) for use in uses_of(article_id)] == [(image.id, "done")]


def test_names_of_many_engines_are_cut_to_the_column(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on(engine="e" * 300, engine_version="1" * 300))
    assert len(all_images()[0].engine) == 64


def test_one_content_under_two_addresses_is_one_picture(article_id):
    put_on_page(article_id, PHOTO, OTHER)
    save(article_id, verdict_on(), verdict_on(OTHER.url))
    assert len(all_images()) == 1
    assert len({use.image_id for use in uses_of(article_id)}) == 1


def test_a_decision_on_a_content_stands_when_it_is_met_elsewhere(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on())
    for number, state in enumerate(("blocked", "auto_blocked", "held", "cleared"), start=2):
        change(Image, 1, state=state, reports=4)
        elsewhere = add_article(1, number)
        put_on_page(elsewhere, PHOTO)
        save(elsewhere, verdict_on(state="held" if state == "cleared" else "visible"))
        assert [(image.state, image.reports) for image in all_images()] == [(state, 4)]
        assert [one.is_placeholder for one in shown(elsewhere)[elsewhere]] == [state != "cleared"]


def test_the_copy_of_a_content_met_again_is_the_one_just_kept(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on())
    elsewhere = add_article(1, 2)
    put_on_page(elsewhere, PHOTO)
    save(elsewhere, verdict_on(thumbnail_hash="f" * 64, thumbnail_width=600, thumbnail_height=400))
    assert [(image.thumbnail_hash, image.thumbnail_width) for image in all_images()] == [("f" * 64, 600)]


def test_a_held_picture_is_audited_with_the_numbers_in_force(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on(state="held", reason="engine", engine="fake", engine_version="1", score=0.75))
    with read_session() as session:
        audit = session.scalars(select(Audit)).one()
    assert (audit.actor, audit.action, audit.subject, audit.reason) == ("moderator", "image.held", "image", "engine")
    assert (audit.evidence["score"], audit.evidence["engine"], audit.evidence["to"]) == (0.75, "fake", "held")


def test_a_failure_is_tried_again_later_and_the_third_is_the_last(article_id):
    put_on_page(article_id, PHOTO)
    failed = ImageVerdict(PHOTO.url, "pending", "timeout")
    before, waits = moment(), []
    for _ in range(2):
        due = save(article_id, failed)
        waits.append(round((due.again_at - before) / timedelta(minutes=1)))
        assert load(article_id) == []  # not before its time
        change(ArticleImage, 1, again_at=before)
        assert load(article_id) == [PHOTO.url]
    assert waits == [2, 30]
    assert save(article_id, failed) == FallsDue([article_id])
    assert [(use.state, use.reason, use.tries) for use in uses_of(article_id)] == [("unavailable", "timeout", 3)]


def test_a_picture_that_waits_for_its_host_uses_up_no_try(article_id):
    put_on_page(article_id, PHOTO)
    turn = moment() + timedelta(seconds=20)
    for _ in range(5):
        due = save(article_id, ImageVerdict(PHOTO.url, "pending", "host_busy", until=turn))
        assert due == FallsDue(again_at=turn)
    assert [(use.state, use.tries, use.reason) for use in uses_of(article_id)] == [("pending", 0, "host_busy")]


def test_a_turn_in_the_past_means_now(article_id):
    put_on_page(article_id, PHOTO)
    before = moment()
    due = save(article_id, ImageVerdict(PHOTO.url, "pending", "out_of_time", until=before - timedelta(hours=1)))
    assert due.again_at >= before
    assert load(article_id) == [PHOTO.url]


def test_the_stage_comes_back_for_the_first_turn_and_leaves_a_failure_alone(article_id):
    put_on_page(article_id, PHOTO, OTHER)
    turn = moment() + timedelta(seconds=5)
    due = save(
        article_id,
        ImageVerdict(PHOTO.url, "pending", "timeout"),
        ImageVerdict(OTHER.url, "pending", "host_busy", until=turn),
    )
    assert due.again_at == turn
    change(ArticleImage, 2, again_at=moment())
    assert load(article_id) == [OTHER.url]
    assert save(article_id, verdict_on(OTHER.url)).again_at > turn  # for the failed one, in two minutes
    assert [use.state for use in uses_of(article_id)] == ["pending", "done"]


def test_a_refused_picture_is_never_asked_for_again_and_holds_nothing_up(article_id):
    put_on_page(article_id, PHOTO, OTHER)
    due = save(article_id, ImageVerdict(PHOTO.url, "unavailable", "not_an_image"), verdict_on(OTHER.url))
    assert due == FallsDue([article_id])
    assert [(use.state, use.reason) for use in uses_of(article_id)] == [("unavailable", "not_an_image"), ("done", "")]
    assert load(article_id) == []


def test_a_verdict_on_an_address_that_left_the_page_meanwhile_is_dropped(article_id):
    put_on_page(article_id, OTHER)
    assert save(article_id, verdict_on(PHOTO.url), verdict_on(OTHER.url, "b")) == FallsDue([article_id])
    assert [image.content_hash for image in all_images()] == ["b" * 64]
