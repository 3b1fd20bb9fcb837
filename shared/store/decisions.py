"""What operators decide on pictures, and what that makes of their like: a block spreads, and is taken back with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session

from shared.db import clock, now
from shared.errors import UnknownSubject
from shared.likeness import BLOCKED_WITHIN, HELD_WITHIN, QUALITY_LEAST, Match, Nearest, distance, find_match, judge
from shared.models import Audit, Image, Report
from shared.settings import settings
from shared.store.bank import load_bank, lock_bank

Action = Literal["block", "clear"]
_STATES: dict[Action, str] = {"block": "blocked", "clear": "cleared"}
#: Hashes fetched at a time when all of them are looked through.
AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Change:
    """A picture's state, before and now."""

    image_id: int
    before: str
    state: str


@dataclass(frozen=True, slots=True)
class Decision(Change):
    """What an operator's word changed; `like` are the pictures that changed with it."""

    like: tuple[Change, ...] = ()


def decide_image(session: Session, image_id: int, action: Action, reason: str, actor: str = "operator") -> Decision:
    """Block or clear a picture wherever it is used, with an audit row for it and for each that changes with it.

    Said twice it changes nothing the second time. What an operator cleared is left alone by other pictures' blocks.
    """
    lock_bank(session, changes=True)
    image = session.get(Image, image_id, with_for_update={"key_share": True})  # reports of it go on meanwhile
    if image is None:
        raise UnknownSubject(f"no image {image_id}: kiosque images list --state all")
    before, state = image.state, _STATES[action]
    if before == state and image.matched_id is None:
        return Decision(image_id, before, state)
    image.state, image.matched_id, image.decided_at = state, None, clock(session)
    evidence = {"from": before, "to": state, "reports": image.reports}
    session.add(_audit(image_id, f"image.{state}", reason, evidence, actor))
    session.flush()
    like = _spread(session, image) if state == "blocked" else _take_back(session, image)
    return Decision(image_id, before, state, tuple(like))


def is_open() -> ColumnElement[bool]:
    """The pictures that wait for an operator: not shown without one's word, or reported since the last one."""
    reported = exists().where(Report.image_id == Image.id, Report.reported_at > Image.decided_at)
    return or_(
        Image.state.in_(("held", "auto_blocked")),
        (Image.state == "visible") & (Image.reports > 0),
        (Image.state == "cleared") & reported,
    )


def _spread(session: Session, image: Image) -> Iterator[Change]:
    """Block the copies of a newly blocked picture that are stored already, and hold what looks like one."""
    if image.pdq_quality < QUALITY_LEAST:
        return
    cleared = [entry for entry in load_bank(session, image.pdq_version) if entry.is_cleared]
    found = [
        (other_id, state, pdq, apart)
        for other_id, state, pdq in _hashes(session, image, _may_be_near(image.pdq))
        if (apart := distance(image.pdq, pdq)) <= HELD_WITHIN
    ]
    for other_id, state, pdq, apart in found:
        nearest = min((distance(pdq, entry.pdq) for entry in cleared), default=None)
        match = judge(Nearest(image.id, apart), None if nearest is None else Nearest(0, nearest))
        # a hold changes nothing for what is hidden already
        if match is not None and (match.state == "blocked" or state == "visible"):
            yield from _change(session, other_id, state, match.state, match)


def _may_be_near(pdq: bytes) -> ColumnElement[bool]:
    """What the database can say of it: 31 bits that differ leave at least one of 32 bytes as it is.

    Seven of eight strangers need not be fetched so: 0.6 s in place of 2.5 over 100,000 pictures on PostgreSQL.
    """
    same_byte = [func.substr(Image.pdq, at + 1, 1) == literal(pdq[at : at + 1]) for at in range(len(pdq))]
    return Image.state.in_(("visible", "held", "auto_blocked")) & or_(*same_byte)


def _take_back(session: Session, image: Image) -> Iterator[Change]:
    """Judge again what was held or blocked for this picture, or is a copy of it, for whatever picture that was."""
    inherited = list(_hashes(session, image, Image.matched_id.is_not(None)))
    bank = load_bank(session, image.pdq_version)
    of_this = set(session.scalars(select(Image.id).where(Image.matched_id == image.id)))
    for other_id, state, pdq in inherited:
        if other_id not in of_this and distance(image.pdq, pdq) > BLOCKED_WITHIN:
            continue
        match = find_match(pdq, QUALITY_LEAST, bank)
        yield from _change(
            session, other_id, state, match.state if match else _unmatched_state(session, other_id), match
        )


def _unmatched_state(session: Session, image_id: int) -> str:
    """What a picture was before any match, or is since then: readers may have reported it enough meanwhile."""
    state = "visible"
    history = select(Audit).where(Audit.subject == "image", Audit.subject_id == image_id).order_by(Audit.id.desc())
    for change in session.scalars(history):
        if change.reason != "like_blocked":
            break
        state = change.evidence["from"] or "visible"
    threshold = settings().reports_to_block
    reports = session.scalar(select(Image.reports).where(Image.id == image_id)) or 0
    return "auto_blocked" if state == "visible" and 0 < threshold <= reports else state


def _hashes(session: Session, image: Image, condition: ColumnElement[bool]) -> Iterator[tuple[int, str, bytes]]:
    """Id, state and hash of the other pictures, where the hash can be compared."""
    rows = session.execute(
        select(Image.id, Image.state, Image.pdq)
        .where(condition, Image.id != image.id)
        .where(Image.pdq_version == image.pdq_version, Image.pdq_quality >= QUALITY_LEAST)
        .order_by(Image.id)
        .execution_options(yield_per=AT_ONCE)
    )
    yield from rows


def _change(session: Session, image_id: int, before: str, state: str, match: Match | None) -> Iterator[Change]:
    """Nothing if the picture was changed meanwhile, or is what it should be."""
    changed = session.execute(
        update(Image)
        .where(Image.id == image_id, Image.state == before)
        .values(state=state, matched_id=match.image_id if match else None, decided_at=now())
        .execution_options(synchronize_session=False)
    )
    if not changed.rowcount or state == before:  # type: ignore[attr-defined]
        return
    evidence = {
        "from": before,
        "to": state,
        "like": match.image_id if match else None,
        "distance": match.distance if match else None,
        "blocked_within": BLOCKED_WITHIN,
        "held_within": HELD_WITHIN,
    }
    session.add(_audit(image_id, f"image.{state}", "like_blocked" if match else "no_longer_like", evidence))
    yield Change(image_id, before, state)


def _audit(image_id: int, action: str, reason: str, evidence: dict[str, Any], actor: str = "moderator") -> Audit:
    return Audit(actor=actor, action=action, subject="image", subject_id=image_id, reason=reason, evidence=evidence)
