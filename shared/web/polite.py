"""A request as a guest should make it: robots.txt obeyed, at the host's pace, and left alone when it asks for peace."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, Unpack

import structlog
from sqlalchemy import select

from shared.db import now, read_session, write_session
from shared.errors import Postponed, Retryable, Unprocessable
from shared.ledger_models import Host
from shared.settings import settings
from shared.store.upsert import upsert
from shared.web import client
from shared.web.pace import host_of, leave_alone, take_hop, take_turn
from shared.web.robots import RobotsFile, crawl_delay, fetch_robots, is_allowed, robots_url

log = structlog.get_logger()

#: A robots.txt is believed this long (RFC 9309 2.4: a day), and longer only while it cannot be had again: then it is
#: asked for anew each ten minutes.
ROBOTS_KEPT_S = 24 * 3600.0
ROBOTS_ASKED_AGAIN_S = 600.0
#: After a 429 that names no time (reference: peers.md section 5).
RATE_LIMITED_S = 30.0
#: A host whose answers take longer than a second is asked again after three times what the last one took, so that a
#: host that hangs holds a quarter of the workers' time at most (reference: peers.md section 5).
SLOW_S, SLOW_SHARE = 1.0, 3.0


class Wishes(TypedDict, total=False):
    """What else of client.Request a caller may say."""

    etag: str | None
    last_modified: str | None
    referer: str | None
    identity: bool
    deadline_s: float | None


@dataclass(frozen=True, slots=True)
class _KnownHost:
    """What the table says of a host."""

    robots: RobotsFile | None = None  # as last read
    fresh_robots: RobotsFile | None = None  # the same, if it is not too old
    left_alone_until: datetime | None = None  # None if it may be asked now


def polite_get(
    url: str,
    *,
    pace_s: float,
    is_urgent: bool = False,
    max_bytes: int | None = None,
    accept: str = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
    **wishes: Unpack[Wishes],
) -> client.Answer:
    """GET within the limits of shared/web/client.py; Unprocessable("robots") where a site forbids it.

    Each redirect is held to the robots.txt and the pace of where it leads. At a pace of 0 (a host of one's own) only a
    Crawl-delay or Retry-After puts anything off.
    """
    client.prepare()
    take_turn(url, _pace_at(url, pace_s), is_urgent=is_urgent)
    visit = _Visit(url, pace_s)
    try:
        return client.send(
            client.Request(url, max_bytes or settings().page_max_bytes, accept, **wishes), at_hop=visit.follow
        )
    except Retryable as later:
        _give_peace(visit.url, later)
        raise
    finally:
        visit.give_slow_host_time()


class _Visit:
    """A request on its way: the address it has come to, and how long the network has taken."""

    def __init__(self, url: str, pace_s: float) -> None:
        self.url = url
        self._pace_s = pace_s
        self._started = time.monotonic()

    def follow(self, target: str) -> None:
        asked_after = time.monotonic()
        take_hop(target, _pace_at(target, self._pace_s))
        self._started += time.monotonic() - asked_after  # our own waiting says nothing of the host
        self.url = target

    def give_slow_host_time(self) -> None:
        took_s = time.monotonic() - self._started
        if self._pace_s > 0 and took_s > SLOW_S:
            leave_alone(self.url, took_s * SLOW_SHARE)


def _pace_at(url: str, pace_s: float) -> float:
    """The gap to keep at this host, the wider of ours and its own; Unprocessable if it does not want this asked."""
    known = _known_host(url)
    if pace_s <= 0 and known.left_alone_until:
        raise Postponed("host_busy", known.left_alone_until, f"{host_of(url)} asked to be left alone")
    robots = known.fresh_robots or _ask_robots(url, pace_s)
    agent = settings().user_agent
    if not is_allowed(robots.text, url, agent):
        raise Unprocessable("robots", f"{host_of(url)}/robots.txt forbids {url}")
    return max(pace_s, crawl_delay(robots.text, agent) or 0.0)


def _ask_robots(url: str, pace_s: float) -> RobotsFile:
    """The host's robots.txt, asked for in its turn."""
    take_turn(robots_url(url), pace_s, is_urgent=True)
    known = _known_host(url)
    if known.fresh_robots:  # another worker asked meanwhile
        return known.fresh_robots
    try:
        fetched = fetch_robots(url)
    except Retryable as later:
        _give_peace(url, later)
        if known.robots is None:
            raise
        log.warning("robots.kept", host=host_of(url), reason=later.reason)
        _keep_robots(url, known.robots, age_s=ROBOTS_KEPT_S - ROBOTS_ASKED_AGAIN_S)
        return known.robots
    _keep_robots(url, fetched)
    return fetched


def _give_peace(url: str, later: Retryable) -> None:
    """Leave the host alone for as long as it asked, if it did."""
    status = client.status_of(later)
    delay_s = later.delay_s or (RATE_LIMITED_S if status == 429 else 0.0)
    if status and delay_s:
        leave_alone(url, delay_s)


def _known_host(url: str) -> _KnownHost:
    name = host_of(url)
    with read_session() as session:
        row = session.execute(select(Host, now()).where(Host.name == name)).one_or_none()
    if row is None:
        return _KnownHost()
    host, moment = row
    left_alone_until = host.next_at if host.next_at and host.next_at > moment else None
    if host.robots_at is None:
        return _KnownHost(left_alone_until=left_alone_until)
    robots = RobotsFile(name, host.robots_status or 0, host.robots_text or "")
    is_fresh = (moment - host.robots_at).total_seconds() < ROBOTS_KEPT_S
    return _KnownHost(robots, robots if is_fresh else None, left_alone_until)


def _keep_robots(url: str, robots: RobotsFile, age_s: float = 0.0) -> None:
    row = {
        "name": host_of(url), "robots_status": robots.status, "robots_text": robots.text, "robots_at": now(-age_s),
    }  # fmt: skip
    with write_session() as session:
        upsert(session, Host, [row], key=("name",), update=("robots_status", "robots_text", "robots_at"))
