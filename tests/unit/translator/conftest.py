"""A stand-in for Apertium under the test's var/, and an engine that finds it and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from apertium_fakes import put_fake_apertium

from services.translator import apertium_home
from services.translator.engines.apertium import Engine
from shared.settings import settings


@pytest.fixture
def no_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without Apertium, whatever this one has; its root."""
    root = tmp_path / "machine"
    root.mkdir()
    monkeypatch.setattr(apertium_home, "MACHINE", root)
    return root


@pytest.fixture
def copy(no_machine: Path) -> Path:
    """The stand-in, fr-es and es-en one way each."""
    return put_fake_apertium(settings().var / "apertium")


@pytest.fixture
def engine(copy: Path) -> Iterator[Engine]:
    """Apertium's engine over the stand-in."""
    made = Engine()
    yield made
    made.close()
