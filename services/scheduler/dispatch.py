"""Each second: a message for every row whose time has come, while its queue has room."""

import structlog

from shared.db import read_session, write_session
from shared.pipeline import SERVICES, STAGES, Stage, stages_of
from shared.queue import publish, room
from shared.store import overdue, releases

log = structlog.get_logger()


def dispatch() -> int:
    """Publish what is due and has no message; returns how many messages were sent."""
    with read_session() as session:  # most seconds nothing is, and a read costs a tenth of asking every queue
        stages = overdue.stages_due(session)
    services = {STAGES[name].service for name in stages if name in STAGES}
    return sum(_dispatch_service(service, overdue.take_due) for service in SERVICES if service in services)


def publish_again() -> int:
    """Publish again what was published a minute ago and not claimed: the claim refuses a repeat."""
    sent = sum(_dispatch_service(service, overdue.take_unclaimed) for service in SERVICES)
    if sent:
        log.info("messages.published_again", messages=sent)
    return sent


def _dispatch_service(service: str, take: overdue.Take) -> int:
    free = room(service, fresh=True)
    if not free:
        return 0
    with write_session() as session:
        messages = take(session, stages_of(service), free)
    unsent = publish(messages)
    _give_back(unsent)
    return len(messages) - len(unsent)


def _give_back(unsent: list[tuple[Stage, int]]) -> None:
    for stage in {one.name: one for one, _ in unsent}.values():
        with write_session() as session:
            releases.unpublish(session, stage, [subject_id for one, subject_id in unsent if one is stage])
