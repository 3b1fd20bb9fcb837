"""The bank of decided pictures: what a distance means, and that the matrix finds what the loop finds."""

import random

import pytest
from stored_pictures import HASH, flip

from services.moderator.bank import Bank
from shared.contracts import ImageVerdict
from shared.likeness import HELD_WITHIN, BankEntry, Match, apply_match, distance, find_match


def entries(*bits: int, cleared: tuple[int, ...] = ()) -> list[BankEntry]:
    """Blocked pictures 1, 2 ... and cleared ones 101 ... at these distances."""
    blocked = [BankEntry(at, flip(count, seed=at)) for at, count in enumerate(bits, start=1)]
    return [*blocked, *(BankEntry(100 + at, flip(count, seed=at), True) for at, count in enumerate(cleared, start=1))]


@pytest.fixture(params=["matrix", "loop"])
def match(request):
    """Both ways to ask a bank."""
    if request.param == "matrix":
        return lambda pdq, quality, bank: Bank(bank).match(pdq, quality)
    return find_match


@pytest.mark.parametrize(
    ("bits", "state"), [(0, "blocked"), (10, "blocked"), (11, "held"), (31, "held"), (32, None), (128, None)]
)
def test_near_is_blocked_and_less_near_is_held(match, bits, state):
    found = match(HASH, 100, entries(bits))
    assert found == (None if state is None else Match(1, bits, state))


@pytest.mark.parametrize(("quality", "is_found"), [(49, False), (50, True)])
def test_a_flat_picture_never_matches(match, quality, is_found):
    assert (match(HASH, quality, entries(0)) is not None) is is_found


def test_a_picture_without_a_hash_never_matches(match):
    assert match(b"", 100, entries(0)) is None


def test_an_empty_bank_matches_nothing(match):
    assert match(HASH, 100, []) is None


def test_the_nearest_entry_counts(match):
    assert match(HASH, 100, entries(20, 3, 25)) == Match(2, 3, "blocked")


@pytest.mark.parametrize(
    ("blocked", "cleared", "state"),
    [
        (12, 4, None),  # the very picture that an operator let through
        (4, 4, None),
        (3, 4, "blocked"),  # nearer to the blocked one
        (20, 11, "held"),  # no copy of the cleared one either
    ],
)
def test_a_copy_of_a_cleared_picture_is_left_alone(match, blocked, cleared, state):
    found = match(HASH, 100, entries(blocked, cleared=(cleared,)))
    assert (found.state if found else None) == state


def test_matrix_and_loop_agree_on_random_hashes():
    chance = random.Random(5)
    bank = [BankEntry(at, chance.randbytes(32), at % 5 == 0) for at in range(1, 300)]
    seeds = [flip(chance.randrange(40), chance.choice(bank).pdq, seed=at) for at in range(100)]
    found = [Bank(bank).match(pdq, 80) for pdq in seeds]
    assert found == [find_match(pdq, 80, bank) for pdq in seeds]
    assert {one.state if one else None for one in found} == {"blocked", "held", None}


def test_what_is_near_enough_to_be_held_has_a_byte_in_common():
    assert len(HASH) > HELD_WITHIN  # shared/store/decisions.py asks the database for that byte


def test_distance_counts_the_bits_that_differ():
    assert [distance(HASH, flip(bits)) for bits in (0, 1, 77)] == [0, 1, 77]


VISIBLE = ImageVerdict("u", "visible", pdq=HASH)
HELD_BY_ENGINE = ImageVerdict("u", "held", "engine", pdq=HASH)
HELD_BY_MATCH = ImageVerdict("u", "held", "like_blocked", pdq=HASH, matched_id=9, distance=20)


@pytest.mark.parametrize(
    ("verdict", "found", "state", "matched_id"),
    [
        (VISIBLE, None, "visible", None),
        (VISIBLE, Match(7, 20, "held"), "held", 7),
        (VISIBLE, Match(7, 2, "blocked"), "blocked", 7),
        (HELD_BY_ENGINE, None, "held", None),
        (HELD_BY_ENGINE, Match(7, 20, "held"), "held", None),  # stays held when 7 is cleared
        (HELD_BY_ENGINE, Match(7, 2, "blocked"), "blocked", 7),
        (HELD_BY_MATCH, None, "visible", None),  # cleared while the picture was looked at
        (HELD_BY_MATCH, Match(7, 2, "blocked"), "blocked", 7),
        (ImageVerdict("u", "unavailable", "not_found"), None, "unavailable", None),
    ],
)
def test_a_match_changes_a_verdict_but_no_hold_of_a_classifier(verdict, found, state, matched_id):
    changed = apply_match(verdict, found)
    assert (changed.state, changed.matched_id) == (state, matched_id)
