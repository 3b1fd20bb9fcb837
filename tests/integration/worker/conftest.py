"""A copy of the project with the sixth stage in it, a database and a Redis."""

import pytest
from measuring import MEASURE
from workers import copy_with_sixth_stage

from shared.pipeline import STAGES


@pytest.fixture
def house(request, tmp_path, broker, database, set_settings, monkeypatch):
    """A copy of the project with the sixth stage, a database and a Redis."""
    monkeypatch.setitem(STAGES, "measure", MEASURE)  # the tests publish to it
    set_settings(soft_shutdown_s=2)
    return copy_with_sixth_stage(tmp_path / "tree", limit_s=getattr(request, "param", 20))
