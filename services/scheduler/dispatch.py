"""Each second: a message for every row whose time has come, while its queue has room."""

from collections import defaultdict
from functools import partial

import structlog

from services.scheduler.fill import Fill
from shared.db import read_session, write_session
from shared.pipeline import SERVICES, STAGES, Stage, stages_of
from shared.queue import publish, room, waiting
from shared.settings import settings
from shared.store import counts, overdue, releases

log = structlog.get_logger()


class Dispatcher:
    """Publishes what is due, and knows from one second to the next how fast each queue is emptied."""

    def __init__(self) -> None:
        self._fills: defaultdict[str, Fill] = defaultdict(Fill)

    def dispatch(self) -> int:
        """Publish what is due and has no message; returns how many messages were sent."""
        with read_session() as session:  # most seconds nothing is, and a read costs a tenth of asking every queue
            stages = overdue.stages_due(session)
        services = {STAGES[name].service for name in stages if name in STAGES}
        return sum(self._fill_queue(service) for service in SERVICES if service in services)

    def _fill_queue(self, service: str) -> int:
        fill = self._fills[service]
        free = fill.room(waiting(service, fresh=True), settings().queue_cap)
        if free:
            fill.polls_first = not fill.polls_first
        sent = _send(service, partial(overdue.take_due, polls_first=fill.polls_first), free)
        fill.was_filled = 0 < free == sent
        return sent


def publish_again() -> int:
    """Publish again what was published a minute ago and not claimed: the claim refuses a repeat."""
    sent = {service: _send(service, overdue.take_unclaimed, room(service, fresh=True)) for service in SERVICES}
    for service, messages in sent.items():
        if messages:
            log.info("messages.published_again", queue=service, messages=messages)
            with write_session() as session:
                counts.count_messages(session, service, "published_again", messages)
    return sum(sent.values())


def _send(service: str, take: overdue.Take, most: int) -> int:
    if not most:
        return 0
    with write_session() as session:
        messages = take(session, stages_of(service), most)
    unsent = publish(messages)
    _give_back(unsent)
    return len(messages) - len(unsent)


def _give_back(unsent: list[tuple[Stage, int]]) -> None:
    for stage in {one.name: one for one, _ in unsent}.values():
        with write_session() as session:
            releases.unpublish(session, stage, [subject_id for one, subject_id in unsent if one is stage])
