"""Sources as operators handle them: added, brought up to date, paused, resumed, removed, listed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, selectinload

from shared.db import now
from shared.ledger_models import OPEN, RunState, StageRun
from shared.models import Article, Feed, Source
from shared.pipeline import POLL
from shared.store.source_packs import BadSourceError, check_source
from shared.store.stage_runs import make_due, of_subject


def save_source(session: Session, row: Mapping[str, Any]) -> tuple[Source, bool]:
    """Add a source, or bring one of the same key up to date without changing its state; True if it is new.

    What the row does not say stays as it is. BadSourceError for a row that is not right.
    """
    checked = check_source(row)
    source = session.scalar(select(Source).where(Source.key == checked["key"]).options(selectinload(Source.feeds)))
    is_new = source is None
    if source is None:
        state = "active" if checked.get("enabled", True) else "paused"
        source = Source(key=checked["key"], state=state, feeds=[])
        session.add(source)
    source.name, source.home_url = checked["name"], checked["home_url"]
    for name in ("country", "languages", "time_zone", "pace_s", "poll_every_s", "display", "credit"):
        if name in checked:
            setattr(source, name, checked[name])
    if "images" in checked:
        source.shows_images = checked["images"]
    is_changed = _save_feeds(source, checked["feeds"])
    session.flush()
    if is_changed and source.state == "active":
        make_due(session, POLL, [source.id])
    return source, is_new


def find_source(session: Session, key: str) -> Source:
    """The source of this key; BadSourceError if there is none."""
    source = session.scalar(select(Source).where(Source.key == key))
    if source is None:
        known = ", ".join(session.scalars(select(Source.key).order_by(Source.key)))
        raise BadSourceError(f"no source {key!r}; there are: {known or 'none, load one: kiosque sources load FILE'}")
    return source


def pause_source(session: Session, key: str) -> None:
    """Stop asking a source; what has come in goes on."""
    source = find_source(session, key)
    if source.state == "removed":
        raise BadSourceError(f"source {key!r} was removed: kiosque sources resume {key} takes it in again")
    source.state = "paused"
    # a poll that is running may end: it finds the source paused when it is due again
    _settle_poll(session, source, RunState.WAITING, "paused", RunState.DUE)


def resume_source(session: Session, key: str) -> None:
    """Ask a source again, at once, also those of its feeds that failed."""
    source = find_source(session, key)
    source.state = "active"
    session.execute(update(Feed).where(Feed.source_id == source.id).values(failures=0))
    make_due(session, POLL, [source.id])


def remove_source(session: Session, key: str) -> None:
    """Never ask a source again; its articles stay on the portal until they are removed."""
    source = find_source(session, key)
    if source.state == "removed":
        raise BadSourceError(f"source {key!r} was removed before: kiosque sources resume {key} takes it in again")
    source.state = "removed"
    _settle_poll(session, source, RunState.SET_ASIDE, "removed", *RunState)


def source_rows(session: Session) -> list[dict[str, Any]]:
    """One row a source: what its last poll said, when the next one is due, and each of its feeds."""
    counts = session.execute(select(Article.source_id, func.count()).group_by(Article.source_id))
    articles = dict(counts.all())
    polls = select(StageRun.subject_id, StageRun.due_at).where(StageRun.stage == POLL.name, StageRun.state.in_(OPEN))
    next_at = dict(session.execute(polls).all())
    sources = session.scalars(select(Source).options(selectinload(Source.feeds)).order_by(Source.id)).all()
    return [
        {
            "id": source.id, "key": source.key, "name": source.name, "state": source.state,
            "languages": list(source.languages), "pace_s": source.pace_s, "articles": articles.get(source.id, 0),
            "polled_at": max((feed.polled_at for feed in source.feeds if feed.polled_at), default=None),
            "next_poll_at": next_at.get(source.id), "feeds": [_feed_row(feed) for feed in source.feeds],
        }
        for source in sources
    ]  # fmt: skip


def _feed_row(feed: Feed) -> dict[str, Any]:
    return {
        "url": feed.url, "polled_at": feed.polled_at, "status": feed.status, "failures": feed.failures,
        "error": feed.error,
    }  # fmt: skip


def _save_feeds(source: Source, wanted: list[str]) -> bool:
    """Make the source's feeds these, those it has keeping their validators; True if one is new or gone."""
    kept = [feed for feed in source.feeds if feed.url in wanted]
    known = {feed.url for feed in kept}
    fresh = [Feed(url=url) for url in wanted if url not in known]
    is_changed = bool(fresh) or len(kept) < len(source.feeds)
    source.feeds[:] = kept + fresh
    return is_changed


def _settle_poll(session: Session, source: Source, state: RunState, reason: str, *from_states: RunState) -> None:
    session.execute(
        update(StageRun)
        .where(of_subject(POLL, source.id), StageRun.state.in_(from_states))
        .values(state=state, reason=reason, detail="", token=None, lease_until=None, changed_at=now())
        .execution_options(synchronize_session=False)
    )
