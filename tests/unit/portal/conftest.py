"""The portal over a migrated SQLite database, and a reader of it."""

import pytest
from flask import Flask
from portal_press import Reader

from services.portal.app import make_portal


@pytest.fixture
def portal(sqlite) -> Flask:
    """The application."""
    return make_portal()


@pytest.fixture
def reader(portal: Flask) -> Reader:
    """Somebody who reads it."""
    return Reader(portal)
