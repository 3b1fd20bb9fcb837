"""The short form of `make soak`: a few articles, a few kills, time-outs shortened, the same promises."""

import os
import subprocess
import sys

import pytest
from faults.house import SCALE

from shared.settings import ROOT


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_whatever_is_killed_nothing_is_lost_and_nothing_happens_twice(database: str) -> None:
    arguments = ["--articles", "60", "--kills", "10", "--database", database, "--patience", "600"]
    soak = [sys.executable, "-m", "tests.soak", *arguments]

    environment = {**os.environ, "KIOSQUE_TIME_SCALE": str(SCALE)}
    ended = subprocess.run(soak, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "nothing lost, nothing twice" in ended.stdout
