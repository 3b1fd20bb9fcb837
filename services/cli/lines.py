"""Which lines of the Procfile these settings ask for, and what each process is given."""

from pathlib import Path

from services.cli.procfile import ProcfileLine, read_procfile
from shared.settings import Settings, child_environment, settings

#: What a person who pressed Ctrl-C waits for; a longer task is handed back, and done again at the next start.
SOFT_SHUTDOWN_S = 3.0
_SERVERS = ("portal", "flower", "newsstand")


def lines_wanted(path: Path) -> tuple[ProcfileLine, ...]:
    """The Procfile's lines, without a Redis if the broker is elsewhere, without the newsstand if it is off."""
    unwanted = {"redis": not settings().is_embedded_broker, "newsstand": not settings().newsstand}
    return tuple(line for line in read_procfile(path) if not unwanted.get(line.name, False))


def addresses_of(lines: tuple[ProcfileLine, ...]) -> dict[str, str]:
    """Where each process that serves a port will listen."""
    known: dict[str, str] = {name: getattr(settings(), f"{name}_address") for name in _SERVERS}
    return {line.name: known[line.name] for line in lines if line.name in known}


def environment_of(line: ProcfileLine) -> dict[str, str]:
    """The environment of a process: ours, with what its line says and what only the supervisor knows."""
    read = settings()
    changes = {"KIOSQUE_VAR": str(read.var), "PYTHONUNBUFFERED": "1", "SERVICE": ""}
    if line.is_worker:
        # Celery's soft shutdown is bound to SIGQUIT (reference: queue, section 3); its warm one may wait for minutes
        changes["REMAP_SIGTERM"] = "SIGQUIT"
        if read.soft_shutdown_s == Settings().soft_shutdown_s:
            changes["KIOSQUE_SOFT_SHUTDOWN_S"] = str(SOFT_SHUTDOWN_S)
    return child_environment(**{**changes, **line.variables})
