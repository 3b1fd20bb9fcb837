"""Whose time zones hold."""

import zoneinfo
from datetime import datetime, timedelta

import shared  # noqa: F401 - its import is what settles it


def test_zones_are_the_locked_package_s_whatever_the_machine_has():
    assert zoneinfo.TZPATH == ()
    # tzdata 2026: Morocco is an hour ahead no more; a machine's older data would say that it is
    morocco = zoneinfo.ZoneInfo("Africa/Casablanca")
    assert datetime(2025, 11, 24, tzinfo=morocco).utcoffset() == timedelta(hours=1)
    assert datetime(2026, 11, 24, tzinfo=morocco).utcoffset() == timedelta(0)
