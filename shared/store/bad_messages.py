"""Messages that name nothing we can work on: kept as rows, so that no worker dies of one and none vanishes."""

import json
from typing import Any

import structlog

from shared.db import write_session
from shared.ledger_models import BadMessage
from shared.pipeline import Stage

log = structlog.get_logger()


def read_subject_id(stage: Stage, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
    """The id that a message's arguments name; None, and a row of bad_message, if they are not one whole number."""
    if len(args) == 1 and not kwargs and type(args[0]) is int and args[0] > 0:
        return args[0]
    content = json.dumps({"args": args, "kwargs": kwargs}, ensure_ascii=False, default=str)
    keep(
        stage.service,
        content.encode(),
        "wrong_arguments",
        f"{stage.task} takes one argument, a {stage.subject} id, as in [1234]",
    )
    return None


def keep_unknown(stage: Stage, subject_id: int) -> None:
    """Write down a message whose id names nothing."""
    content = json.dumps({"args": [subject_id], "kwargs": {}}).encode()
    keep(stage.service, content, "unknown_subject", f"{stage.task}: no {stage.subject} {subject_id}")


def keep(queue: str, content: bytes, reason: str, detail: str = "") -> None:
    """Write down a message that cannot be worked on."""
    with write_session() as session:
        session.add(BadMessage(queue=queue, content=content, reason=reason, detail=detail))
    log.warning("message.refused", queue=queue, reason=reason, detail=detail)
