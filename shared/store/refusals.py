"""Why a message ran nothing: what the ledger says of its subject."""

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.db import clock
from shared.ledger_models import RunState, StageRun
from shared.pipeline import Stage
from shared.store import pauses
from shared.store.stage_runs import TABLES, of_subject


class Refusal(StrEnum):
    """docs/messages.md has a line for each."""

    UNKNOWN_SUBJECT = "unknown_subject"  # no row has this id: the message is kept in bad_message
    NEVER_DUE = "never_due"  # the map has not come to this stage of it
    DUE_LATER = "due_later"
    PAUSED = "paused"  # the stage; its row is due
    RUNNING = "running"
    DONE = "done"
    WAITING = "waiting"
    SET_ASIDE = "set_aside"


def why_not(session: Session, stage: Stage, subject_id: int) -> Refusal:
    """What keeps every part of this subject from being run now."""
    if session.get(TABLES[stage.subject], subject_id) is None:
        return Refusal.UNKNOWN_SUBJECT
    rows = session.execute(select(StageRun.state, StageRun.due_at).where(of_subject(stage, subject_id))).all()
    states = {row.state for row in rows}
    if RunState.DUE in states and all(row.due_at > clock(session) for row in rows if row.state == RunState.DUE):
        return Refusal.DUE_LATER
    if RunState.DUE in states and stage.name in pauses.paused_stages(session):
        return Refusal.PAUSED
    for state in (RunState.RUNNING, RunState.WAITING, RunState.SET_ASIDE, RunState.DONE):
        if state in states:
            return Refusal(state.value)
    return Refusal.NEVER_DUE if not states else Refusal.RUNNING  # due, and taken by another this very moment
