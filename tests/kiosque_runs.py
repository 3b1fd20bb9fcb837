"""For tests: a real `kiosque run` over a Procfile of tiny scripts, which note their process ids in a folder."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from servers import wait_until

from services.cli.process_tree import everyone

#: A process that ignores SIGTERM, with a child that has left its session, group, parent and environment.
STUBBORN = """\
trap '' TERM
echo $$ > "$NOTES/stubborn"
(env -i setsid sh -c 'trap "" TERM; echo $$ > "$0/hidden"; while :; do sleep 1; done' "$NOTES" &)
while [ ! -s "$NOTES/hidden" ]; do sleep 0.02; done
while :; do sleep 1; done
"""
#: A process that ends when asked, with a child in its own group.
CALM = """\
sleep 600 &
echo $! > "$NOTES/child"
echo $$ > "$NOTES/calm"
trap 'kill $!; exit 0' TERM
wait
"""


def write_procfile(folder: Path, lines: dict[str, str], scripts: dict[str, str]) -> Path:
    """A Procfile of shell scripts and of whole lines; scripts find the folder for their notes in $NOTES."""
    (folder / "notes").mkdir(exist_ok=True)
    for name, text in scripts.items():
        (folder / f"{name}.sh").write_text(text, encoding="utf-8")
    known = {name: f"NOTES={folder / 'notes'} sh {folder / name}.sh" for name in scripts}
    rows = [f"{name}: {command}" for name, command in {**known, **lines}.items()]
    path = folder / "Procfile"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def noted(notes: Path, *names: str) -> list[int]:
    """The process ids under these names, as soon as all are there."""
    paths = [notes / name for name in names]
    wait_until(lambda: all(path.exists() and path.read_text().strip() for path in paths), what=f"notes of {names}")
    return [int(path.read_text()) for path in paths]


class Run:
    """`kiosque run` and what it started."""

    def __init__(self, folder: Path, procfile: Path, *options: str, output: int | None = None) -> None:
        self.notes = folder / "notes"
        self.output = folder / f"output-{len(list(folder.glob('output-*')))}"
        with self.output.open("ab") as own:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", "run", f"--procfile={procfile}", *options],
                stdin=subprocess.DEVNULL,
                stdout=own if output is None else output,
                stderr=own,
                start_new_session=True,
            )

    def said(self) -> str:
        """All it has printed."""
        return self.output.read_text(encoding="utf-8")

    def noted(self, *names: str) -> list[int]:
        """The process ids under these names, as soon as all are there."""
        return noted(self.notes, *names)

    def supervisor(self) -> int:
        """The supervisor's process id: it is the guardian's one child."""
        wait_until(lambda: len(_children(self.process.pid)) == 1, what="one supervisor")
        return _children(self.process.pid)[0]

    def wait(self) -> int:
        """Its exit code."""
        return self.process.wait(30)

    def clean_up(self) -> None:
        """Kill whatever a failed test has left."""
        notes = [note.read_text() for note in self.notes.iterdir()]
        for pid in [*_children(self.process.pid), *(int(note) for note in notes if note.strip().isdigit())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()


def _children(parent: int) -> list[int]:
    return [one.pid for one in everyone().values() if one.parent == parent]


def require_dead(*pids: int) -> None:
    """Fail unless all of these end (dead, or buried by nobody yet)."""

    def alive() -> list[int]:
        known = everyone()
        return [pid for pid in pids if pid in known and not known[pid].is_zombie]

    wait_until(lambda: not alive(), what=f"the end of {pids}")
