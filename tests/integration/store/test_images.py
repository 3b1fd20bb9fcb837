"""Pictures in the store, on SQLite and on PostgreSQL: one decision per content, and what readers get of it."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from press import add_article, add_source
from sqlalchemy import select
from stored_pictures import add_image, at_once, flip

from shared.contracts import ImageVerdict, ModeratedArticle, PageImage
from shared.db import clock, read_session, write_session
from shared.errors import Postponed, UnknownSubject, Unprocessable
from shared.models import Article, ArticleImage, Audit, Image, Source
from shared.store import images
from shared.store.bank import bank_version, load_bank
from shared.store.decisions import decide_image
from shared.store.images import ShownImage
from shared.store.removals import remove_article
from shared.store.stage_runs import FallsDue

pytestmark = pytest.mark.usefixtures("database")

PHOTO = PageImage("https://courrier.example/1.jpg", alt="Un port", caption="Le port, hier", is_lead=True)
OTHER = PageImage("https://courrier.example/2.jpg")
HASH = bytes(range(32))


@pytest.fixture
def article_id() -> int:
    """An article without pictures."""
    return add_article(add_source())


def put_on_page(article_id: int, *found: PageImage) -> bool:
    with write_session() as session:
        return images.save_page_images(session, article_id, found)


def verdict_on(url: str = PHOTO.url, content: str = "a", **fields) -> ImageVerdict:
    known = {
        "state": "visible",
        "content_hash": content * 64,
        "media_type": "image/jpeg",
        "width": 1200,
        "height": 800,
        "thumbnail_hash": content.upper() * 64,
        "thumbnail_width": 640,
        "thumbnail_height": 427,
        "pdq": HASH,
        "pdq_quality": 80,
        "pdq_version": 1,
    }
    return ImageVerdict(**({"url": url} | known | fields))


def save(article_id: int, *verdicts: ImageVerdict, bank: str | None = None) -> FallsDue:
    with write_session() as session:
        version = bank_version(session) if bank is None else bank
        return images.save_moderated(session, article_id, ModeratedArticle(article_id, verdicts, version))


def load(article_id: int) -> list[str]:
    with read_session() as session:
        return [image.url for image in images.load_article_images(session, article_id).images]


def uses(article_id: int) -> list[ArticleImage]:
    with read_session() as session:
        found = select(ArticleImage).where(ArticleImage.article_id == article_id).order_by(ArticleImage.position)
        return list(session.scalars(found))


def all_images() -> list[Image]:
    with read_session() as session:
        return list(session.scalars(select(Image).order_by(Image.id)))


def shown(*article_ids: int) -> dict[int, list[ShownImage]]:
    with read_session() as session:
        return images.shown_images(session, article_ids)


def change(table, row_id: int, **columns) -> None:
    with write_session() as session:
        row = session.get_one(table, row_id)
        for name, value in columns.items():
            setattr(row, name, value)


def moment():
    with read_session() as session:
        return clock(session)


# --- the page's pictures --------------------------------------------------------------------------------------------
def test_a_page_with_pictures_leaves_something_to_moderate(article_id):
    assert put_on_page(article_id, PHOTO, OTHER) is True
    first, second = uses(article_id)
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
    assert uses(article_id)[0].state == "done"


def test_a_new_address_is_left_to_moderate_and_the_old_decision_stays(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on())
    assert put_on_page(article_id, OTHER, PHOTO) is True
    assert [(use.url, use.state) for use in uses(article_id)] == [(OTHER.url, "pending"), (PHOTO.url, "done")]


def test_a_picture_that_left_the_page_is_gone_and_leaves_nothing_to_do(article_id):
    put_on_page(article_id, PHOTO, OTHER)
    save(article_id, verdict_on(), verdict_on(OTHER.url, "b"))
    assert put_on_page(article_id, OTHER) is False
    assert [use.url for use in uses(article_id)] == [OTHER.url]
    assert len(all_images()) == 2  # the decision on its content stays


def test_a_new_caption_is_kept_without_another_look(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on())
    assert put_on_page(article_id, replace(PHOTO, caption="Le port, mardi", is_lead=False)) is False
    assert (uses(article_id)[0].caption, uses(article_id)[0].is_lead) == ("Le port, mardi", False)


def test_one_address_twice_on_a_page_is_one_picture_with_all_that_is_said_of_it(article_id):
    put_on_page(article_id, PageImage(PHOTO.url, caption="Première"), OTHER, PHOTO)
    first, second = uses(article_id)
    assert (first.url, first.alt, first.caption, first.is_lead) == (PHOTO.url, "Un port", "Première", True)
    assert (second.url, second.position) == (OTHER.url, 1)


def test_what_could_not_be_had_gets_another_chance_when_the_page_is_read_again(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, ImageVerdict(PHOTO.url, "unavailable", "not_found"))
    assert put_on_page(article_id, PHOTO) is True
    assert load(article_id) == [PHOTO.url]
    assert (uses(article_id)[0].tries, uses(article_id)[0].reason) == (0, "")


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
    assert [(use.state, use.reason) for use in uses(article_id)] == [("unavailable", "source_shows_none")]


# --- verdicts -------------------------------------------------------------------------------------------------------
def test_a_verdict_is_kept_whole(article_id):
    put_on_page(article_id, PHOTO)
    assert save(article_id, verdict_on(engine="fake", engine_version="1")) == FallsDue([article_id])
    [image] = all_images()
    assert (image.content_hash, image.state, image.width, image.height) == ("a" * 64, "visible", 1200, 800)
    assert (image.pdq, image.pdq_quality, image.pdq_version) == (HASH, 80, 1)
    assert (image.engine, image.engine_version, image.media_type) == ("fake", "1", "image/jpeg")
    assert [(use.image_id, use.state) for use in uses(article_id)] == [(image.id, "done")]


def test_names_of_many_engines_are_cut_to_the_column(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on(engine="e" * 300, engine_version="1" * 300))
    assert len(all_images()[0].engine) == 64


def test_one_content_under_two_addresses_is_one_picture(article_id):
    put_on_page(article_id, PHOTO, OTHER)
    save(article_id, verdict_on(), verdict_on(OTHER.url))
    assert len(all_images()) == 1
    assert len({use.image_id for use in uses(article_id)}) == 1


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
    assert [(use.state, use.reason, use.tries) for use in uses(article_id)] == [("unavailable", "timeout", 3)]


def test_a_picture_that_waits_for_its_host_uses_up_no_try(article_id):
    put_on_page(article_id, PHOTO)
    turn = moment() + timedelta(seconds=20)
    for _ in range(5):
        due = save(article_id, ImageVerdict(PHOTO.url, "pending", "host_busy", until=turn))
        assert due == FallsDue(again_at=turn)
    assert [(use.state, use.tries, use.reason) for use in uses(article_id)] == [("pending", 0, "host_busy")]


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
    assert [use.state for use in uses(article_id)] == ["pending", "done"]


def test_a_refused_picture_is_never_asked_for_again_and_holds_nothing_up(article_id):
    put_on_page(article_id, PHOTO, OTHER)
    due = save(article_id, ImageVerdict(PHOTO.url, "unavailable", "not_an_image"), verdict_on(OTHER.url))
    assert due == FallsDue([article_id])
    assert [(use.state, use.reason) for use in uses(article_id)] == [("unavailable", "not_an_image"), ("done", "")]
    assert load(article_id) == []


def test_a_verdict_on_an_address_that_left_the_page_meanwhile_is_dropped(article_id):
    put_on_page(article_id, OTHER)
    assert save(article_id, verdict_on(PHOTO.url), verdict_on(OTHER.url, "b")) == FallsDue([article_id])
    assert [image.content_hash for image in all_images()] == ["b" * 64]


# --- the bank -------------------------------------------------------------------------------------------------------
def block(image_id: int, action="block") -> None:
    with write_session() as session:
        decide_image(session, image_id, action, "test")


def test_the_bank_holds_what_operators_decided_and_nothing_inherited(article_id):
    put_on_page(article_id, PHOTO, OTHER)
    save(article_id, verdict_on(), verdict_on(OTHER.url, "b", pdq=HASH[:31] + b"\0"))
    block(1)
    assert [image.state for image in all_images()] == ["blocked", "blocked"]
    with read_session() as session:
        assert [(entry.image_id, entry.is_cleared) for entry in load_bank(session, 1)] == [(1, False)]
        assert load_bank(session, 2) == []  # hashes of another version say nothing


def test_a_flat_picture_is_no_entry_of_the_bank(article_id):
    put_on_page(article_id, PHOTO)
    save(article_id, verdict_on(pdq_quality=49))
    block(1)
    with read_session() as session:
        assert load_bank(session, 1) == []


def test_the_bank_s_version_changes_with_each_decision(article_id):
    put_on_page(article_id, PHOTO)
    versions = []
    for step in (lambda: save(article_id, verdict_on()), lambda: block(1), lambda: block(1, "clear")):
        step()
        with read_session() as session:
            versions.append(bank_version(session))
    assert len(set(versions)) == 3


def test_a_block_while_a_copy_was_looked_at_is_not_missed(article_id):
    put_on_page(article_id, PHOTO, OTHER)
    save(article_id, verdict_on())
    with read_session() as session:
        seen = bank_version(session)
    block(1)
    save(article_id, verdict_on(OTHER.url, "b"), bank=seen)
    copy = all_images()[1]
    assert (copy.state, copy.matched_id) == ("blocked", 1)


def test_a_block_and_the_saving_of_a_copy_at_the_same_instant_never_miss_each_other(article_id):
    with read_session() as session:
        seen = bank_version(session)
    for number in range(15):
        pdq = flip(128, seed=number)
        original = add_image(pdq=pdq)
        url = f"https://courrier.example/copy-{number}.jpg"
        put_on_page(article_id, PageImage(url))
        copy = verdict_on(url, content_hash=f"c{number:063d}", pdq=pdq)
        at_once(partial(block, original), partial(save, article_id, copy, bank=seen))
        with read_session() as session:
            found = session.scalars(select(Image).where(Image.content_hash == copy.content_hash)).one()
        assert (found.state, found.matched_id) == ("blocked", original)


def test_a_block_taken_back_while_a_copy_was_looked_at_does_not_stay_on_it(article_id):
    put_on_page(article_id, PHOTO, OTHER)
    save(article_id, verdict_on())
    block(1)
    with read_session() as session:
        seen = bank_version(session)
    block(1, "clear")
    inherited = verdict_on(OTHER.url, "b", state="blocked", reason="like_blocked", matched_id=1, distance=0)
    save(article_id, inherited, bank=seen)
    assert (all_images()[1].state, all_images()[1].matched_id) == ("visible", None)


# --- what readers get -----------------------------------------------------------------------------------------------
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
