"""The log of effects, outside the database: a line "EVENT TOKEN STAGE SUBJECT_ID PART", appended by whoever has one.

began: the work of an attempt starts (from here on the world may see it); ended: the work returned; saved: its commit
returned. A process killed between two of them leaves out the later ones: the log never says more than what happened.
The hook is put into a copy of the project (`copy_of_the_project`), so that the product itself knows nothing of it.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.newsstand.visits import Visit, Visits
from shared.settings import ROOT

#: What stage_task does with a claim, and what the copy does.
PLAIN = """\
            saved = whole.work(record)
            return _finish(whole, held, saved)
"""
HOOKED = """\
            _note("began", held)
            saved = whole.work(record)
            _note("ended", held)
            outcome = _finish(whole, held, saved)
            _note("saved", held)
            return outcome
"""
#: One write of a short line to a file opened with O_APPEND is never mixed with another's.
NOTE = """

def _note(event: str, held: Claim) -> None:
    line = f"{{event}} {{held.token}} {{held.stage}} {{held.subject_id}} {{held.part}}\\n"
    log_of_effects = os.open({path!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(log_of_effects, line.encode())
    os.close(log_of_effects)
"""


@dataclass(frozen=True, slots=True)
class Effect:
    """A line of the log."""

    event: str
    token: str
    stage: str
    subject_id: int
    part: str


def copy_of_the_project(folder: Path, effects: Path) -> Path:
    """A copy whose stages write to `effects`."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("shared", "services"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    stage = folder / "shared" / "stage.py"
    text = stage.read_text(encoding="utf-8")
    assert text.count(PLAIN) == 1, "shared/stage.py has changed: put the hook where the work is done"
    stage.write_text(text.replace(PLAIN, HOOKED) + NOTE.format(path=str(effects)), encoding="utf-8")
    effects.touch()
    return folder


def read_effects(path: Path) -> Iterator[Effect]:
    """Every line, in the order written."""
    for line in path.read_text(encoding="utf-8").splitlines():
        event, token, stage, subject_id, part = line.split(" ")
        yield Effect(event, token, stage, int(subject_id), part)


class LoggedVisits(Visits):
    """The newsstand's own side: a line for each request that it answered."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._log = path.open("a", encoding="utf-8", buffering=1)

    def add(self, visit: Visit) -> None:
        """Write one down."""
        super().add(visit)
        self._log.write(f"{visit.status} {visit.path}\n")
