"""Which parts a stage has for its subjects: for translate, every field that has text, into every other language."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.contracts import FIELDS
from shared.languages import others_than
from shared.models import Article
from shared.pipeline import Stage

#: article ids a query names at once: SQLite takes 32,766 parameters, readers of logs fewer
CHUNK = 500


def parts_of(session: Session, stage: Stage, article_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The parts of a parted stage by article; an article without text has none."""
    assert stage.parted, f"{stage.name} has no parts"
    parts: dict[int, tuple[str, ...]] = {}
    for start in range(0, len(article_ids), CHUNK):
        rows = session.execute(
            select(Article.id, Article.language, *(getattr(Article, name) != "" for name in FIELDS)).where(
                Article.id.in_(article_ids[start : start + CHUNK])
            )
        )
        for article_id, language, *has_text in rows:
            written = [name for name, is_written in zip(FIELDS, has_text, strict=True) if is_written]
            targets = others_than(language) if language else ()
            parts[article_id] = tuple(part_name(target, name) for target in targets for name in written)
    return parts


def part_name(target_language: str, field: str) -> str:
    """The part that puts `field` into `target_language`: "es/headline"."""
    return f"{target_language}/{field}"


def split_part(part: str) -> tuple[str, str]:
    """The target language and the field of a part."""
    target_language, _, field = part.partition("/")
    return target_language, field
