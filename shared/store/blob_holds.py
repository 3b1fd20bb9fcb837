"""Holds: while there is one no blob is deleted, so that a backup finds what its rows name."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from shared.db import now, read_session, write_session
from shared.ledger_models import BlobHold

#: A holder that dies holds so long; one that lives renews each minute. Room for a restore's rows: 100,000 articles
#: take one minute.
HOLD_S = 3600.0
RENEW_S = 60.0


class Hold:
    """One holder's row."""

    def __init__(self, hold_id: int) -> None:
        self._id = hold_id
        self._renewed_at = time.monotonic()

    def renew_when_due(self) -> None:
        """Say from time to time that the holder is alive."""
        if time.monotonic() - self._renewed_at >= RENEW_S:
            self.renew()

    def renew(self) -> None:
        """Hold for HOLD_S from now on."""
        with write_session() as session:
            session.execute(update(BlobHold).where(BlobHold.id == self._id).values(until=now(HOLD_S)))
        self._renewed_at = time.monotonic()


@contextmanager
def holding(holder: str) -> Iterator[Hold]:
    """Nobody deletes a blob inside; whoever looked before this began deletes only what no row named by then."""
    with write_session() as session:
        session.execute(delete(BlobHold).where(BlobHold.until <= now()))  # of those that died
        row = BlobHold(holder=holder, until=now(HOLD_S))
        session.add(row)
        session.flush()
        hold_id = row.id
    try:
        yield Hold(hold_id)
    finally:
        with write_session() as session:
            session.execute(delete(BlobHold).where(BlobHold.id == hold_id))


def is_held(session: Session | None = None) -> bool:
    """Whether blobs must stay. To be asked after what names them: a hold is older than its snapshot."""
    if session is None:
        with read_session() as own:
            return is_held(own)
    return bool(session.scalar(select(exists().where(BlobHold.until > now()))))
