"""stage_task(): claim > load > work > save > hand on, with log context, postponement, retries and setting aside."""

import os
import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

import structlog
from billiard.exceptions import WorkerLostError
from celery import Task, shared_task
from celery.exceptions import Reject
from celery.worker.request import Request
from sqlalchemy.exc import SQLAlchemyError

from shared.db import claim_session, now, read_session, write_session
from shared.errors import Postponed, Retryable, UnknownSubject, Unprocessable, Waiting
from shared.lease import leases
from shared.ledger_models import RunState
from shared.pipeline import Stage, followers_of
from shared.queue import SHORT_LINE, has_room, publish
from shared.settings import scaled
from shared.store import bad_messages, releases, stage_runs
from shared.store.refusals import Refusal, why_not
from shared.store.stage_runs import Claim, FallsDue, Stale

log = structlog.get_logger()
P = ParamSpec("P")
R = TypeVar("R")

#: With its database away a worker gives a message back after a pause, which doubles up to the most, seconds.
AWAY_FIRST_S, AWAY_MOST_S = 1.0, 8.0


@dataclass(frozen=True, slots=True)
class StageWork:
    """What stage_task ties together: how a subject is loaded, worked on and saved."""

    stage: Stage
    load: Callable[..., Any]  # (session, subject_id[, part]) -> record
    work: Callable[..., Any]  # record -> record; runs with no transaction open
    save: Callable[..., FallsDue]  # (session, subject_id[, part], record) -> what falls due


class StageRequest(Request):  # type: ignore[misc]
    """The parent's side of a prefork task: a child that died or ran out of time gives its row back at once."""

    def on_timeout(self, soft: bool, timeout: float) -> None:
        if not soft:
            self._release("time_limit", f"no end within {timeout:.0f} s")
        super().on_timeout(soft, timeout)

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> Any:
        error = getattr(exc_info, "exception", None)
        error = getattr(error, "exc", error)  # billiard wraps what comes from a child
        # billiard 4.3 reports a child's exit before its loss
        if isinstance(error, WorkerLostError | SystemExit):
            self._release("worker_lost", str(error))  # before the message goes back to the queue, for another to claim
        return super().on_failure(exc_info, send_failed_event, return_ok)

    def _release(self, reason: str, detail: str) -> None:
        stage: Stage = self.task.stage
        try:
            with write_session() as session:
                releases.release_lost(
                    session, stage, int(self.args[0]),
                    message_id=self.id, worker=worker_name(), reason=reason, detail=detail,
                )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - the lease runs out by itself; the worker must live
            log.warning("stage.not_released", stage=stage.name, error=str(error))


class StageTask(Task):  # type: ignore[misc]
    """A Celery task that knows its stage."""

    Request = StageRequest
    stage: Stage


