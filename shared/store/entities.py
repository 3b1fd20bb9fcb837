"""Mentions of places, persons and organisations, tied to one entity across languages where they are linked."""

import unicodedata

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shared.contracts import Mention as TaggedMention
from shared.contracts import TaggedArticle
from shared.models import Article, Entity, Mention
from shared.store.stage_runs import FallsDue
from shared.store.upsert import upsert


def save_tagged(session: Session, article_id: int, tagged: TaggedArticle) -> FallsDue:
    """Make the article's mentions these."""
    article = session.get_one(Article, article_id)
    session.execute(delete(Mention).where(Mention.article_id == article_id))
    keys = {mention: entity_key(mention, article.language or "") for mention in tagged.mentions}
    rows = {
        key: {"key": key, "kind": mention.kind, "name": mention.canonical, "link": mention.link}
        for mention, key in keys.items()
    }
    # in one order everywhere: two taggers inserting the same names must not wait for each other
    upsert(session, Entity, [rows[key] for key in sorted(rows)], key=("key",))
    ids = {entity.key: entity.id for entity in session.scalars(select(Entity).where(Entity.key.in_(rows)))}
    session.add_all(
        Mention(
            article_id=article_id, entity_id=ids[key], field=mention.field, start=mention.start, end=mention.end,
            text=mention.text, canonical=mention.canonical, engine=tagged.engine, engine_version=tagged.engine_version,
        )
        for mention, key in keys.items()
    )  # fmt: skip
    return FallsDue([article_id])


def entity_key(mention: TaggedMention, language: str) -> str:
    """The link, which is one across languages; else kind, script and the name without case and accents."""
    if mention.link:
        return mention.link
    script = "arab" if language == "ar" else "latn"
    return f"{mention.kind}:{script}:{fold(mention.canonical)}"[:300]


def fold(name: str) -> str:
    """A name without case, accents and vowel marks."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())
