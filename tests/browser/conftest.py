"""A portal in a process of its own, and the machine's chromium; without one these tests are left out."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from servers import find_chromium, free_port, python_process, wait_until

from shared.settings import settings


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """The machine's chromium, started once."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("there is no chromium on this machine")
    from playwright.sync_api import sync_playwright

    # root has no sandbox to go into, and a container may have a /dev/shm of 64 MB
    options = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.getuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=options)
        yield browser
        browser.close()


@pytest.fixture
def portal_url(sqlite, tmp_path: Path) -> Iterator[str]:
    """Where the portal of the test's own database answers."""
    address = f"127.0.0.1:{free_port()}"
    environment = {"KIOSQUE_VAR": str(settings().var), "KIOSQUE_PORTAL_ADDRESS": address}
    log = tmp_path / "portal.log"
    with python_process("-m", "services.portal", environment=environment, log=log):
        wait_until(lambda: _answers(f"http://{address}/healthz"), what=f"an answer of the portal ({log})")
        yield f"http://{address}"


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
