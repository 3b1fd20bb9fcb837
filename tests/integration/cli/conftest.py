"""A fixture that starts `kiosque run`."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kiosque_runs import Run, write_procfile


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    """SIGHUP as a terminal leaves it: under nohup, and so in some CI, it is ignored, and children inherit that."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def kiosque_run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Start `kiosque run` over scripts (`calm="sleep 600"`) and whole lines of a Procfile."""
    runs: list[Run] = []

    def start(*options: str, lines: dict[str, str] | None = None, output: int | None = None, **scripts: str) -> Run:
        runs.append(Run(tmp_path, write_procfile(tmp_path, lines or {}, scripts), *options, output=output))
        return runs[-1]

    yield start
    for run in runs:
        run.clean_up()
