"""What goes by its age: raw pages, evidence, attempts, articles; each by its own setting, a small batch at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from shared.db import now
from shared.ledger_models import OPEN, Retention, RunState, StageAttempt, StageRun
from shared.models import Article, Image, Mention, Report, Translation
from shared.pipeline import Subject, stage_names
from shared.settings import settings
from shared.store import past_addresses
from shared.store.removals import drop_uses
from shared.store.upsert import upsert

DAY_S = 24 * 3600.0
#: How often each kind is looked at.
EVERY_S = 3600.0
#: Rows forgotten in one transaction: some hundredths of a second on SQLite, whose other writers wait meanwhile.
AT_ONCE = 500
#: Articles have a dozen rows hanging on each.
ARTICLES_AT_ONCE = 50
#: Attempts looked at in one round, the oldest: some of them may be open, or not yet counted.
ATTEMPTS_LOOKED_AT = 4 * AT_ONCE

_UNSYNCED = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that is kept for some days, and what forgets up to a batch of it."""

    name: str
    forget: Callable[[Session, float], int]  # what is older than so many seconds; 0: nothing is left to forget

    @property
    def days(self) -> int:
        """How long it is kept; 0: for ever."""
        kept: int = getattr(settings(), f"keep_{self.name}_days")
        return kept


def forget_pages(session: Session, age_s: float) -> int:
    """Raw pages fetched long ago; the sweep deletes the bytes. One that is still to be parsed stays."""
    wanted = exists().where(
        StageRun.subject_id == Article.id,
        StageRun.stage.in_(stage_names(Subject.ARTICLE)),
        StageRun.state.in_(OPEN),
    )
    old = (
        select(Article.id)
        .where(Article.page_hash.is_not(None), Article.fetched_at < now(-age_s), ~wanted)
        .order_by(Article.fetched_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True)
    )
    ids = session.scalars(old).all()
    session.execute(update(Article).where(Article.id.in_(ids)).values(page_hash=None), execution_options=_UNSYNCED)
    return len(ids)


def forget_evidence(session: Session, age_s: float) -> int:
    """Who reported which picture from where, once an operator has decided on it; on how many reports the audit keeps.

    A report that no decision has answered stays: it is what the picture waits for an operator by.
    """
    is_answered = or_(Image.state == "blocked", and_(Image.state == "cleared", Report.reported_at <= Image.decided_at))
    old = (
        select(Report.id, Report.image_id)
        .join(Image)
        .where(Report.reported_at < now(-age_s), is_answered)
        .order_by(Report.id)
        .limit(AT_ONCE)
    )
    rows = session.execute(old.with_for_update(skip_locked=True, of=Report)).all()
    images = sorted(row.image_id for row in rows)
    for image_id in dict.fromkeys(images):  # a report counts as long as it is kept
        fewer = Image.reports - images.count(image_id)
        session.execute(update(Image).where(Image.id == image_id).values(reports=fewer), execution_options=_UNSYNCED)
    session.execute(delete(Report).where(Report.id.in_([row.id for row in rows])), execution_options=_UNSYNCED)
    return len(rows)


def forget_attempts(session: Session, age_s: float) -> int:
    """Attempts that are closed and counted: what `kiosque why` tells of an article's work."""
    oldest = select(StageAttempt.id).order_by(StageAttempt.id).limit(ATTEMPTS_LOOKED_AT)  # no index by time is needed
    old = (
        select(StageAttempt.id)
        .where(StageAttempt.id.in_(oldest), StageAttempt.counted, StageAttempt.finished_at < now(-age_s))
        .limit(AT_ONCE)
    )
    ids = session.scalars(old).all()
    session.execute(delete(StageAttempt).where(StageAttempt.id.in_(ids)), execution_options=_UNSYNCED)
    return len(ids)