def stage_task(
    stage: Stage, *, load: Callable[..., Any], save: Callable[..., FallsDue]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Register a pure function as the stage's task; the function itself stays as it was, to be called by tests.

    In a prefork pool Celery ends a task at the stage's limit_s, all its parts together; in a threads pool nothing can:
    there the work gets its deadlines from shared/web.
    """

    def register(work: Callable[P, R]) -> Callable[P, R]:
        whole = StageWork(stage, load, work, save)

        def receive(self: Any, subject_id: int) -> None:  # what else a message may bring, the consumer has refused
            try:
                run_due_parts(whole, subject_id, message_id=self.request.id)
            except SQLAlchemyError as error:  # down, full or locked: not even the failure could be written down
                _pause(error)
                raise Reject(f"the database is away: {error}", requeue=True) from error
            _pauses.clear()

        receive.__name__ = work.__name__
        shared_task(name=stage.task, bind=True, base=StageTask, stage=stage, time_limit=stage.limit_s)(receive)
        return work

    return register


_pauses: list[float] = []  # of this process, since the database last answered


def _pause(error: Exception) -> None:
    """An acknowledged message would be lost until reconcile looks; one that came back at once would spin."""
    pause_s = scaled(min(AWAY_FIRST_S * 2.0 ** len(_pauses), AWAY_MOST_S))
    _pauses.append(pause_s)
    log.warning("database.away", error=str(error).partition("\n")[0], pause_s=pause_s)
    time.sleep(pause_s)


def worker_name() -> str:
    """Who holds a claim: host and process of the worker, the same in its children."""
    return _worker


def name_worker(service: str) -> None:
    """Called once in the parent, before children are forked."""
    global _worker  # noqa: PLW0603 - a process has one name
    _worker = f"{service}@{socket.gethostname()}:{os.getpid()}"


_worker = f"client@{socket.gethostname()}:{os.getpid()}"


def run_due_parts(whole: StageWork, subject_id: int, message_id: str) -> None:
    """What a message asks for: every due part of its subject, one after another, within the stage's limit."""
    stage = whole.stage
    started, ran = time.monotonic(), 0
    with structlog.contextvars.bound_contextvars(stage=stage.name, **{f"{stage.subject}_id": subject_id}):
        while held := _claim(stage, subject_id, message_id):
            run_once(whole, held)
            ran += 1
            if not stage.parted:
                return
            if time.monotonic() - started > stage.limit_s / 2:
                _publish([(stage, subject_id)], frozenset({stage.service}))  # the rest gets a limit of its own
                return
        if not ran:
            _refuse(stage, subject_id)


def _refuse(stage: Stage, subject_id: int) -> None:
    with read_session() as session:
        refusal = why_not(session, stage, subject_id)
    log.info("stage.refused", reason=refusal.value)
    if refusal == Refusal.UNKNOWN_SUBJECT:
        bad_messages.keep_unknown(stage, subject_id)


def run_once(whole: StageWork, held: Claim) -> None:
    """One attempt at one claimed row, whatever comes of it."""
    started = time.monotonic()
    part = {"part": held.part} if held.part else {}
    try:
        outcome, reason = _give_up(whole.stage, held) if held.attempts > whole.stage.tries else _attempt(whole, held)
    except Stale:
        with write_session() as session:
            stage_runs.close_stale(session, held)
        outcome, reason = "stale", ""
    log.info(
        f"stage.{outcome}",
        **({"reason": reason} if reason else {}),
        **part,
        attempt=held.attempts,
        ms=round((time.monotonic() - started) * 1000),
    )


def _claim(stage: Stage, subject_id: int, message_id: str) -> Claim | None:
    with claim_session() as session:
        return stage_runs.claim(
            session, stage, subject_id, worker=worker_name(), token=f"{message_id}/{uuid4().hex[:12]}"
        )


def _give_up(stage: Stage, held: Claim) -> tuple[str, str]:
    """Its worker died each time: not even a reason was left."""
    return _settle(stage, held, RunState.SET_ASIDE, "worker_lost", f"no attempt of {stage.tries} came to an end")


def _attempt(whole: StageWork, held: Claim) -> tuple[str, str]:
    stage = whole.stage
    try:
        with leases.holding(held, stage.limit_s):
            with read_session() as session:
                record = whole.load(session, *_subject_of(stage, held))
            saved = whole.work(record)
            return _finish(whole, held, saved)
    except Stale:
        raise
    except Postponed as postponed:
        _come_back(held, "postponed", postponed, due_at=postponed.until, attempts=held.attempts - 1)
        return "postponed", postponed.reason
    except Waiting as waiting:
        return _settle(stage, held, RunState.WAITING, waiting.reason, waiting.detail)
    except (Unprocessable, UnknownSubject) as never:
        reason = never.reason if isinstance(never, Unprocessable) else "unknown_subject"
        return _settle(stage, held, RunState.SET_ASIDE, reason, getattr(never, "detail", str(never)))
    except Retryable as later:
        return _retry(stage, held, later)
    except Exception as error:  # a fault of ours: tried again like any other, and seen in the log
        log.exception("stage.failed")
        return _retry(stage, held, Retryable("error", f"{type(error).__name__}: {error}"[:500]))


def _subject_of(stage: Stage, held: Claim) -> tuple[Any, ...]:
    return (held.subject_id, held.part) if stage.parted else (held.subject_id,)


def _finish(whole: StageWork, held: Claim, saved: Any) -> tuple[str, str]:
    """The one commit: lock the subject, save, settle the row, make the followers due; then publish them."""
    stage = whole.stage
    with_room = frozenset(later.service for later in followers_of(stage) if has_room(later.service))
    with write_session() as session:
        if not stage_runs.lock_subject(session, stage, held.subject_id):
            raise UnknownSubject(f"no {stage.subject} {held.subject_id}")
        falls_due = whole.save(session, *_subject_of(stage, held), saved)
        state, reason, detail = RunState.DONE, "", ""
        if falls_due.set_aside:
            state, reason, detail = RunState.SET_ASIDE, falls_due.set_aside.reason, falls_due.set_aside.detail
        if falls_due.again_at is not None:
            stage_runs.come_back(session, held, state, reason, detail, due_at=falls_due.again_at, attempts=0)
        else:
            stage_runs.settle(session, held, state, reason, detail)
        if len(falls_due.subjects) > SHORT_LINE:  # a poll of a new paper: its pages would stand before all other news
            with_room = frozenset()
        made = _hand_on(session, stage, held, falls_due.subjects, with_room)
    _publish(made, with_room)
    return state, reason


def _settle(stage: Stage, held: Claim, state: RunState, reason: str, detail: str) -> tuple[str, str]:
    """Settled without an output: a later stage that waits for several may fall due all the same."""
    with_room = frozenset(later.service for later in followers_of(stage) if has_room(later.service))
    with write_session() as session:
        stage_runs.lock_subject(session, stage, held.subject_id)
        stage_runs.settle(session, held, state, reason, detail)
        made = _hand_on(session, stage, held, [held.subject_id], with_room, is_output=False)
    _publish(made, with_room)
    return state, reason


def _hand_on(
    session: Any, stage: Stage, held: Claim, subjects: Any, with_room: frozenset[str], is_output: bool = True
) -> list[tuple[Stage, int]]:
    return stage_runs.make_followers_due(
        session, stage, list(subjects), priority=held.priority, published=with_room, has_output=is_output
    )


def _publish(made: list[tuple[Stage, int]], with_room: frozenset[str]) -> None:
    unsent = publish([pair for pair in made if pair[0].service in with_room])
    for stage in {pair[0].name: pair[0] for pair in unsent}.values():
        with write_session() as session:
            releases.unpublish(session, stage, [subject_id for of, subject_id in unsent if of is stage])


def _retry(stage: Stage, held: Claim, later: Retryable) -> tuple[str, str]:
    if held.attempts >= stage.tries:
        return _settle(stage, held, RunState.SET_ASIDE, later.reason, later.detail)
    delay_s = later.delay_s if later.delay_s is not None else back_off_s(held.attempts)
    _come_back(held, "retry", later, due_at=now(delay_s), attempts=held.attempts)
    return "retry", later.reason


def _come_back(held: Claim, outcome: str, why: Any, *, due_at: Any, attempts: int) -> None:
    with write_session() as session:
        stage_runs.come_back(session, held, outcome, why.reason, why.detail, due_at=due_at, attempts=attempts)


def back_off_s(attempts: int) -> float:
    """Seconds until the next try after so many: doubling, with a fifth of jitter so that a host's failures spread."""
    delay_s = scaled(stage_runs.BACKOFF_FIRST_S) * 2.0 ** (attempts - 1)
    return min(delay_s, stage_runs.BACKOFF_MOST_S) * random.uniform(0.9, 1.1)
