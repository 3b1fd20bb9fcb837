"""Which blobs rows name: the raw pages of articles, and the thumbnails of pictures that articles show."""

from datetime import datetime

from sqlalchemy import Connection, Select, select
from sqlalchemy.orm import Session

from shared.models import Article, ArticleImage, Image


def named_in(session: Session, folder: str) -> set[str]:
    """The keys that begin with these digits and are in use; a picture that no article shows needs no thumbnail."""
    first, beyond = folder, f"{folder}g"  # "g" sorts after every digit of a key
    pages = _pages().where(Article.page_hash >= first, Article.page_hash < beyond)
    thumbnails = _thumbnails().where(Image.thumbnail_hash >= first, Image.thumbnail_hash < beyond)
    return {str(key) for key in (*session.scalars(pages), *session.scalars(thumbnails))}


def all_named(connection: Connection) -> list[str]:
    """Every key in use, each once, in order."""
    pages = connection.scalars(_pages().where(Article.page_hash.is_not(None)))
    return sorted({str(key) for key in (*pages, *connection.scalars(_thumbnails()))})


def began_at(session: Session) -> datetime | None:
    """When this database met its first article: what was put before belongs to another, whose names we do not know."""
    return session.scalar(select(Article.found_at).order_by(Article.id).limit(1))


def _pages() -> Select[str | None]:
    return select(Article.page_hash)


def _thumbnails() -> Select[str]:
    return select(Image.thumbnail_hash).join(ArticleImage, ArticleImage.image_id == Image.id)
