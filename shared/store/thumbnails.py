"""Whether a thumbnail may be sent to a reader now: asked at every request, so that a block works at once."""

from enum import Enum, auto

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from shared.models import Article, ArticleImage, Image, Source
from shared.store.funnel import is_shown

#: The states (ImageState of shared/contracts.py) in which readers see a picture.
SHOWN = ("visible", "cleared")
#: Those in which they did, and no longer may.
WITHDRAWN = ("auto_blocked", "blocked", "held")


class ThumbnailAccess(Enum):
    """What a request for a thumbnail is answered with."""

    SHOWN = auto()
    WITHDRAWN = auto()
    UNKNOWN = auto()


def find_access(session: Session, thumbnail_hash: str) -> ThumbnailAccess:
    """Shown if an article that readers see shows it; two contents with one thumbnail are withdrawn together."""
    states = set(session.scalars(select(Image.state).where(Image.thumbnail_hash == thumbnail_hash)))
    if states & set(WITHDRAWN):
        return ThumbnailAccess.WITHDRAWN
    if not states & set(SHOWN):
        return ThumbnailAccess.UNKNOWN
    used = (
        select(ArticleImage.id)
        .join(Image, Image.id == ArticleImage.image_id)
        .join(Article, Article.id == ArticleImage.article_id)
        .join(Source, Source.id == Article.source_id)
        .where(Image.thumbnail_hash == thumbnail_hash, Image.state.in_(SHOWN), Source.shows_images, *is_shown())
    )
    return ThumbnailAccess.SHOWN if session.scalar(select(used.exists())) else ThumbnailAccess.UNKNOWN


def is_used_by(session: Session, image_id: int, article_id: int) -> bool:
    """Whether the article has the picture."""
    return bool(
        session.scalar(select(exists().where(ArticleImage.article_id == article_id, ArticleImage.image_id == image_id)))
    )
