"""Rows for tests: a source, articles, and a stage's work without Celery."""

from datetime import UTC, datetime

from shared.db import write_session
from shared.models import Article, Source


def add_source(key: str = "courrier", **columns: object) -> int:
    """A source; returns its id."""
    with write_session() as session:
        row = {"name": key.title(), "home_url": f"https://{key}.example/", "languages": ["fr"], "pace_s": 0.0} | columns
        source = Source(key=key, **row)
        session.add(source)
        session.flush()
        return source.id


def add_article(source_id: int, number: int = 1, **columns: object) -> int:
    """An article with a text in French, unless columns say otherwise; returns its id."""
    row = {
        "url": f"https://courrier.example/{number}",
        "language": "fr",
        "headline": f"Titre {number}",
        "standfirst": "",
        "body": f"Premier paragraphe {number}.\n\nSecond.",
        "published_at": datetime(2026, 11, 1, 12, tzinfo=UTC),
        "parsed_at": datetime(2026, 11, 1, 13, tzinfo=UTC),
    } | columns
    with write_session() as session:
        article = Article(source_id=source_id, **row)
        session.add(article)
        session.flush()
        return article.id
