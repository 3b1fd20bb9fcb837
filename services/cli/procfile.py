"""The Procfile: a name, settings for it, and a command, a line each."""

import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from shared.errors import KiosqueError
from shared.settings import ROOT, search_path

PROCFILE = ROOT / "Procfile"
_LINE = re.compile(r"(?P<name>[a-z][a-z0-9_-]*)\s*:\s*(?P<command>\S.*)")
_ASSIGNMENT = re.compile(r"(?P<name>[A-Z_][A-Z0-9_]*)=(?P<value>.*)", re.DOTALL)


class BadProcfileError(KiosqueError):
    """The Procfile cannot be read, or a line of it is wrong."""


@dataclass(frozen=True, slots=True)
class ProcfileLine:
    """One process."""

    name: str
    variables: dict[str, str]
    command: tuple[str, ...]

    @property
    def is_worker(self) -> bool:
        """Whether it is a Celery worker."""
        return "SERVICE" in self.variables

    def arguments(self) -> list[str]:
        """The command with its program found; `python` is this interpreter: no environment needs to be active."""
        program, *rest = self.command
        if program == "python":
            return [sys.executable, *rest]
        found = shutil.which(program, path=search_path())
        if found is None:
            raise BadProcfileError(f"{self.name}: there is no program {program!r} on PATH")
        return [found, *rest]


def read_procfile(path: Path = PROCFILE) -> tuple[ProcfileLine, ...]:
    """Every line, in order: processes are started in the order written."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadProcfileError(
            f"{path} cannot be read ({error.strerror}): kiosque run needs a checkout, or --procfile"
        ) from error
    rows = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = tuple(_read_line(path, number, line) for number, line in rows if line and not line.startswith("#"))
    names = [line.name for line in lines]
    twice = {name for name in names if names.count(name) > 1}
    if twice or not lines:
        raise BadProcfileError(f"{path}: {'twice: ' + ', '.join(sorted(twice)) if twice else 'no process in it'}")
    return lines


def _read_line(path: Path, number: int, line: str) -> ProcfileLine:
    found = _LINE.fullmatch(line)
    try:
        words = shlex.split(found["command"]) if found else []
    except ValueError as error:
        raise BadProcfileError(f"{path}, line {number}: {error}: {line}") from error
    variables: dict[str, str] = {}
    while words and (assignment := _ASSIGNMENT.fullmatch(words[0])):
        variables[assignment["name"]] = assignment["value"]
        del words[0]
    if found is None or not words:
        raise BadProcfileError(f"{path}, line {number} is not `name: command`: {line}")
    return ProcfileLine(found["name"], variables, tuple(words))
