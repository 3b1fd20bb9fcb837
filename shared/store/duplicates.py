"""One text under several addresses of a paper: which article has it, and what becomes of the others."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.contracts import ParsedArticle
from shared.db import now
from shared.errors import Unprocessable
from shared.ledger_models import RunState, StageRun
from shared.models import Article
from shared.pipeline import PARSE, Stage, followers_of
from shared.store.upsert import dialect_of


def lock_texts(session: Session, source_id: int) -> None:
    """Until the commit: two copies of one text, parsed at once, must see each other.

    Not the source's row: a poll that finishes holds it and wants our article. SQLite has one writer anyway.
    """
    if dialect_of(session) == "postgresql":
        key = func.hashtextextended(f"kiosque.texts/{source_id}", 0)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def find_original(session: Session, article: Article, text_hash: str, parsed: ParsedArticle) -> int | None:
    """The article of the same source that has this text already, or that this page names as its own original.

    Unprocessable("removed") if it was taken down: the same text at another address is taken down with it.
    """
    same = Article.text_hash == text_hash
    if parsed.canonical_url and parsed.canonical_url != article.url:
        same |= Article.url == parsed.canonical_url
    found = session.execute(
        select(Article.id, Article.removed_at)
        .where(same, Article.source_id == article.source_id, Article.id != article.id)
        .where(Article.duplicate_of_id.is_(None), Article.parsed_at.is_not(None))
        .order_by(Article.removed_at.is_(None), Article.id)
    ).first()
    if found is None:
        return None
    if found.removed_at is not None:
        raise Unprocessable("removed", f"the same text as article {found.id}, which was taken down")
    return int(found.id)


def stop_followers(session: Session, article_id: int) -> None:
    """Nothing goes on with a duplicate; a worker in the middle of its former text is refused."""
    names = [stage.name for stage in _after(PARSE)]
    session.execute(
        update(StageRun)
        .where(StageRun.subject_id == article_id, StageRun.stage.in_(names))
        .values(state=RunState.SET_ASIDE, reason="duplicate", detail="", token=None, lease_until=None, changed_at=now())
        .execution_options(synchronize_session=False)
    )


def _after(stage: Stage) -> list[Stage]:
    """Every stage behind this one, near or far."""
    found = [later for later in followers_of(stage) if later.subject == stage.subject]
    return found + [farther for later in found for farther in _after(later) if farther not in found]
