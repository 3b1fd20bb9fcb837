"""The ledger's tables: what is to be done, was tried, came in unreadable; turns at a host; what goes by its age."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Float, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import now
from shared.models import Base, Id


class RunState(StrEnum):
    """Where a row of the ledger stands; done, waiting and set_aside are settled."""

    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    WAITING = "waiting"
    SET_ASIDE = "set_aside"


#: A stage falls due when what it comes after is in one of these.
SETTLED = (RunState.DONE, RunState.WAITING, RunState.SET_ASIDE)
#: What is still to be done.
OPEN = (RunState.DUE, RunState.RUNNING)

#: `priority`: lower goes first.
BY_HAND, NEWS, BACKLOG = 0, 5, 9


class StageRun(Base):
    """The truth about one stage of one subject (and one part of it); a message is only a hint to look here."""

    __tablename__ = "stage_run"
    __table_args__ = (
        UniqueConstraint("stage", "subject_id", "part"),
        # what has something due without a message, what lost its message, and how many are in each state
        Index("stage_run_by_state", "state", "stage", "published_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    stage: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int] = mapped_column(Id)
    part: Mapped[str] = mapped_column(String(32), default="")
    state: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int] = mapped_column(default=NEWS)
    due_at: Mapped[datetime] = mapped_column(server_default=now())
    published_at: Mapped[datetime | None]  # a message for it was sent; empty: dispatch has to
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    token: Mapped[str | None] = mapped_column(
        String(80)
    )  # of the claim that holds it; another claim's finish matches nothing
    worker: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    changed_at: Mapped[datetime] = mapped_column(server_default=now())


class PausedStage(Base):
    """A stage that an operator halted for the hour of an incident: its rows stay due, no claim takes one."""

    __tablename__ = "paused_stage"

    stage: Mapped[str] = mapped_column(String(32), primary_key=True)
    paused_at: Mapped[datetime] = mapped_column(server_default=now())


class StageAttempt(Base):
    """One attempt: opened by the claim, closed by the finish; append-only, purged by age."""

    __tablename__ = "stage_attempt"
    __table_args__ = (
        Index("stage_attempt_of_subject", "subject_id", "stage"),
        Index("stage_attempt_by_outcome", "counted", "outcome"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    stage: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int] = mapped_column(Id)
    part: Mapped[str] = mapped_column(String(32), default="")
    token: Mapped[str] = mapped_column(String(80), unique=True)
    worker: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime] = mapped_column(server_default=now())
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(16), default="running")  # a RunState, or postponed, retry, lost, stale
    reason: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    counted: Mapped[bool] = mapped_column(default=False)  # in stage_total


class StageTotal(Base):
    """Attempts by hour, stage, source, outcome and reason, so that nothing counts done rows."""

    __tablename__ = "stage_total"
    __table_args__ = (UniqueConstraint("hour", "stage", "source_id", "outcome", "reason"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    hour: Mapped[datetime]
    stage: Mapped[str] = mapped_column(String(32))
    source_id: Mapped[int] = mapped_column(Id)
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(64), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float] = mapped_column(Float, default=0.0)


class AttemptCount(Base):
    """Attempts since the tables were made, without hours: a counter for /metrics that no restart sets back."""

    __tablename__ = "attempt_count"
    __table_args__ = (UniqueConstraint("stage", "source_id", "outcome", "reason"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    stage: Mapped[str] = mapped_column(String(32))
    source_id: Mapped[int] = mapped_column(Id)
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(64), default="")
    attempts: Mapped[int] = mapped_column(BigInteger, default=0)


class WorkBucket(Base):
    """Attempts that did their work, by stage and the smallest bound in seconds that they kept: a histogram."""

    __tablename__ = "work_bucket"
    __table_args__ = (UniqueConstraint("stage", "within"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    stage: Mapped[str] = mapped_column(String(32))
    within: Mapped[str] = mapped_column(String(8))  # "0.5", or "+Inf": as Prometheus writes a bound
    attempts: Mapped[int] = mapped_column(BigInteger, default=0)
    seconds: Mapped[float] = mapped_column(Float, default=0.0)


class MessageCount(Base):
    """Messages of a queue to which something befell, since the tables were made; `event`: published_again, bad."""

    __tablename__ = "message_count"
    __table_args__ = (UniqueConstraint("queue", "event"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    queue: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(32))
    messages: Mapped[int] = mapped_column(BigInteger, default=0)


class BadMessage(Base):
    """A message that could not be read or names nothing; kept whole, so that it can be seen and sent right."""

    __tablename__ = "bad_message"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    queue: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(Text, default="")
    received_at: Mapped[datetime] = mapped_column(server_default=now())


class Host(Base):
    """The pace of one scheme, host and port, shared by every worker, and its robots.txt."""

    __tablename__ = "host"

    name: Mapped[str] = mapped_column(String(300), primary_key=True)  # "https://example.org:443"
    next_at: Mapped[datetime | None]  # the first turn not yet given out
    robots_status: Mapped[int | None]
    robots_text: Mapped[str | None] = mapped_column(Text)
    robots_at: Mapped[datetime | None]


class HostTurn(Base):
    """A turn given to one address that has to come back for it."""

    __tablename__ = "host_turn"
    __table_args__ = (Index("host_turn_line", "host", "turn_at"),)  # who stands before whom

    url_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    host: Mapped[str] = mapped_column(String(300))
    turn_at: Mapped[datetime]


class Retention(Base):
    """When something was last forgotten by its age, and how much: the hourly claim of two schedulers."""

    __tablename__ = "retention"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)  # pages | evidence | attempts | articles
    next_at: Mapped[datetime] = mapped_column(server_default=now())
    ran_at: Mapped[datetime | None]
    is_unfinished: Mapped[bool] = mapped_column(default=False)  # the last run had no time for all of it
    removed: Mapped[int] = mapped_column(default=0)  # by the last run
    removed_ever: Mapped[int] = mapped_column(Id, default=0)


class BlobHold(Base):
    """Until when no blob is deleted, for whom: a backup that dies is forgotten by itself."""

    __tablename__ = "blob_hold"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))  # backup, restore
    until: Mapped[datetime]
