"""Messages that name nothing we can work on: kept as rows, so that no worker dies of one and none vanishes."""

import json
from typing import Any

import structlog

from shared.db import write_session
from shared.ledger_models import BadMessage
from shared.models import ID_MOST
from shared.pipeline import Stage
from shared.store import counts

log = structlog.get_logger()


#: What the column of a queue's name holds.
QUEUE_MOST = 64


def fault_of_arguments(stage: Stage, args: Any, kwargs: Any) -> tuple[str, str] | None:
    """A reason and its detail if a message's arguments are not one whole number; None if they are."""
    if isinstance(args, list) and len(args) == 1 and kwargs == {} and type(args[0]) is int and 0 < args[0] <= ID_MOST:
        return None
    return "wrong_arguments", f"{stage.task} takes one argument, the id of its {stage.subject}, as in [1234]"


def keep_unknown(stage: Stage, subject_id: int) -> None:
    """Write down a message whose id names nothing."""
    content = json.dumps({"args": [subject_id], "kwargs": {}}).encode()
    keep(stage.service, content, "unknown_subject", f"{stage.task}: no {stage.subject} {subject_id}")


def keep(queue: str, content: bytes, reason: str, detail: str = "") -> None:
    """Write down a message that cannot be worked on; what it says of itself may be no text that a database takes."""
    queue, detail = _storable(queue)[:QUEUE_MOST], _storable(detail)
    with write_session() as session:
        session.add(BadMessage(queue=queue, content=content, reason=reason, detail=detail))
        counts.count_messages(session, queue, "bad")
    log.warning("message.refused", queue=queue, reason=reason, detail=detail)


def _storable(text: str) -> str:
    """Without NUL, which PostgreSQL has no room for, and without half characters, which are no UTF-8."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
