"""Sources as operators handle them: packs loaded, one added, paused, resumed, removed."""

import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from shared.errors import KiosqueError
from shared.languages import LANGUAGES
from shared.ledger_models import RunState, StageRun
from shared.models import Article, Feed, Source
from shared.pipeline import POLL
from shared.store.stage_runs import make_due, of_subject

#: What a pack's [[source]] may say; the first four it must.
REQUIRED = ("key", "name", "home_url", "feeds")
OPTIONAL = {
    "country": str, "languages": list, "time_zone": str, "pace_s": (int, float), "poll_every_s": int, "display": str,
    "images": bool, "credit": str, "enabled": bool,
}  # fmt: skip
DISPLAYS = ("headline", "lead", "full")


class BadSourceError(KiosqueError):
    """A source is not described rightly, or there is none of this key."""


def read_pack(path: Path, placeholders: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """The [[source]] tables of a TOML pack, checked; BadSourceError names the file, the source and the remedy."""
    try:
        text = path.read_text(encoding="utf-8")
        for name, value in (placeholders or {}).items():
            text = text.replace("{" + name + "}", value)
        rows = tomllib.loads(text).get("source", [])
    except OSError as error:
        raise BadSourceError(f"{path} cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadSourceError(f"{path} is not TOML: {error}") from error
    if not rows:
        raise BadSourceError(f"{path} has no [[source]] table: see docs/add-a-source.md")
    for row in rows:
        _check(row, str(path))
    return list(rows)


def save_source(session: Session, row: dict[str, Any]) -> tuple[Source, bool]:
    """Add a source, or bring one of the same key up to date without changing its state; True if it is new."""
    _check(row, "this source")
    source = session.scalar(select(Source).where(Source.key == row["key"]).options(selectinload(Source.feeds)))
    is_new = source is None
    if source is None:
        source = Source(key=row["key"], state="active" if row.get("enabled", True) else "paused", feeds=[])
        session.add(source)
    source.name, source.home_url = row["name"], row["home_url"]
    for name in ("country", "languages", "time_zone", "pace_s", "poll_every_s", "display", "credit"):
        if name in row:
            setattr(source, name, row[name])
    source.shows_images = row.get("images", True)
    wanted = list(dict.fromkeys(row["feeds"]))
    source.feeds[:] = [feed for feed in source.feeds if feed.url in wanted]
    kept = {feed.url for feed in source.feeds}
    source.feeds += [Feed(url=url) for url in wanted if url not in kept]
    session.flush()
    if is_new and source.state == "active":
        make_due(session, POLL, [source.id])
    return source, is_new


def find_source(session: Session, key: str) -> Source:
    """The source of this key; BadSourceError if there is none."""
    source = session.scalar(select(Source).where(Source.key == key))
    if source is None:
        known = ", ".join(session.scalars(select(Source.key).order_by(Source.key)))
        raise BadSourceError(f"no source {key!r}; there are: {known or 'none'}")
    return source


def pause_source(session: Session, key: str) -> None:
    """Stop asking a source; what has come in goes on."""
    source = find_source(session, key)
    _refuse_removed(source)
    source.state = "paused"


def resume_source(session: Session, key: str) -> None:
    """Ask a source again, at once."""
    source = find_source(session, key)
    source.state = "active"
    session.flush()
    make_due(session, POLL, [source.id])


def remove_source(session: Session, key: str) -> None:
    """Never ask a source again; its articles stay on the portal until they are removed."""
    source = find_source(session, key)
    _refuse_removed(source)
    source.state = "removed"
    for run in session.scalars(select(StageRun).where(of_subject(POLL, source.id))):
        run.state, run.reason, run.token, run.lease_until = RunState.SET_ASIDE, "removed", None, None


def source_rows(session: Session) -> list[dict[str, Any]]:
    """One row a source, with what its last poll said."""
    articles = dict(session.execute(select(Article.source_id, func.count()).group_by(Article.source_id)).tuples())
    sources = session.scalars(select(Source).options(selectinload(Source.feeds)).order_by(Source.id)).all()
    return [
        {
            "id": source.id, "key": source.key, "name": source.name, "state": source.state,
            "languages": list(source.languages), "feeds": len(source.feeds), "pace_s": source.pace_s,
            "polled_at": max((feed.polled_at for feed in source.feeds if feed.polled_at), default=None),
            "errors": sum(feed.failures > 0 for feed in source.feeds), "articles": articles.get(source.id, 0),
        }
        for source in sources
    ]  # fmt: skip


def _refuse_removed(source: Source) -> None:
    if source.state == "removed":
        raise BadSourceError(
            f"source {source.key!r} was removed: kiosque sources resume {source.key} takes it in again"
        )


def _check(row: dict[str, Any], where: str) -> None:
    key = row.get("key", "?")
    missing = [name for name in REQUIRED if not row.get(name)]
    if missing:
        raise BadSourceError(f"{where}: source {key!r} has no {', '.join(missing)}")
    unknown = set(row) - set(REQUIRED) - set(OPTIONAL)
    if unknown:
        raise BadSourceError(f"{where}: source {key!r} has unknown keys: {', '.join(sorted(unknown))}")
    for name, wanted in OPTIONAL.items():
        if name in row and not isinstance(row[name], wanted):
            raise BadSourceError(f"{where}: source {key!r}: {name} = {row[name]!r} is of the wrong type")
    _check_values(row, where)


def _check_values(row: dict[str, Any], where: str) -> None:
    key = row["key"]
    if row.get("display", "full") not in DISPLAYS:
        raise BadSourceError(f"{where}: source {key!r}: display must be one of {', '.join(DISPLAYS)}")
    strangers = [code for code in row.get("languages", ()) if code not in LANGUAGES]
    if strangers:
        raise BadSourceError(f"{where}: source {key!r}: languages {strangers} are not among {', '.join(LANGUAGES)}")
    for url in (row["home_url"], *row["feeds"]):
        if not str(url).startswith(("http://", "https://")):
            raise BadSourceError(f"{where}: source {key!r}: {url!r} is not an http(s) address")
    if row.get("pace_s", 1) < 0 or row.get("poll_every_s", 60) < 1:
        raise BadSourceError(f"{where}: source {key!r}: pace_s must be 0 or more, poll_every_s 1 or more")
    try:
        ZoneInfo(row.get("time_zone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadSourceError(f"{where}: source {key!r}: no time zone {row['time_zone']!r}") from error
