"""One pace per scheme, host and port, shared by every worker: turns are handed out in the database."""

import hashlib
import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shared.db import clock, write_session
from shared.errors import Postponed
from shared.ledger_models import Host, HostTurn
from shared.store.upsert import upsert

#: A turn this near is waited for; a later one gives the worker back.
WAIT_MOST_S = 2.0
#: A turn is kept at least this long past its time: dispatch runs each second, and the message has to travel.
TURN_KEPT_S = 3.0


def host_of(url: str) -> str:
    """The key of a pace: scheme, host and port ("https://example.org:443")."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{parts.hostname}:{port}"


def take_turn(url: str, pace_s: float) -> None:
    """Wait for this address's turn at its host; Postponed("host_busy") if it is too far off to be waited for.

    A postponed address keeps the turn it was given: a host with a thousand articles is asked twice each, not a
    thousand times each.
    """
    if pace_s <= 0:
        return
    with write_session() as session:
        moment = clock(session)
        turn_at = _reserve(session, url, pace_s, moment)
    wait_s = (turn_at - moment).total_seconds()
    if wait_s > WAIT_MOST_S:
        raise Postponed("host_busy", turn_at, f"{host_of(url)} is asked every {pace_s:g} s")
    if wait_s > 0:
        time.sleep(wait_s)


def leave_alone(url: str, seconds: float) -> None:
    """The host asked for peace (429, 503 with Retry-After): no turn before then."""
    with write_session() as session:
        host = _host(session, host_of(url))
        until = clock(session) + timedelta(seconds=seconds)
        host.next_at = max(host.next_at or until, until)


def _reserve(session: Session, url: str, pace_s: float, moment: datetime) -> datetime:
    """When this address may ask: at its kept turn, else at the first free one. Turns too far off are kept for it."""
    key = hashlib.sha256(url.encode()).hexdigest()
    host = _host(session, host_of(url))
    kept = session.get(HostTurn, key)
    if kept is not None:
        session.delete(kept)
        late_s = (moment - kept.turn_at).total_seconds()
        if late_s <= max(pace_s, TURN_KEPT_S):
            return max(kept.turn_at, moment) if late_s >= -WAIT_MOST_S else _keep(session, key, host.name, kept.turn_at)
    turn_at = max(host.next_at or moment, moment)
    host.next_at = turn_at + timedelta(seconds=pace_s)
    if (turn_at - moment).total_seconds() > WAIT_MOST_S:
        return _keep(session, key, host.name, turn_at)
    return turn_at


def _keep(session: Session, key: str, host: str, turn_at: datetime) -> datetime:
    session.flush()
    upsert(
        session, HostTurn, [{"url_hash": key, "host": host, "turn_at": turn_at}], key=("url_hash",), update=("turn_at",)
    )
    session.execute(delete(HostTurn).where(HostTurn.turn_at < clock(session) - timedelta(hours=1)))
    return turn_at


def _host(session: Session, name: str) -> Host:
    """The host's row, made if it is new, locked until the commit."""
    upsert(session, Host, [{"name": name}], key=("name",))
    return session.scalars(select(Host).where(Host.name == name).with_for_update()).one()
