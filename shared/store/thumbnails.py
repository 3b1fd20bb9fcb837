"""Whether a thumbnail may be sent to a reader now: asked at every request, so that a block works at once."""

from enum import Enum, auto

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.models import Article, ArticleImage, Image, Source
from shared.store.funnel import is_shown
from shared.store.images import HIDDEN_STATES, SHOWN_STATES


class ThumbnailAccess(Enum):
    """What a request for a thumbnail is answered with."""

    SHOWN = auto()
    WITHDRAWN = auto()
    UNKNOWN = auto()


def find_access(session: Session, thumbnail_hash: str) -> ThumbnailAccess:
    """Shown if an article that readers see shows it; two contents with one thumbnail are withdrawn together."""
    states = set(session.scalars(select(Image.state).where(Image.thumbnail_hash == thumbnail_hash)))
    if states & set(HIDDEN_STATES):
        return ThumbnailAccess.WITHDRAWN
    if not states & set(SHOWN_STATES):
        return ThumbnailAccess.UNKNOWN
    used = (
        select(ArticleImage.id)
        .join(Image, Image.id == ArticleImage.image_id)
        .join(Article, Article.id == ArticleImage.article_id)
        .join(Source, Source.id == Article.source_id)
        .where(Image.thumbnail_hash == thumbnail_hash, Image.state.in_(SHOWN_STATES), Source.shows_images, *is_shown())
    )
    return ThumbnailAccess.SHOWN if session.scalar(select(used.exists())) else ThumbnailAccess.UNKNOWN
