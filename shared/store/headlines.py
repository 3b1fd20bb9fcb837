"""Headlines as readers see them: the latest of the whole press, of a source or of a name, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from shared.db import UtcDateTime
from shared.models import Article, Id, Mention, Source
from shared.store import images
from shared.store.funnel import is_shown
from shared.store.images import ShownImage
from shared.store.shown import LEAD_LENGTH, ShownText, Translated, find_translations, make_lead

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What is read of a body to make a lead of: more, so that the cut falls between words.
_BODY_READ = LEAD_LENGTH + 40
#: Headlines and standfirsts are shown whole.
_TEXT_READ = 2_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which headlines: all, or those of a source, those that mention an entity, those written in a language."""

    source_id: int | None = None
    entity_id: int | None = None
    written_in: str | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last headline of a page: the next page begins below it, whatever has come in above meanwhile."""

    published_at: datetime
    article_id: int

    def __str__(self) -> str:
        return f"{(self.published_at - _EPOCH) // timedelta(milliseconds=1)}-{self.article_id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """A cursor as `str` wrote it; ValueError for anything else."""
        milliseconds, _, article_id = text.partition("-")
        if not (milliseconds.isdecimal() and article_id.isdecimal() and len(text) < 40):
            raise ValueError(f"{text[:40]!r} is no cursor")
        try:
            return cls(_EPOCH + timedelta(milliseconds=int(milliseconds)), int(article_id))
        except OverflowError as error:
            raise ValueError(f"{text!r} lies beyond the calendar") from error


@dataclass(frozen=True, slots=True)
class Headline:
    """One article on a list of headlines."""

    article_id: int
    written_in: str
    headline: ShownText
    lead: ShownText | None
    source_key: str
    source_name: str  # the paper as its page names it, else as we do
    time_zone: str
    published_at: datetime
    published_has_time: bool
    edited_at: datetime | None
    source_url: str  # where the text is from
    picture: ShownImage | None


@dataclass(frozen=True, slots=True)
class Headlines:
    """A page of headlines, newest first, and where the next one begins."""

    rows: tuple[Headline, ...]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class ListedSource:
    """A source that readers can see an article of."""

    source_id: int
    key: str
    name: str
    home_url: str


def find_headlines(
    session: Session,
    language: str,
    selection: Selection | None = None,
    *,
    before: Cursor | None = None,
    limit: int = 50,
) -> Headlines:
    """The newest headlines, in the reader's language where they were translated: three queries, however many."""
    parameters = _parameters(selection or Selection(), before)
    statement = _select(frozenset(parameters) & frozenset(_CONDITIONS))
    found = session.execute(statement, {**parameters, "rows": limit + 1}).all()
    rows = found[:limit]
    foreign = [row.id for row in rows if row.language != language]
    translated = find_translations(session, foreign, language, _TEXT_READ) if foreign else {}
    pictures = images.shown_images(session, [row.id for row in rows]) if rows else {}
    headlines = tuple(_headline(row, translated, pictures.get(row.id, ())) for row in rows)
    has_more = len(found) > limit
    return Headlines(headlines, Cursor(rows[-1].published_at, rows[-1].id) if has_more else None)


def find_listed_sources(session: Session) -> list[ListedSource]:
    """Every source that readers can see an article of, by name."""
    return [ListedSource(row.id, row.key, row.name, row.home_url) for row in session.execute(_select_sources())]


# Built once, as the ledger's are (store/statements.py): building them cost as much as running them.
@cache
def _select(conditions: frozenset[str]) -> Select[*tuple[Any, ...]]:
    """The newest `rows` headlines under these of _CONDITIONS, whose parameters they take."""
    return (
        select(
            Article.id, Article.language, Article.headline, Article.standfirst, Article.published_at,
            Article.published_has_time, Article.edited_at, Article.source_name, Article.source_url, Article.url,
            func.substr(Article.body, 1, _BODY_READ).label("body"),
            Source.key, Source.name, Source.display, Source.time_zone,
        )
        .join(Source, Source.id == Article.source_id)
        # parse always sets the time; a row without one has no place in an order by time
        .where(*is_shown(), Article.published_at.is_not(None), *(_CONDITIONS[name] for name in sorted(conditions)))
        .order_by(Article.published_at.desc(), Article.id.desc())
        .limit(bindparam("rows"))
    )  # fmt: skip


@cache
def _select_sources() -> Select[*tuple[Any, ...]]:
    shown = select(Article.id).where(Article.source_id == Source.id, *is_shown()).exists()
    return select(Source.id, Source.key, Source.name, Source.home_url).where(shown).order_by(Source.name, Source.id)


#: What narrows the choice, by the name of its parameter.
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "source_id": Article.source_id == bindparam("source_id"),
    "written_in": Article.language == bindparam("written_in"),
    "entity_id": Article.id.in_(select(Mention.article_id).where(Mention.entity_id == bindparam("entity_id"))),
    "before": tuple_(Article.published_at, Article.id)
    < tuple_(bindparam("before", type_=UtcDateTime()), bindparam("before_id", type_=Id)),
}


def _parameters(selection: Selection, before: Cursor | None) -> dict[str, Any]:
    wanted = {
        "source_id": selection.source_id,
        "written_in": selection.written_in,
        "entity_id": selection.entity_id,
        "before": before.published_at if before else None,
        "before_id": before.article_id if before else None,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _headline(row: Row[Any], translated: Translated, pictures: Sequence[ShownImage]) -> Headline:
    standfirst = ShownText(row.standfirst, row.language)
    lead = make_lead(
        translated.get((row.id, "standfirst"), standfirst),
        translated.get((row.id, "body"), ShownText(row.body, row.language)),
        row.display,
    )
    return Headline(
        article_id=row.id,
        written_in=row.language,
        headline=translated.get((row.id, "headline"), ShownText(row.headline, row.language)),
        lead=lead,
        source_key=row.key,
        source_name=row.source_name or row.name,
        time_zone=row.time_zone,
        published_at=row.published_at,
        published_has_time=row.published_has_time,
        edited_at=row.edited_at,
        source_url=row.source_url or row.url,
        picture=pictures[0] if pictures else None,  # the lead one comes first
    )
