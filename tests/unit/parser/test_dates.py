"""Dates as the papers of the Maghreb, France and Spain print them."""

from datetime import date
from pathlib import Path

import pytest

from services.parser.dates import read_date

ROWS = [
    row.split("\t") for row in (Path(__file__).parent / "date_lines.tsv").read_text(encoding="utf-8").splitlines()[1:]
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_every_printed_line_is_read_right(row):
    _, line, wanted = row
    assert read_date(line).day == date.fromisoformat(wanted)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("Publié le mardi 24 novembre 2026 à 10h15", date(2026, 11, 24)),
        ("الثلاثاء 24 نونبر 2026 - 10:15", date(2026, 11, 24)),
        ("الأربعاء، 07 أكتوبر 2020 - 12:09 م", date(2020, 10, 7)),
        ("Tánger, 3 de marzo de 2025", date(2025, 3, 3)),
        ("Published on March 3, 2025", date(2025, 3, 3)),
        ("٣ مارس ٢٠٢٥", date(2025, 3, 3)),
    ],
)
def test_other_forms_are_read_too(line, wanted):
    assert read_date(line).day == wanted


@pytest.mark.parametrize("line", ["", "Lire aussi", "31 février 2024", "0522 20 30 40", "le 45 mars 2024", "2024"])
def test_what_is_no_date_is_none(line):
    assert read_date(line) is None
