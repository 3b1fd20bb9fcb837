"""A second table of date lines, written from the habits of the press and not from the reader's rules."""

from datetime import date
from pathlib import Path

import pytest

from services.parser.dates import read_date

ROWS = [
    row.split("\t")
    for row in (Path(__file__).parent / "press_date_lines.tsv").read_text(encoding="utf-8").splitlines()[1:]
]


@pytest.mark.parametrize(("line", "wanted"), [(line, wanted) for _, line, wanted in ROWS], ids=[row[1] for row in ROWS])
def test_a_line_gives_its_day_and_none_if_it_has_none(line, wanted):
    printed = read_date(line)
    assert (printed.day if printed else None) == (date.fromisoformat(wanted) if wanted else None)


@pytest.mark.parametrize(
    ("line", "hours"),
    [
        ("06 feb 2025 - 11:42 CET", 1),
        ("Published 6:42 PM EST, Thu February 6, 2025", -5),
        ("6 février 2025 à 11:42 GMT+1", 1),
    ],
)
def test_a_printed_zone_is_read(line, hours):
    printed = read_date(line)
    assert printed is not None
    assert printed.zone is not None
    assert printed.zone.utcoffset(None).total_seconds() == hours * 3600
