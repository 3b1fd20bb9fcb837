"""The bank: pictures that operators blocked or cleared, and that decide on their like; what is inherited does not."""

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from shared.likeness import QUALITY_LEAST, BankEntry
from shared.models import Image

#: PostgreSQL's advisory lock; another than that of shared/migrations.
LOCK = 5_410_234


def load_bank(session: Session, pdq_version: int) -> list[BankEntry]:
    """Every entry with a hash of this version that is to be believed."""
    rows = session.execute(
        select(Image.id, Image.pdq, Image.state).where(
            _is_entry(), Image.pdq_version == pdq_version, Image.pdq_quality >= QUALITY_LEAST
        )
    )
    return [BankEntry(row.id, row.pdq, row.state == "cleared") for row in rows]


def bank_version(session: Session) -> str:
    """Changes with every decision of an operator: what was compared with an older one is compared again."""
    row = session.execute(
        select(
            func.count().filter(Image.state == "blocked"),
            func.count().filter(Image.state == "cleared"),
            func.max(Image.decided_at),
        ).where(_is_entry())
    ).one()
    return "/".join(str(part) for part in row)


def lock_bank(session: Session, *, changes: bool) -> None:
    """Until the commit: saves may run beside each other, but none beside a change.

    Else a picture that is being saved, and one that is being blocked, would both miss the other.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time
        lock = func.pg_advisory_xact_lock if changes else func.pg_advisory_xact_lock_shared
        session.execute(select(lock(LOCK)))


def _is_entry() -> ColumnElement[bool]:
    return or_(and_(Image.state == "blocked", Image.matched_id.is_(None)), Image.state == "cleared")
