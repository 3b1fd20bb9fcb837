"""Operators' decisions on pictures, on SQLite and on PostgreSQL: they hold, reach copies, and are taken back whole."""

import random
from functools import partial

import pytest
from press import add_article, add_source
from sqlalchemy import select
from stored_pictures import HASH, add_image, at_once, audits_of, flip, image_of, state_of

from shared.db import read_session, write_session
from shared.errors import UnknownSubject
from shared.models import Audit, Image
from shared.settings import settings
from shared.store.decisions import Change, Decision, decide_image, is_open
from shared.store.images import shown_images
from shared.store.reports import report_image

pytestmark = pytest.mark.usefixtures("database")


def decide(image_id: int, action: str, reason: str = "because", **who) -> Decision:
    with write_session() as session:
        return decide_image(session, image_id, action, reason, **who)


def like(bits: int, state: str = "visible", seed: int = 1, **columns) -> int:
    """A stored picture whose hash is so many bits from HASH."""
    return add_image(state, pdq=flip(bits, seed=seed), **columns)


def report(image_id: int, people: int) -> None:
    for number in range(people):
        with write_session() as session:
            report_image(session, image_id, reporter=f"reader {number}")


def open_ids() -> list[int]:
    with read_session() as session:
        return list(session.scalars(select(Image.id).where(is_open()).order_by(Image.id)))


@pytest.mark.parametrize(("action", "state"), [("block", "blocked"), ("clear", "cleared")])
def test_a_decision_holds_whatever_the_picture_was(action, state):
    for before in {"visible", "held", "auto_blocked", "blocked", "cleared"} - {state}:
        image_id = add_image(before, reports=4)
        assert decide(image_id, action, "seen it", actor="amina") == Decision(image_id, before, state)
        assert state_of(image_id) == state
        [audit] = audits_of(image_id)
        assert (audit.actor, audit.action, audit.reason) == ("amina", f"image.{state}", "seen it")
        assert audit.evidence == {"from": before, "to": state, "reports": 4}
        assert image_of(image_id).decided_at is not None


def test_the_same_decision_twice_is_one():
    for action in ("block", "clear"):
        image_id = add_image()
        decide(image_id, action)
        assert decide(image_id, action).like == ()
        assert len(audits_of(image_id)) == 1


def test_an_unknown_picture_is_named_with_the_way_to_find_one():
    with pytest.raises(UnknownSubject, match="no image 77: kiosque images list"):
        decide(77, "block")


def test_a_blocked_picture_is_gone_from_every_article_and_comes_back_to_each_when_cleared():
    source_id = add_source()
    article_ids = tuple(add_article(source_id, number) for number in range(50))
    image_id = add_image(articles=article_ids)

    def placeholders() -> set[bool]:
        with read_session() as session:
            shown = shown_images(session, article_ids)
        assert sum(map(len, shown.values())) == 50
        return {picture.is_placeholder for pictures in shown.values() for picture in pictures}

    decide(image_id, "block")
    assert placeholders() == {True}
    decide(image_id, "clear")
    assert placeholders() == {False}


# --- a block spreads ------------------------------------------------------------------------------------------------
# bits from the blocked picture, state before and after
REACH = [
    (0, "visible", "blocked"),
    (10, "visible", "blocked"),
    (11, "visible", "held"),
    (31, "visible", "held"),
    (32, "visible", "visible"),
    (5, "held", "blocked"),
    (20, "held", "held"),
    (5, "auto_blocked", "blocked"),
    (20, "auto_blocked", "auto_blocked"),
    (200, "cleared", "cleared"),
    (0, "blocked", "blocked"),
]


def test_a_block_reaches_the_copies_that_are_stored_already_and_says_why():
    image_id = add_image(pdq=HASH)
    others = {like(bits, before, seed=at): (bits, before, after) for at, (bits, before, after) in enumerate(REACH)}
    decision = decide(image_id, "block")
    assert {other_id: state_of(other_id) for other_id in others} == {key: row[2] for key, row in others.items()}
    changed = {key: row for key, row in others.items() if row[1] != row[2]}
    assert decision.like == tuple(Change(key, before, after) for key, (_, before, after) in changed.items())
    for other_id, (bits, before, after) in changed.items():
        assert image_of(other_id).matched_id == image_id
        [audit] = audits_of(other_id)
        assert (audit.actor, audit.action, audit.reason) == ("moderator", f"image.{after}", "like_blocked")
        assert audit.evidence == {
            "from": before, "to": after, "like": image_id, "distance": bits, "blocked_within": 10, "held_within": 31,
        }  # fmt: skip
    assert not [key for key in set(others) - set(changed) if audits_of(key)]


def test_a_block_reaches_no_picture_whose_hash_says_nothing():
    flat, of_another_version = like(0, pdq_quality=49), like(0, pdq_version=2)
    assert decide(add_image(pdq=HASH), "block").like == ()
    assert [state_of(flat), state_of(of_another_version)] == ["visible", "visible"]


