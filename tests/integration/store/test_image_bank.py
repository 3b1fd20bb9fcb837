"""The bank of operators' decisions, on SQLite and on PostgreSQL: none of them and no copy miss each other."""

from functools import partial

import pytest
from press import add_article, add_source
from sqlalchemy import select
from stored_pictures import HASH, OTHER, PHOTO, add_image, all_images, at_once, flip, put_on_page, save, verdict_on

from shared.contracts import PageImage
from shared.db import read_session, write_session
from shared.models import Image
from shared.store.bank import bank_version, load_bank
from shared.store.decisions import decide_image

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def article_id() -> int:
    """An article without pictures."""
    return add_article(add_source())


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
