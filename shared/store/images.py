"""Pictures: the addresses that articles show, and one decision per content wherever it is used."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.contracts import ArticleImages, ImageRequest, ImageVerdict, ModeratedArticle, PageImage
from shared.db import clock, now
from shared.errors import UnknownSubject, Unprocessable
from shared.models import Article, ArticleImage, Audit, Image, Source
from shared.store.stage_runs import FallsDue
from shared.store.upsert import upsert

#: A picture that could not be had now is asked for again: how often, and after how long (times the tries so far).
TRIES = 3
TRY_AGAIN_AFTER = timedelta(minutes=2)


def save_page_images(session: Session, article_id: int, found: Sequence[PageImage]) -> bool:
    """Make the article's pictures those of its page; True if an address is new or gone."""
    kept = {use.url: use for use in session.scalars(select(ArticleImage).where(ArticleImage.article_id == article_id))}
    wanted = {picture.url: picture for picture in reversed(found)}
    for url in kept.keys() - wanted.keys():
        session.delete(kept[url])
    for position, picture in enumerate(found):
        use = kept.get(picture.url)
        if use is None:
            use = kept[picture.url] = ArticleImage(article_id=article_id, url=picture.url, position=position)
            session.add(use)
        use.position, use.is_lead, use.alt, use.caption = position, picture.is_lead, picture.alt, picture.caption
    return any(use.state == "pending" for use in kept.values()) or bool(kept.keys() - wanted.keys())


def load_article_images(session: Session, article_id: int) -> ArticleImages:
    """The article's pictures that have not been dealt with."""
    article = session.get(Article, article_id)
    if article is None:
        raise UnknownSubject(f"no article {article_id}")
    if article.removed_at is not None:
        raise Unprocessable("removed", f"article {article_id} was taken down")
    pace_s = session.get_one(Source, article.source_id).pace_s
    pending = session.scalars(
        select(ArticleImage)
        .where(ArticleImage.article_id == article_id, ArticleImage.state == "pending")
        .order_by(ArticleImage.position)
    )
    return ArticleImages(article_id, tuple(ImageRequest(use.url, article.url, pace_s) for use in pending))


def save_moderated(session: Session, article_id: int, moderated: ModeratedArticle) -> FallsDue:
    """Keep the verdicts; the stage is due again while a picture may still be had."""
    uses = {use.url: use for use in session.scalars(select(ArticleImage).where(ArticleImage.article_id == article_id))}
    again = 0
    for verdict in moderated.verdicts:
        use = uses.get(verdict.url)
        if use is None:
            continue  # the page was parsed again meanwhile
        use.tries += 1
        use.reason = verdict.reason
        if verdict.state == "pending" and use.tries < TRIES:
            again = max(again, use.tries)
        elif verdict.content_hash and verdict.state != "unavailable":
            use.image_id, use.state = _keep_image(session, verdict), "done"
        else:
            use.state = "unavailable"
    if again:
        return FallsDue(again_at=clock(session) + TRY_AGAIN_AFTER * again)
    return FallsDue([article_id])


def _keep_image(session: Session, verdict: ImageVerdict) -> int:
    """The id of the picture with this content; the first decision on a content stands."""
    row = {
        "content_hash": verdict.content_hash,
        "media_type": verdict.media_type,
        "width": verdict.width,
        "height": verdict.height,
        "thumbnail_hash": verdict.thumbnail_hash,
        "thumbnail_width": verdict.thumbnail_width,
        "thumbnail_height": verdict.thumbnail_height,
        "pdq": verdict.pdq,
        "pdq_quality": verdict.pdq_quality,
        "state": verdict.state,
        "reports": 0,
        "engine": verdict.engine,
        "engine_version": verdict.engine_version,
        "first_seen_at": now(),
    }
    is_new = upsert(session, Image, [row], key=("content_hash",))
    image_id = session.scalars(select(Image.id).where(Image.content_hash == verdict.content_hash)).one()
    if is_new and verdict.state in ("held", "blocked"):
        session.add(
            Audit(
                actor="moderator", action=f"image.{verdict.state}", subject="image", subject_id=image_id,
                reason=verdict.reason, evidence={"engine": verdict.engine, "version": verdict.engine_version},
            )
        )  # fmt: skip
    return image_id


def load_bank(session: Session) -> list[tuple[int, bytes]]:
    """Perceptual hashes of the pictures an operator blocked: only those spread beyond identical bytes."""
    rows = session.execute(select(Image.id, Image.pdq).where(Image.state == "blocked", Image.pdq_quality >= 50))
    return [(row.id, row.pdq) for row in rows if row.pdq]
