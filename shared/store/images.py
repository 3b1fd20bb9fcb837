"""Pictures: the addresses that articles show, and one decision per content wherever it is used."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from shared.contracts import ArticleImages, ImageRequest, ImageVerdict, ModeratedArticle, PageImage
from shared.db import clock, now
from shared.errors import Postponed, UnknownSubject, Unprocessable
from shared.likeness import BLOCKED_WITHIN, HELD_WITHIN, apply_match, find_match
from shared.models import Article, ArticleImage, Audit, Image, Source
from shared.store.bank import bank_version, load_bank, lock_bank
from shared.store.stage_runs import FallsDue
from shared.store.upsert import upsert

#: How long a picture that could not be had is left alone, after the first failure and the second; a third is the last.
AGAIN_AFTER = (timedelta(minutes=2), timedelta(minutes=30))
#: A paused source's pictures are asked for again after this, like its pages.
PAUSED_FOR = timedelta(minutes=10)
#: Of an Image: what readers see, and what they see a placeholder of.
SHOWN_STATES = ("visible", "cleared")
HIDDEN_STATES = ("held", "auto_blocked", "blocked")


@dataclass(frozen=True, slots=True)
class ShownImage:
    """A picture in an article as readers get it; a placeholder stands for one that they may not see."""

    image_id: int
    thumbnail_hash: str  # of our own copy, in shared/blobs.py; "" of a placeholder
    width: int  # of the copy
    height: int
    alt: str
    caption: str
    is_lead: bool
    is_placeholder: bool


def save_page_images(session: Session, article_id: int, found: Sequence[PageImage]) -> bool:
    """Make the article's pictures those of its page; True if one is left for moderate to deal with.

    What could not be had gets another chance with each reading of the page; what was decided on stays decided.
    """
    uses = {use.url: use for use in session.scalars(select(ArticleImage).where(ArticleImage.article_id == article_id))}
    wanted = _merge_repeats(found)
    for url in uses.keys() - wanted.keys():
        session.delete(uses.pop(url))
    for position, picture in enumerate(wanted.values()):
        use = uses.get(picture.url)
        if use is None:
            use = uses[picture.url] = ArticleImage(article_id=article_id, url=picture.url, state="pending")
            session.add(use)
        use.position, use.is_lead, use.alt, use.caption = position, picture.is_lead, picture.alt, picture.caption
        if use.state == "unavailable":
            use.state, use.reason, use.tries, use.again_at = "pending", "", 0, None
    return any(use.state == "pending" for use in uses.values())


def load_article_images(session: Session, article_id: int) -> ArticleImages:
    """The article's pictures whose turn has come: not dealt with, nor left alone for a while after a failure."""
    article = session.get(Article, article_id)
    if article is None:
        raise UnknownSubject(f"no article {article_id}")
    if article.removed_at is not None:
        raise Unprocessable("removed", f"article {article_id} was taken down")
    source = session.get_one(Source, article.source_id)
    if source.state == "paused":
        raise Postponed("paused", clock(session) + PAUSED_FOR, f"source {source.key} is paused")
    if source.state == "removed":
        raise Unprocessable("source_removed", f"source {source.key} was removed")
    if not source.shows_images:
        return ArticleImages(article_id, ())
    due = session.scalars(
        select(ArticleImage)
        .where(ArticleImage.article_id == article_id, ArticleImage.state == "pending")
        .where(or_(ArticleImage.again_at.is_(None), ArticleImage.again_at <= now()))
        .order_by(ArticleImage.position)
    )
    return ArticleImages(article_id, tuple(ImageRequest(use.url, article.url, source.pace_s) for use in due))


def save_moderated(session: Session, article_id: int, moderated: ModeratedArticle) -> FallsDue:
    """Keep the verdicts; the stage is due again while a picture may still be had."""
    uses = {use.url: use for use in session.scalars(select(ArticleImage).where(ArticleImage.article_id == article_id))}
    moment = clock(session)
    for verdict in _judge_again(session, moderated):
        if verdict.url in uses:  # else the page was parsed again meanwhile
            _settle_use(session, uses[verdict.url], verdict, moment)
    pending = [use for use in uses.values() if use.state == "pending"]
    if pending and not _shows_images(session, article_id):
        for use in pending:
            use.state, use.reason = "unavailable", "source_shows_none"
        pending = []
    if pending:
        return FallsDue(again_at=min(use.again_at or moment for use in pending))
    return FallsDue([article_id])