def forget_articles(session: Session, age_s: float) -> int:
    """Articles found long ago, with their copies and all that hangs on them; their addresses are remembered.

    What was taken down stays as it is. Nor does the newest article go: SQLite would give its id to the next one.
    """
    at_work = exists().where(
        StageRun.subject_id == Article.id,
        StageRun.stage.in_(stage_names(Subject.ARTICLE)),
        StageRun.state == RunState.RUNNING,
    )
    old = (
        select(Article.id)
        .where(Article.removed_at.is_(None), Article.found_at < now(-age_s), ~at_work)
        .where(Article.id != _newest())
        .order_by(Article.found_at)
        .limit(ARTICLES_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ids = _with_copies(session, list(session.scalars(old)))
    if not ids:
        past_addresses.forget_unseen(session)
        return 0
    past_addresses.remember(session, session.scalars(select(Article.url).where(Article.id.in_(ids))))
    drop_uses(session, ids)
    for table in (Translation, Mention):
        session.execute(delete(table).where(table.article_id.in_(ids)), execution_options=_UNSYNCED)
    for rows in (StageRun, StageAttempt):
        of_articles = delete(rows).where(rows.subject_id.in_(ids), rows.stage.in_(stage_names(Subject.ARTICLE)))
        session.execute(of_articles, execution_options=_UNSYNCED)
    # those that were taken down stay, and point to nothing
    session.execute(
        update(Article).where(Article.duplicate_of_id.in_(ids)).values(duplicate_of_id=None),
        execution_options=_UNSYNCED,
    )
    session.execute(delete(Article).where(Article.id.in_(ids)), execution_options=_UNSYNCED)
    return len(ids)


def _with_copies(session: Session, ids: list[int]) -> list[int]:
    """These articles, and every one that has the same text as one of them."""
    found, added = list(ids), list(ids)
    while added:
        copies = select(Article.id).where(Article.duplicate_of_id.in_(added), Article.id.not_in(found))
        added = list(session.scalars(copies.where(Article.removed_at.is_(None), Article.id != _newest())))
        found += added
    return found


def _newest() -> ScalarSelect[int]:
    return select(func.max(Article.id)).scalar_subquery()


KINDS: Sequence[Kind] = (
    Kind("pages", forget_pages),
    Kind("evidence", forget_evidence),
    Kind("attempts", forget_attempts),
    Kind("articles", forget_articles),
)


def due_kinds(session: Session) -> list[Kind]:
    """What has a limit of age, and has not been looked at for EVERY_S."""
    lately = set(session.scalars(select(Retention.kind).where(Retention.next_at > now())))
    return [kind for kind in KINDS if kind.days and kind.name not in lately]


def claim(session: Session, kind: Kind) -> bool:
    """Begin, or go on where time ran out; of two schedulers one gets it."""
    fresh = {"kind": kind.name, "next_at": now(), "is_unfinished": False, "removed": 0, "removed_ever": 0}
    upsert(session, Retention, [fresh], key=("kind",))
    removed = case((Retention.is_unfinished, Retention.removed), else_=0)
    values = {"next_at": now(EVERY_S), "ran_at": now(), "is_unfinished": True, "removed": removed}
    return _change(session, kind, values, Retention.next_at <= now())


def note(session: Session, kind: Kind, removed: int) -> None:
    """Count what a batch forgot; without any the kind is done for this time."""
    counts = {"removed": Retention.removed + removed, "removed_ever": Retention.removed_ever + removed}
    _change(session, kind, counts if removed else {"is_unfinished": False})


def go_on_soon(session: Session, kind: Kind) -> None:
    """Time ran out: whoever looks next goes on."""
    _change(session, kind, {"next_at": now()})


def kept(session: Session) -> list[dict[str, Any]]:
    """Each kind: how many days it is kept (None: for ever), when it was last looked at, and what has gone."""
    rows = {row.kind: row for row in session.scalars(select(Retention))}
    return [_kept_row(kind, rows.get(kind.name)) for kind in KINDS]


def _kept_row(kind: Kind, row: Retention | None) -> dict[str, Any]:
    return {
        "kept": kind.name,
        "days": kind.days or None,
        "ran_at": row and row.ran_at,
        "removed": row.removed if row else 0,
        "removed_ever": row.removed_ever if row else 0,
        "is_unfinished": row is not None and row.is_unfinished,
    }


def _change(session: Session, kind: Kind, values: dict[str, Any], *conditions: ColumnElement[bool]) -> bool:
    changed = session.execute(
        update(Retention).where(Retention.kind == kind.name, *conditions).values(**values),
        execution_options=_UNSYNCED,
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]
