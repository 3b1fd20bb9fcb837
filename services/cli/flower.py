"""`python -m services.cli.flower`: Flower on the address of the settings, showing only."""

import os
import sys

from shared.settings import Settings, settings

#: Flower keeps 6.3 kB a task: its own 100,000 would be 630 MB (reference: queue, section 5).
TASKS_KEPT = 5_000


def flower_command(read: Settings) -> list[str]:
    """Flower by way of Celery, so that it has the workers' own options for the broker.

    It keeps no state on disk and reaches for nothing outside. It asks the workers for their events itself while it runs
    (`enable_events`): they are off without it, being the dearest option that Celery has.
    """
    host, _, port = read.flower_address.rpartition(":")
    return [
        sys.executable, "-m", "celery", "--app", "services.worker", "--quiet", "flower",
        f"--address={host.strip('[]')}", f"--port={port}", f"--max_tasks={TASKS_KEPT}", "--read_only=True",
        "--persistent=False", "--enable_events=True", "--purge_offline_workers=60",
    ]  # fmt: skip


def main() -> None:
    """Become Flower."""
    command = flower_command(settings())
    os.execv(command[0], command)  # noqa: S606 - this very process becomes Flower


if __name__ == "__main__":
    main()