def shown_images(session: Session, article_ids: Iterable[int]) -> dict[int, list[ShownImage]]:
    """For each of these articles its pictures, the lead one first; one that is used twice in an article counts once."""
    wanted, twin = list(article_ids), aliased(Image)
    # the same pixels in other bytes: hidden with the one that is, as their copy is one (shared/store/thumbnails.py)
    is_hidden = exists().where(twin.thumbnail_hash == Image.thumbnail_hash, twin.state.in_(HIDDEN_STATES))
    rows = session.execute(
        select(ArticleImage, Image, is_hidden.label("is_hidden"))
        .join(Image, ArticleImage.image_id == Image.id)
        .join(Article, ArticleImage.article_id == Article.id)
        .join(Source)
        .where(ArticleImage.article_id.in_(wanted), ArticleImage.state == "done", Source.shows_images)
        .where(Image.state.in_((*SHOWN_STATES, *HIDDEN_STATES)))
        .order_by(ArticleImage.is_lead.desc(), ArticleImage.position)
    )
    found: dict[int, dict[int, ShownImage]] = {article_id: {} for article_id in wanted}
    for use, image, is_placeholder in rows:
        found[use.article_id].setdefault(image.id, _show(use, image, is_placeholder))
    return {article_id: list(pictures.values()) for article_id, pictures in found.items()}


def _merge_repeats(found: Sequence[PageImage]) -> dict[str, PageImage]:
    """One picture an address, in the page's order, with what any of its repeats says of it."""
    merged: dict[str, PageImage] = {}
    for picture in found:
        first = merged.setdefault(picture.url, picture)
        merged[picture.url] = replace(
            first,
            alt=first.alt or picture.alt,
            caption=first.caption or picture.caption,
            is_lead=first.is_lead or picture.is_lead,
        )
    return merged


def _shows_images(session: Session, article_id: int) -> bool:
    return bool(session.scalar(select(Source.shows_images).join(Article).where(Article.id == article_id)))


def _show(use: ArticleImage, image: Image, is_placeholder: bool) -> ShownImage:
    return ShownImage(
        image_id=image.id,
        thumbnail_hash="" if is_placeholder else image.thumbnail_hash,
        width=image.thumbnail_width,
        height=image.thumbnail_height,
        alt=use.alt,
        caption=use.caption,
        is_lead=use.is_lead,
        is_placeholder=is_placeholder,
    )


def _judge_again(session: Session, moderated: ModeratedArticle) -> Iterable[ImageVerdict]:
    """The verdicts by the bank of this moment: an operator may have decided while the pictures were looked at."""
    pdq_version = max((verdict.pdq_version for verdict in moderated.verdicts), default=0)
    if not pdq_version:
        return moderated.verdicts
    lock_bank(session, changes=False)
    if bank_version(session) == moderated.bank_version:
        return moderated.verdicts
    bank = load_bank(session, pdq_version)
    return [apply_match(one, find_match(one.pdq, one.pdq_quality, bank)) for one in moderated.verdicts]


def _settle_use(session: Session, use: ArticleImage, verdict: ImageVerdict, moment: datetime) -> None:
    use.reason = verdict.reason
    if verdict.state == "pending" and verdict.until is not None:
        use.again_at = max(verdict.until, moment)
        return
    use.tries += 1
    if verdict.state == "pending" and use.tries <= len(AGAIN_AFTER):
        use.again_at = moment + AGAIN_AFTER[use.tries - 1]
    elif verdict.content_hash and verdict.state not in ("pending", "unavailable"):
        use.image_id, use.state, use.again_at = _keep_image(session, verdict), "done", None
    else:
        use.state, use.again_at = "unavailable", None


def _keep_image(session: Session, verdict: ImageVerdict) -> int:
    """The id of the picture with this content; the first decision on a content stands."""
    thumbnail = {
        "thumbnail_hash": verdict.thumbnail_hash,
        "thumbnail_width": verdict.thumbnail_width,
        "thumbnail_height": verdict.thumbnail_height,
    }
    row = {
        "content_hash": verdict.content_hash,
        "media_type": verdict.media_type,
        "width": verdict.width,
        "height": verdict.height,
        "pdq": verdict.pdq,
        "pdq_quality": verdict.pdq_quality,
        "pdq_version": verdict.pdq_version,
        "state": verdict.state,
        "matched_id": verdict.matched_id,
        "reports": 0,
        "engine": verdict.engine[:64],
        "engine_version": verdict.engine_version[:64],
        "first_seen_at": now(),
        **thumbnail,
    }
    is_new = upsert(session, Image, [row], key=("content_hash",))
    image_id = session.scalars(select(Image.id).where(Image.content_hash == verdict.content_hash)).one()
    if not is_new:
        # the copy that was just kept: the one before may be gone with its last article, and a newer encoder's differs
        session.execute(update(Image).where(Image.id == image_id).values(**thumbnail))
    elif verdict.state != "visible":
        session.add(_audit(image_id, verdict))
    return image_id


def _audit(image_id: int, verdict: ImageVerdict) -> Audit:
    evidence = {
        "from": "",
        "to": verdict.state,
        "like": verdict.matched_id,
        "distance": verdict.distance if verdict.matched_id else None,
        "blocked_within": BLOCKED_WITHIN,
        "held_within": HELD_WITHIN,
        "engine": verdict.engine,
        "engine_version": verdict.engine_version,
        "score": verdict.score,
    }
    return Audit(
        actor="moderator", action=f"image.{verdict.state}", subject="image", subject_id=image_id,
        reason=verdict.reason, evidence=evidence,
    )  # fmt: skip
