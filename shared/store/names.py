"""Names as readers see them: the places, persons and organisations of an article, and the articles of a name."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from shared.models import Article, Entity, Mention
from shared.store.funnel import is_shown

#: How a name is written in a language is read off so many of its latest mentions: enough to outvote a slip,
#: few enough for the names of a page (a country's mentions run into the thousands).
MENTIONS_READ = 50


@dataclass(frozen=True, slots=True)
class Name:
    """An entity, named as articles in the reader's language name it, else as this article or the first one did."""

    entity_id: int
    kind: str  # PER | LOC | ORG
    name: str


def find_names(session: Session, article_id: int, language: str) -> list[Name]:
    """The entities that an article mentions, the most mentioned first."""
    mentions = func.count().label("mentions")
    own = func.min(Mention.canonical).label("own")
    rows = session.execute(
        select(
            Entity.id,
            Entity.kind,
            own,
            _name_in(language).label("local"),
            func.max(Article.language).label("written_in"),
        )
        .join(Mention, Mention.entity_id == Entity.id)
        .join(Article, Article.id == Mention.article_id)
        .where(Mention.article_id == article_id)
        .group_by(Entity.id, Entity.kind)
        .order_by(mentions.desc(), Entity.id)
    )
    return [Name(row.id, row.kind, row.own if row.written_in == language else row.local or row.own) for row in rows]


def find_name(session: Session, entity_id: int, language: str) -> Name | None:
    """An entity that readers can see an article of; None for any other, lest a removed article's names outlive it."""
    is_named = (
        select(Mention.id)
        .join(Article, Article.id == Mention.article_id)
        .where(Mention.entity_id == Entity.id, *is_shown())
        .exists()
    )
    row = session.execute(
        select(Entity.id, Entity.kind, Entity.name, _name_in(language).label("local")).where(
            Entity.id == entity_id, is_named
        )
    ).one_or_none()
    return None if row is None else Name(row.id, row.kind, row.local or row.name)


def _name_in(language: str) -> ScalarSelect[Any]:
    """How the entity's latest mentions in articles of a language mostly write it; null if there are none."""
    latest = (
        select(Mention.article_id, Mention.canonical)
        .where(Mention.entity_id == Entity.id)
        .order_by(Mention.id.desc())
        .limit(MENTIONS_READ)
        .correlate(Entity)
        .subquery()
    )
    return (
        select(latest.c.canonical)
        .join_from(latest, Article, Article.id == latest.c.article_id)
        .where(Article.language == language)
        .group_by(latest.c.canonical)
        .order_by(func.count().desc(), latest.c.canonical)
        .limit(1)
        .correlate(Entity)
        .scalar_subquery()
    )