def test_a_flat_picture_s_block_reaches_nothing_else():
    other_id = like(0)
    decide(add_image(pdq=HASH, pdq_quality=10), "block")
    assert state_of(other_id) == "visible"


def test_an_inherited_block_does_not_spread_further():
    first, near, far = add_image(pdq=HASH), like(9), add_image(pdq=flip(9, flip(9), seed=7))
    decide(first, "block")
    assert [state_of(near), state_of(far)] == ["blocked", "held"]  # 18 bits from the first, 9 from its copy


def test_an_inherited_block_that_an_operator_confirms_spreads_as_its_own():
    first, near, far = add_image(pdq=HASH), like(9), add_image(pdq=flip(9, flip(9), seed=7))
    decide(first, "block")
    assert decide(near, "block").like == (Change(far, "held", "blocked"),)
    assert (image_of(near).matched_id, image_of(far).matched_id) == (None, near)


def test_a_copy_of_a_cleared_picture_is_left_alone():
    cleared, copy = like(12, "cleared"), add_image(pdq=flip(2, flip(12), seed=5))
    decide(add_image(pdq=HASH), "block")
    assert [state_of(cleared), state_of(copy)] == ["cleared", "visible"]


# --- a block is taken back ------------------------------------------------------------------------------------------
def test_a_block_taken_back_gives_its_like_back_what_they_were():
    image_id = add_image(pdq=HASH)
    cases = [(bits, before) for bits in (3, 20) for before in ("visible", "held", "auto_blocked")]
    others = {like(bits, before, seed=at): before for at, (bits, before) in enumerate(cases)}
    assert len(decide(image_id, "block").like) == 4
    decide(image_id, "clear")
    assert {other_id: state_of(other_id) for other_id in others} == others
    assert {image_of(other_id).matched_id for other_id in others} == {None}


def test_what_is_like_another_blocked_picture_too_stays_hidden_for_that():
    other, first, second = add_image(pdq=HASH), like(20), like(25, seed=3)
    decide(first, "block")
    decide(second, "block")
    assert (state_of(other), image_of(other).matched_id) == ("held", first)
    decide(first, "clear")
    assert (state_of(other), image_of(other).matched_id) == ("held", second)
    decide(second, "clear")
    assert state_of(other) == "visible"


def test_what_readers_reported_enough_meanwhile_stays_blocked_for_that():
    image_id, other_id = add_image(pdq=HASH), like(20)
    decide(image_id, "block")
    report(other_id, settings().reports_to_block)
    assert state_of(other_id) == "held"
    decide(image_id, "clear")
    assert state_of(other_id) == "auto_blocked"


def test_clearing_one_copy_frees_its_twins_but_not_the_blocked_picture():
    blocked, copy, twin = add_image(pdq=HASH), like(15), add_image(pdq=flip(1, flip(15), seed=9))
    decide(blocked, "block")
    assert [state_of(copy), state_of(twin)] == ["held", "held"]
    decide(copy, "clear")
    assert [state_of(one) for one in (blocked, copy, twin)] == ["blocked", "cleared", "visible"]


# --- together -------------------------------------------------------------------------------------------------------
def test_of_two_operators_at_once_the_later_word_holds_and_both_are_kept():
    for _ in range(10):
        image_id = add_image()
        at_once(partial(decide, image_id, "block"), partial(decide, image_id, "clear"))
        first, last = audits_of(image_id)
        assert (first.evidence["from"], first.evidence["to"]) == ("visible", last.evidence["from"])
        assert state_of(image_id) == last.evidence["to"]


def test_the_audit_played_back_gives_the_states_as_they_are():
    chance = random.Random(3)
    ids = [add_image(pdq=flip(chance.randrange(25), seed=number)) for number in range(12)]
    for step in range(60):
        image_id = chance.choice(ids)
        if chance.random() < 0.4:
            decide(image_id, chance.choice(("block", "clear")))
        else:
            with write_session() as session:
                report_image(session, image_id, reporter=f"reader {step}")
    states = dict.fromkeys(ids, "visible")
    with read_session() as session:
        for audit in session.scalars(select(Audit).order_by(Audit.id)):
            assert states[audit.subject_id] == audit.evidence["from"]
            states[audit.subject_id] = audit.evidence["to"]
    assert states == {image_id: state_of(image_id) for image_id in ids}
    assert len(set(states.values())) > 2


def test_what_waits_for_an_operator_is_what_is_hidden_or_reported_since_the_last_word():
    add_image()
    add_image("blocked")
    held, taken_down, reported = add_image("held"), add_image("auto_blocked"), add_image()
    report(reported, 1)
    seen = add_image()
    report(seen, 1)
    decide(seen, "clear")
    assert open_ids() == [held, taken_down, reported]
    with write_session() as session:
        report_image(session, seen, reporter="another reader")
    assert open_ids() == [held, taken_down, reported, seen]
