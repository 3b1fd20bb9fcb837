"""A request as a guest should make it: robots.txt obeyed, at the host's pace, and left alone when it asks for peace."""

from datetime import timedelta

from sqlalchemy.orm import Session

from shared.db import clock, now, read_session, write_session
from shared.errors import Retryable, Unprocessable
from shared.ledger_models import Host
from shared.settings import settings
from shared.store.upsert import upsert
from shared.web import client
from shared.web.pace import host_of, leave_alone, take_turn
from shared.web.robots import RobotsFile, crawl_delay, fetch_robots, is_allowed

#: A robots.txt is believed this long (RFC 9309: no longer than a day).
ROBOTS_KEPT = timedelta(hours=24)


def polite_get(
    url: str,
    *,
    pace_s: float,
    max_bytes: int | None = None,
    accept: str = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
    etag: str | None = None,
    last_modified: str | None = None,
    referer: str | None = None,
    identity: bool = False,
) -> client.Answer:
    """GET within the limits of shared/web/client.py; Unprocessable("robots") where the site forbids it."""
    rules = robots_of(url)
    if not is_allowed(rules.text, url, settings().user_agent):
        raise Unprocessable("robots", f"{host_of(url)}/robots.txt forbids {url}")
    take_turn(url, max(pace_s, crawl_delay(rules.text, settings().user_agent) or 0.0))
    try:
        return client.get(
            url,
            max_bytes=max_bytes or settings().page_max_bytes,
            accept=accept,
            etag=etag,
            last_modified=last_modified,
            referer=referer,
            identity=identity,
        )
    except Retryable as later:
        if later.delay_s and later.reason in ("rate_limited", "server_error"):
            leave_alone(url, later.delay_s)
        raise


def robots_of(url: str) -> RobotsFile:
    """The host's robots.txt, from the table if it is not a day old."""
    name = host_of(url)
    with read_session() as session:
        known = _known(session, name)
    if known is not None:
        return known
    fetched = fetch_robots(url)
    row = {"name": name, "robots_status": fetched.status, "robots_text": fetched.text, "robots_at": now()}
    with write_session() as session:
        upsert(session, Host, [row], key=("name",), update=("robots_status", "robots_text", "robots_at"))
    return fetched


def _known(session: Session, name: str) -> RobotsFile | None:
    host = session.get(Host, name)
    if host is None or host.robots_at is None or host.robots_at < clock(session) - ROBOTS_KEPT:
        return None
    return RobotsFile(host.name, host.robots_status or 0, host.robots_text or "")
