"""Translations: one row an article, language and field."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.contracts import Translation as TranslatedField
from shared.contracts import TranslationRequest
from shared.db import now
from shared.errors import Unprocessable
from shared.models import Entity, Mention, Translation
from shared.store.articles import read_text
from shared.store.parts import split_part
from shared.store.stage_runs import FallsDue
from shared.store.upsert import upsert


def load_translation_request(session: Session, article_id: int, part: str) -> TranslationRequest:
    """One field to be put into one language, with the names found so far."""
    target_language, field = split_part(part)
    language, text = read_text(session, article_id, field)
    names = session.scalars(
        select(Mention.text)
        .join(Entity)
        .where(Mention.article_id == article_id, Entity.kind.in_(("PER", "ORG")))
        .distinct()
    )
    return TranslationRequest(article_id, field, language, target_language, text, tuple(names))


def save_translation(session: Session, article_id: int, part: str, translated: TranslatedField) -> FallsDue:
    """Keep the newest translation of the field."""
    target_language, field = split_part(part)
    if translated.source_language == target_language:
        raise Unprocessable("same_language", f"the text is already in {target_language}")
    row = {
        "article_id": article_id,
        "language": target_language,
        "field": field,
        "text": translated.text,
        "source_language": translated.source_language,
        "engine": translated.engine,
        "engine_version": translated.engine_version,
        "translated_at": now(),
    }
    upsert(session, Translation, [row], key=("article_id", "language", "field"), update=tuple(row))
    return FallsDue([article_id])
