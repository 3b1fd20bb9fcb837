"""Taking an article down: everywhere, for good, with a row that says who and why."""

from collections.abc import Sequence

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from shared.db import clock, now
from shared.errors import KiosqueError, UnknownSubject
from shared.ledger_models import RunState, StageRun
from shared.models import Article, ArticleImage, Audit, Image, Mention, Report, Translation
from shared.pipeline import Subject, stage_names


class AlreadyRemovedError(KiosqueError):
    """The article was taken down before."""


def remove_article(session: Session, article_id: int, reason: str, actor: str = "operator") -> list[str]:
    """Take an article and its duplicates down; addresses and the text's hash stay, so that it is never taken in again.

    Returns the content hashes of blobs that nothing uses any more: to be deleted after the commit.
    """
    article = session.get(Article, article_id, with_for_update={"key_share": True})
    if article is None:
        raise UnknownSubject(f"no article {article_id}")
    if article.removed_at is not None:
        raise AlreadyRemovedError(f"article {article_id} was taken down on {article.removed_at:%Y-%m-%d %H:%M} UTC")
    unused = forget_images(session, article_id)
    if article.page_hash and not _is_page_shared(session, article):
        unused.append(article.page_hash)
    evidence = {"url": article.url, "source_id": article.source_id, "text_hash": article.text_hash}
    session.execute(delete(Translation).where(Translation.article_id == article_id))
    session.execute(delete(Mention).where(Mention.article_id == article_id))
    for column in ("headline", "standfirst", "body", "feed_headline", "source_url"):
        setattr(article, column, "")
    article.byline, article.page_hash = [], None
    article.removed_at = clock(session)
    _settle_rows(session, article_id)
    session.add(
        Audit(
            actor=actor, action="article.removed", subject="article", subject_id=article_id, reason=reason,
            evidence=evidence,
        )
    )  # fmt: skip
    session.flush()
    for duplicate_id in session.scalars(select(Article.id).where(Article.duplicate_of_id == article_id)).all():
        if session.get_one(Article, duplicate_id).removed_at is None:
            unused += remove_article(session, duplicate_id, f"a copy of article {article_id}: {reason}", actor)
    return unused


def _settle_rows(session: Session, article_id: int) -> None:
    """No stage goes on with it; a worker in the middle of it is refused."""
    session.execute(
        update(StageRun)
        .where(StageRun.subject_id == article_id, StageRun.stage.in_(stage_names(Subject.ARTICLE)))
        .values(state=RunState.SET_ASIDE, reason="removed", detail="", token=None, lease_until=None, changed_at=now())
        .execution_options(synchronize_session=False)
    )


def forget_images(session: Session, article_id: int) -> list[str]:
    """Drop the article's uses of pictures; returns the thumbnails that no other article shows.

    The picture's row stays: a decision on its content must outlive every use, else a blocked one comes back.
    """
    used = set(session.scalars(select(ArticleImage.image_id).where(ArticleImage.article_id == article_id))) - {None}
    drop_uses(session, [article_id])
    twin = aliased(Image)  # other bytes, the same pixels, and so the same thumbnail
    shown = exists().where(twin.thumbnail_hash == Image.thumbnail_hash, ArticleImage.image_id == twin.id)
    return list(session.scalars(select(Image.thumbnail_hash).where(Image.id.in_(used), ~shown).distinct()))


def drop_uses(session: Session, article_ids: Sequence[int]) -> None:
    """These articles show no picture any more, and no report says that it was seen there."""
    unsynced = {"synchronize_session": False}
    session.execute(delete(ArticleImage).where(ArticleImage.article_id.in_(article_ids)), execution_options=unsynced)
    seen_there = update(Report).where(Report.article_id.in_(article_ids))
    session.execute(seen_there.values(article_id=None), execution_options=unsynced)


def _is_page_shared(session: Session, article: Article) -> bool:
    others = select(func.count()).where(Article.page_hash == article.page_hash, Article.id != article.id)
    return bool(session.scalar(others))
