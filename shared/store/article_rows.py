"""Articles as operators list them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.models import Article, Source


def article_rows(
    session: Session, *, source_key: str | None = None, language: str | None = None, limit: int = 20
) -> list[dict[str, Any]]:
    """One row an article, the last found first, removed ones among them."""
    found = (
        select(
            Article.id, Source.key.label("source"), Article.language, Article.published_at, Article.removed_at,
            Article.headline, Article.url,
        )
        .join(Source)
        .order_by(Article.id.desc())
        .limit(limit)
    )  # fmt: skip
    if source_key:
        found = found.where(Source.key == source_key)
    if language:
        found = found.where(Article.language == language)
    return [dict(row._mapping) for row in session.execute(found)]
