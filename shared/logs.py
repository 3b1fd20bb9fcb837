"""structlog for every process: one event a line, `<thing>.<past verb>`, with article_id and stage in it."""

import logging
import sys

import structlog

from shared.settings import settings


def configure_logs() -> None:
    """Send every log line, the libraries' too, through structlog to standard error."""
    level = getattr(logging, settings().log_level.upper())
    shared_steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor
    if settings().log_format == "json":
        shared_steps.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # the rich one prints local variables: texts and secrets
        )
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared_steps, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


#: Libraries whose info lines repeat what our own events say.
_TALKATIVE = (
    "httpx",
    "httpcore",
    "trafilatura",
    "htmldate",
    "PIL",
    "celery.worker.strategy",
    "celery.app.trace",
    "alembic",
    "boto3",
    "botocore",
)
