"""`kiosque run`: the whole embedded default under one supervisor; and `kiosque migrate`."""

import sys
from pathlib import Path

import click

from services.cli.procfile import PROCFILE


@click.command()
@click.option("--procfile", type=click.Path(dir_okay=False, path_type=Path), default=PROCFILE, help="Another Procfile.")
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when the parent process dies (for make).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: an object a line.")
def run(procfile: Path, with_parent: bool, as_json: bool) -> None:
    """Start the whole pipeline and keep it running.

    Every process of the Procfile: Redis, the workers, the scheduler, the portal, Flower and the newsstand. Each has a
    log under var/log. Ctrl-C stops all; the next run goes on where this one stopped.
    """
    from services.cli import guardian, lines, ports, redis_server, run_lock

    if with_parent:
        guardian.stop_with_parent()
    wanted = lines.lines_wanted(procfile)
    for line in wanted:
        line.arguments()
    lock = run_lock.take_run_lock()
    ports.require_free(lines.addresses_of(wanted))
    if any(line.name == "redis" for line in wanted):
        redis_server.find_redis()
    arguments = [f"--procfile={procfile.resolve()}", *(["--json"] if as_json else [])]
    sys.exit(guardian.guard(arguments, lock))


@click.command()
@click.option("--wait", type=float, metavar="SECONDS", help="Change nothing: wait until another call has done it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def migrate(wait: float | None, as_json: bool) -> None:
    """Bring the database to the newest revision of its tables; nothing happens if it is there."""
    from services.cli.database import migrate_database, wait_for_tables
    from shared.tables import print_rows

    print_rows([migrate_database() if wait is None else wait_for_tables(wait)], as_json=as_json)


commands: tuple[click.Command, ...] = (run, migrate)
