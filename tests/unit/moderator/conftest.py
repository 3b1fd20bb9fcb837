"""A host of pictures on loopback that says exactly the bytes that a test gives it."""

from collections.abc import Iterator

import pytest
from loopback import LoopbackServer


@pytest.fixture
def host(sqlite, set_settings) -> Iterator[LoopbackServer]:
    """The host, with a database for its robots.txt, and a setting that lets it be reached."""
    made = LoopbackServer()
    set_settings(private_addresses=f"127.0.0.1:{made.port}", fetch_timeout_s=20)
    yield made
    made.close()
