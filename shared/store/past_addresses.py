"""Addresses of articles that are gone by their age: remembered while a feed has them, so that none comes back."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shared.db import now
from shared.models import PastAddress
from shared.store.upsert import upsert
from shared.web.urls import hash_of

#: Addresses that a query names at once (SQLite takes 32,766 parameters).
CHUNK = 500
#: An address that no feed has had for so long is forgotten: a feed that is away for a season brings old news back at
#: worst, which is gone again by its age.
REMEMBERED_S = 90 * 24 * 3600.0
#: That a feed still has it is written once a day, not at each poll.
NOTED_EVERY = timedelta(days=1)


def remember(session: Session, urls: Iterable[str]) -> None:
    """These articles are gone."""
    rows = [{"url_hash": hash_of(url), "seen_at": now()} for url in urls]
    for start in range(0, len(rows), CHUNK):
        upsert(session, PastAddress, rows[start : start + CHUNK], key=("url_hash",), update=("seen_at",))


def seen_again(session: Session, urls: Sequence[str], moment: datetime) -> set[str]:
    """Those of a feed's addresses whose articles are gone."""
    by_hash = {hash_of(url): url for url in urls}
    hashes = list(by_hash)
    past: set[str] = set()
    for start in range(0, len(hashes), CHUNK):
        some = PastAddress.url_hash.in_(hashes[start : start + CHUNK])
        past |= {by_hash[key] for key in session.scalars(select(PastAddress.url_hash).where(some))}
        if past:
            long_ago = PastAddress.seen_at < moment - NOTED_EVERY
            session.execute(update(PastAddress).where(some, long_ago).values(seen_at=moment))
    return past


def forget_unseen(session: Session) -> None:
    """Forget addresses that no feed has any more."""
    session.execute(delete(PastAddress).where(PastAddress.seen_at < now(-REMEMBERED_S)))
