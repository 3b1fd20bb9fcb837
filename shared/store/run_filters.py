"""Which rows of the ledger an operator names by filter: one vocabulary for `kiosque publish` and `kiosque retry`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from shared.ledger_models import StageRun
from shared.models import Article, Source
from shared.pipeline import STAGES, Stage, Subject

#: When an article appeared: what its page says, before it is parsed what the feed said, else when it was found.
APPEARED_AT = func.coalesce(Article.published_at, Article.feed_published_at, Article.found_at)


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What a row has to be like; what is None asks nothing."""

    source_key: str | None = None
    language: str | None = None
    since: datetime | None = None  # appeared at that moment or later
    until: datetime | None = None  # appeared before it
    reason: str | None = None
    article_id: int | None = None

    @property
    def names_articles(self) -> bool:
        """Whether it asks what only an article has."""
        return any(one is not None for one in (self.language, self.since, self.until, self.article_id))


def find_runs(
    session: Session, *, stage: Stage | None, states: Sequence[str], wanted: RunFilter
) -> list[tuple[Stage, int]]:
    """The stages and subjects that a filter names, the newest first; what was taken down is never among them."""
    found: list[tuple[Stage, int]] = []
    for one in [stage] if stage else STAGES.values():
        if one.subject != Subject.SOURCE or not wanted.names_articles:
            rows = _rows_of(one, states, wanted, StageRun.subject_id).distinct().order_by(StageRun.subject_id.desc())
            found += [(one, subject_id) for subject_id in session.scalars(rows)]
    return found


def count_states(session: Session, stage: Stage, states: Sequence[str], wanted: RunFilter) -> dict[str, int]:
    """How many rows a filter names in each state."""
    rows = _rows_of(stage, states, wanted, StageRun.state, func.count().label("rows")).group_by(StageRun.state)
    return {row.state: row.rows for row in session.execute(rows)}


def describe_subjects(session: Session, stage: Stage, subject_ids: Sequence[int]) -> list[dict[str, Any]]:
    """A line a subject for a person who is asked whether these are meant, in the order given."""
    if stage.subject == Subject.SOURCE:
        rows = session.execute(select(Source.id, Source.key.label("source"), Source.name))
    else:
        headline = func.coalesce(func.nullif(Article.headline, ""), Article.feed_headline).label("headline")
        columns = (Article.id, Source.key.label("source"), Article.language, APPEARED_AT.label("appeared_at"), headline)
        rows = session.execute(select(*columns).join(Source).where(Article.id.in_(subject_ids)))
    by_id = {row.id: dict(row._mapping) for row in rows}
    return [by_id[subject_id] for subject_id in subject_ids if subject_id in by_id]


def _rows_of(stage: Stage, states: Sequence[str], wanted: RunFilter, *columns: Any) -> Select[Any]:
    rows = select(*columns).select_from(StageRun).where(StageRun.stage == stage.name, StageRun.state.in_(states))
    if wanted.reason is not None:
        rows = rows.where(StageRun.reason == wanted.reason)
    if stage.subject == Subject.SOURCE:
        rows = rows.join(Source, Source.id == StageRun.subject_id)
    else:
        rows = rows.join(Article, and_(Article.id == StageRun.subject_id, Article.removed_at.is_(None)))
        rows = rows.join(Source, Source.id == Article.source_id).where(*_of_article(wanted))
    return rows.where(Source.key == wanted.source_key) if wanted.source_key is not None else rows


def _of_article(wanted: RunFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.article_id is not None:
        conditions.append(Article.id == wanted.article_id)
    if wanted.language is not None:
        conditions.append(Article.language == wanted.language)
    if wanted.since is not None:
        conditions.append(wanted.since <= APPEARED_AT)
    if wanted.until is not None:
        conditions.append(wanted.until > APPEARED_AT)
    return conditions
