"""What readers may see of a text: in their language if a machine put it there, as far as its source's rights allow."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from shared.contracts import PARAGRAPH_BREAK
from shared.models import Translation

#: Display policies of a source that let more than its headlines be shown, and all of its text.
SHOWS_LEAD = ("lead", "full")
SHOWS_BODY = ("full",)
#: A text without a standfirst lends its first paragraph, cut at this many characters: four lines on a phone.
LEAD_LENGTH = 280


@dataclass(frozen=True, slots=True)
class ShownText:
    """A field in the language that it is shown in; an engine is named if a machine put it there."""

    text: str
    language: str
    engine: str = ""
    engine_version: str = ""

    @property
    def is_translated(self) -> bool:
        """Whether it is machine translation."""
        return bool(self.engine)

    @property
    def paragraphs(self) -> list[str]:
        """The paragraphs, none empty."""
        return [part.strip() for part in self.text.split(PARAGRAPH_BREAK) if part.strip()]


Translated = dict[tuple[int, str], ShownText]  # by article id and field


def find_translations(session: Session, article_ids: Iterable[int], language: str, longest: int) -> Translated:
    """Every translated field of these articles in a language, each cut at `longest` characters."""
    rows = session.execute(
        _select_translations(), {"article_ids": list(article_ids), "language": language, "longest": longest}
    )
    return {
        (row.article_id, row.field): ShownText(row.text, language, row.engine, row.engine_version)
        for row in rows
        if row.text.strip()
    }


@cache
def _select_translations() -> Select[*tuple[Any, ...]]:
    return select(
        Translation.article_id, Translation.field, Translation.engine, Translation.engine_version,
        func.substr(Translation.text, 1, bindparam("longest")).label("text"),
    ).where(
        Translation.language == bindparam("language"),
        Translation.article_id.in_(bindparam("article_ids", expanding=True)),
    )  # fmt: skip


def make_lead(standfirst: ShownText, body: ShownText, display: str) -> ShownText | None:
    """The standfirst, else the beginning of the body; None where the source lends its headlines only."""
    if display not in SHOWS_LEAD:
        return None
    if standfirst.text:
        return standfirst
    first = next(iter(body.paragraphs), "")
    return ShownText(cut(first), body.language, body.engine, body.engine_version) if first else None


def cut(text: str, length: int = LEAD_LENGTH) -> str:
    """The text, or as many of its words as `length` characters hold, and an ellipsis."""
    if len(text) <= length:
        return text
    kept = text[: length + 1].rpartition(" ")[0] or text[:length]
    return kept.rstrip(" ,;:.،؛-–—") + "…"
