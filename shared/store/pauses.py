"""Stages that an operator halted for the hour of an incident: what is due stays due, what runs may end."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shared.db import now
from shared.ledger_models import PausedStage, RunState, StageRun
from shared.pipeline import Stage
from shared.store.upsert import upsert


def paused_stages(session: Session) -> set[str]:
    """The names of the paused stages."""
    return set(session.scalars(select(PausedStage.stage)))


def pause_stage(session: Session, stage: Stage) -> bool:
    """Dispatch and claim nothing of a stage; False if it was paused already."""
    return bool(upsert(session, PausedStage, [{"stage": stage.name, "paused_at": now()}], key=("stage",)))


def resume_stage(session: Session, stage: Stage) -> bool:
    """Go on at once: dispatch sends anew what was refused meanwhile. False if the stage was not paused."""
    resumed = session.execute(delete(PausedStage).where(PausedStage.stage == stage.name))
    session.execute(
        update(StageRun)
        .where(StageRun.stage == stage.name, StageRun.state == RunState.DUE, StageRun.published_at.is_not(None))
        .values(published_at=None)
        .execution_options(synchronize_session=False)
    )
    return bool(resumed.rowcount)  # type: ignore[attr-defined]
