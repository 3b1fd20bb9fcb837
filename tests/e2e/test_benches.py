"""The benches begin, and the one that starts processes of its own goes through."""

import re
import subprocess
import sys

import pytest

from shared.settings import ROOT


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=500, check=False
    )


def names() -> list[str]:
    return bench("--help").stderr.rpartition("there are: ")[2].strip().split(", ")


def test_each_says_how_it_is_asked():
    assert {"queue", "speed", "real_pages"} <= set(names())
    for name in names():
        asked = bench(name, "--help")
        assert (name, asked.returncode) == (name, 0), asked.stderr
        assert "usage: " in asked.stdout, name


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_bench_ends_with_its_ratio():
    ran = bench("speed", "--rounds", "1", "--pages", "4", "--apertium", "off")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (
        len(re.findall(r"house on (?:sqlite|postgresql): [\d.]+ articles/s, [\d.]+ of the bare loop", ran.stdout)) == 2
    )


def test_what_fails_is_not_said_to_have_worked():
    assert bench("speed", "--rounds", "none").returncode != 0
    assert bench("nothing").returncode != 0
