"""One pace per scheme, host and port, shared by every worker: a gate that lets one through at a time, and a line.

The gate (`host.next_at`) is strict: nobody asks before it, and who passes moves it on by the pace. The line
(`host_turn`) only says when to come again, so that a host with a thousand articles is asked for a turn twice for each,
not a thousand times for each; and so that a feed, which may pass the line, need not wait for all of them.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shared.db import clock, write_session
from shared.errors import Postponed
from shared.ledger_models import Host, HostTurn
from shared.store.upsert import upsert
from shared.web.urls import hash_of, parse_url

#: A turn this near is waited for; a later one gives the worker back.
WAIT_MOST_S = 2.0
#: What is urgent waits longer: it takes the gate at once, for what came again to it would find the next in line there.
URGENT_WAIT_MOST_S = 10.0
#: Where a redirect leads is waited for this long, and then asked all the same, for put off it would begin with the
#: redirect again: what follows at that host waits the longer.
HOP_WAIT_MOST_S = 5.0
#: Who comes later than this lines up anew: after an hour without scheduler a thousand must not stand at the gate.
TURN_KEPT_S = 30.0
#: Places in the line are this much wider than the pace, so that what passed it (a feed) is made up for.
LINE_SLACK = 1.1
#: Places of addresses that never came back are forgotten then.
PLACE_KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """When an address may ask, or if that is too far off to be waited for, when it is to come again."""

    at: datetime
    is_granted: bool
    wait_s: float


def host_of(url: str) -> str:
    """The key of a pace: scheme, host and port ("https://example.org:443")."""
    place = parse_url(url)
    return f"{place.scheme}://{place.host}:{place.port}"


def take_turn(url: str, pace_s: float, *, is_urgent: bool = False) -> None:
    """Wait for this address's turn at its host; Postponed("host_busy") if it is too far off to be waited for.

    What is urgent (a feed, a robots.txt) passes the line, but no faster through the gate. A pace of 0 has no turns.
    """
    if pace_s > 0:
        wait_most_s = URGENT_WAIT_MOST_S if is_urgent else WAIT_MOST_S
        _wait_for_turn(url, pace_s, is_urgent, wait_most_s=wait_most_s, sleep_most_s=wait_most_s)


def take_hop(url: str, pace_s: float) -> None:
    """The same for the address that a redirect leads to; Postponed only where more than the pace is in the way."""
    if pace_s > 0:
        wait_most_s = max(pace_s, HOP_WAIT_MOST_S)
        _wait_for_turn(url, pace_s, is_urgent=True, wait_most_s=wait_most_s, sleep_most_s=HOP_WAIT_MOST_S)


def leave_alone(url: str, seconds: float) -> None:
    """Nobody asks the host before then: it asked for peace (Retry-After), or is slow."""
    with write_session() as session:
        host = _lock_host(session, host_of(url))
        until = clock(session) + timedelta(seconds=seconds)
        host.next_at = max(host.next_at or until, until)


def _wait_for_turn(url: str, pace_s: float, is_urgent: bool, *, wait_most_s: float, sleep_most_s: float) -> None:
    with write_session() as session:
        turn = _find_turn(session, url, pace_s, is_urgent, wait_most_s)
    if not turn.is_granted:
        raise Postponed("host_busy", turn.at, f"{host_of(url)} is asked every {pace_s:g} s")
    if turn.wait_s > 0:
        time.sleep(min(turn.wait_s, sleep_most_s))


def _find_turn(session: Session, url: str, pace_s: float, is_urgent: bool, wait_most_s: float) -> Turn:
    host = _lock_host(session, host_of(url))
    moment = clock(session)  # after the lock: another worker may have held it for a while
    key = hash_of(url)
    place = session.get(HostTurn, key)
    if place and not is_urgent and place.turn_at > moment + timedelta(seconds=WAIT_MOST_S):
        return _come_again(place.turn_at, moment)
    is_called = place is not None and place.turn_at >= moment - timedelta(seconds=TURN_KEPT_S)
    line_end = _end_of_line(session, host.name, key, moment)
    free_at = max(host.next_at or moment, moment)
    wait_s = (free_at - moment).total_seconds()
    may_pass = is_urgent or is_called or line_end is None
    if may_pass and wait_s <= wait_most_s:
        host.next_at = free_at + timedelta(seconds=pace_s)
        if place:
            session.delete(place)
        return Turn(free_at, True, wait_s)
    spacing = timedelta(seconds=pace_s * LINE_SLACK)
    is_next = is_urgent or (is_called and free_at <= moment + spacing)
    again_at = free_at if is_next or line_end is None else max(free_at, line_end + spacing)
    _keep_place(session, key, host.name, again_at, moment)
    return _come_again(again_at, moment)


def _come_again(at: datetime, moment: datetime) -> Turn:
    return Turn(at, False, (at - moment).total_seconds())


def _end_of_line(session: Session, host: str, key: str, moment: datetime) -> datetime | None:
    """The last place that others hold, None if nobody waits."""
    waiting = (HostTurn.host == host, HostTurn.turn_at > moment, HostTurn.url_hash != key)
    return session.scalar(select(func.max(HostTurn.turn_at)).where(*waiting))


def _keep_place(session: Session, key: str, host: str, at: datetime, moment: datetime) -> None:
    row = {"url_hash": key, "host": host, "turn_at": at}
    upsert(session, HostTurn, [row], key=("url_hash",), update=("host", "turn_at"))
    # of this host, whose row is locked: two workers that forget the same rows in two orders would stop each other
    session.execute(delete(HostTurn).where(HostTurn.host == host, HostTurn.turn_at < moment - PLACE_KEPT))


def _lock_host(session: Session, name: str) -> Host:
    """The host's row, made if it is new, locked until the commit."""
    found = select(Host).where(Host.name == name).with_for_update()
    host = session.scalars(found).one_or_none()
    if host is None:
        upsert(session, Host, [{"name": name}], key=("name",))
        host = session.scalars(found).one()
    return host
