"""Dates as feeds write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.scraper.dates import read_date

ALGIERS = ZoneInfo("Africa/Algiers")  # an hour ahead of UTC, summer and winter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tue, 24 Nov 2026 10:30:00 +0000", (10, 30)),
        ("Tue, 24 Nov 2026 10:30:00 +0100", (9, 30)),
        ("Tue, 24 Nov 2026 10:30:00 -0330", (14, 0)),
        ("Tue, 24 Nov 2026 10:30:00 GMT", (10, 30)),
        ("Tue, 24 Nov 2026 10:30:00 EST", (15, 30)),
        ("24 Nov 2026 10:30 CET", (9, 30)),
        ("Tue, 24 Nov 2026 10:30:00", (9, 30)),
        ("Tue, 24 Nov 2026 10:30:00 WAT", (9, 30)),  # a name that we do not know: the source's own zone
        ("2026-11-24T10:30:00Z", (10, 30)),
        ("2026-11-24T10:30:00.123Z", (10, 30)),
        ("2026-11-24T10:30:00+01:00", (9, 30)),
        ("2026-11-24T10:30:00+0100", (9, 30)),
        ("2026-11-24t10:30z", (10, 30)),
        ("2026-11-24 10:30:00", (9, 30)),
        ("2026-11-24T10:30", (9, 30)),
        ("24/11/2026 10:30", (9, 30)),
        ("24-11-2026 10:30:00", (9, 30)),
        ("24.11.2026, 10:30", (9, 30)),
        ("  \n2026-11-24T10:30:00Z\t", (10, 30)),
    ],
)
def test_a_date_is_read_in_utc_and_without_a_zone_in_the_source_s(text: str, expected: tuple[int, int]) -> None:
    assert read_date(text, ALGIERS) == datetime(2026, 11, 24, *expected, tzinfo=UTC)


def test_a_day_alone_is_its_midnight_in_the_source_s_zone() -> None:
    assert read_date("2026-11-24", ALGIERS) == datetime(2026, 11, 23, 23, tzinfo=UTC)
    assert read_date("24/11/2026", ALGIERS) == datetime(2026, 11, 23, 23, tzinfo=UTC)


def test_the_day_comes_first_and_is_not_guessed() -> None:
    assert read_date("05/11/2026 10:30", UTC) == datetime(2026, 11, 5, 10, 30, tzinfo=UTC)
    assert read_date("11/24/2026 10:30", UTC) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "hier", "Tue, 31 Feb 2026 10:30:00 GMT", "2026-13-01", "2026-11-24T25:00:00Z", "2026-11-24T10:30:00+99:00",
        "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT", "9999-12-31T23:59:59-12:00",
        "1795600000", "32/11/2026", "Tue, 24 Nov 2026 10:30:00 +9999", "1" * 10_000, "-0001-11-24",
    ],
)  # fmt: skip
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text, ALGIERS) is None
