"""When two pictures count as one: distances between their PDQ hashes, and what follows from them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from shared.contracts import ImageVerdict

#: Bits of 256 that may differ from a blocked picture (reference: moderation.md sections 3.3 and 4): up to here a copy,
#: re-encoded or shrunk (0 of 137,026 unrelated pairs); blocked like it.
BLOCKED_WITHIN = 10
#: Up to here perhaps an edited copy, perhaps only a card of the same template (21 % of those): held for an operator.
HELD_WITHIN = 31
#: Hashes of flat pictures (3 % of 369 had less) say nothing: they match everything flat.
QUALITY_LEAST = 50


@dataclass(frozen=True, slots=True)
class BankEntry:
    """A picture that an operator decided on; a cleared one keeps its like from being taken for a blocked one's."""

    image_id: int
    pdq: bytes
    is_cleared: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """The blocked picture that another one is like, and what becomes of the other for it."""

    image_id: int
    distance: int
    state: Literal["blocked", "held"]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest entry of one kind."""

    image_id: int
    distance: int


def distance(one: bytes, other: bytes) -> int:
    """How many bits two hashes differ in."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def judge(blocked: Nearest | None, cleared: Nearest | None) -> Match | None:
    """What the nearest entries of the bank mean for a picture: None if nothing."""
    if blocked is None or blocked.distance > HELD_WITHIN:
        return None
    if cleared is not None and cleared.distance <= min(blocked.distance, BLOCKED_WITHIN):
        return None  # an operator has seen this very picture, and let it through
    return Match(blocked.image_id, blocked.distance, "blocked" if blocked.distance <= BLOCKED_WITHIN else "held")


def find_match(pdq: bytes, quality: int, bank: Iterable[BankEntry]) -> Match | None:
    """The match of one picture in a bank: for a few pictures; the moderator's Bank does it for many."""
    if not pdq or quality < QUALITY_LEAST:
        return None
    found: dict[bool, Nearest] = {}
    for entry in bank:
        near = Nearest(entry.image_id, distance(pdq, entry.pdq))
        if entry.is_cleared not in found or near.distance < found[entry.is_cleared].distance:
            found[entry.is_cleared] = near
    return judge(found.get(False), found.get(True))


def apply_match(verdict: ImageVerdict, match: Match | None) -> ImageVerdict:
    """The verdict as the bank makes it; a classifier's hold stands where the bank does not block."""
    was_like = verdict.matched_id is not None
    if match is not None and (match.state == "blocked" or verdict.state == "visible" or was_like):
        return replace(
            verdict, state=match.state, reason="like_blocked", matched_id=match.image_id, distance=match.distance
        )
    if match is None and was_like:
        return replace(verdict, state="visible", reason="", matched_id=None, distance=0)
    return verdict
