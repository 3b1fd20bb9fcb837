"""A house for each test of a fault, and as long as its durations need."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.house import IS_FULL, House, fault_house


@pytest.fixture
def house(tmp_path, broker, database, set_settings, monkeypatch) -> Iterator[House]:
    """A house on the session's Redis, once on each database."""
    with fault_house(tmp_path, broker, set_settings, monkeypatch) as made:
        yield made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test has as long as its durations need."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(3600 if IS_FULL else 300))
