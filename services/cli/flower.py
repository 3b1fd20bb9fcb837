"""`python -m services.cli.flower`: Flower, as the Procfile and compose start it; docs/operate.md says what for."""

import atexit
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from shared.app import make_app
from shared.errors import KiosqueError
from shared.logs import configure_logs
from shared.settings import Settings, flower_login, settings

log = structlog.get_logger()

#: Flower keeps 6.3 kB a task: its own 100,000 would be 630 MB (reference: queue, section 5).
TASKS_KEPT = 10_000
WORKERS_KEPT = 200
SAVED_EVERY_S = 300


def flower_options(read: Settings) -> dict[str, Any]:
    """What is set of Flower's own options.

    Its variables FLOWER_… are not read but for the login: Kubernetes sets a FLOWER_PORT, which is no port, beside every
    service of that name. It asks the workers for their events itself while it runs (`enable_events`): they are off
    without it, being the dearest option that Celery has.
    """
    from services.cli.flower_pages import show_readably

    host, _, port = read.flower_address.rpartition(":")
    return {
        "address": host.strip("[]"),
        "port": int(port),
        "basic_auth": [flower_login()],
        "read_only": not read.flower_write,
        "max_tasks": TASKS_KEPT,
        "max_workers": WORKERS_KEPT,
        "purge_offline_workers": 60,
        "persistent": True,
        "db": str(_prepare_folder(read.var / "flower") / "tasks"),
        "state_save_interval": SAVED_EVERY_S * 1000,
        "enable_events": True,
        "auto_refresh": True,
        "tasks_columns": "name,args,state,received,started,runtime,worker,uuid",
        "format_task": show_readably,
    }


def _prepare_folder(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise KiosqueError(f"{folder} cannot be made ({error.strerror}): Flower keeps its tasks there") from error
    if not os.access(folder, os.W_OK):
        raise KiosqueError(f"{folder} cannot be written: Flower keeps its tasks there, so give it a volume of its own")
    return folder


def serve(read: Settings) -> None:
    """Serve until told to stop."""
    from flower.urls import settings as of_tornado
    from tornado.options import options

    from services.cli.flower_pages import Pages

    for name, value in flower_options(read).items():
        setattr(options, name, value)
    pages = Pages(login=flower_login(), capp=make_app(), options=options, **of_tornado)
    atexit.register(pages.stop)  # which writes down the tasks that it knows
    signal.signal(signal.SIGTERM, _exit)
    try:
        pages.start_http_server()
    except OSError as error:
        raise KiosqueError(f"KIOSQUE_FLOWER_ADDRESS={read.flower_address}: {error.strerror}") from error
    log.info("flower.started", address=read.flower_address, read_only=not read.flower_write)
    pages.start()


def _exit(_: int, __: FrameType | None) -> None:
    sys.exit(0)


def main() -> None:
    """Start; what is wrong is one line, with its remedy."""
    configure_logs()
    try:
        serve(settings())
    except KiosqueError as error:
        sys.exit(f"flower: {error}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
