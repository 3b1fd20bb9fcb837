"""Forms of dates beyond the table: times, zones, updates, spans, and lines that give no date."""

from datetime import UTC, date, time, timedelta

import pytest

from services.parser.dates import read_date, read_dates, read_machine_date


@pytest.mark.parametrize(
    ("line", "day", "at"),
    [
        ("Publié le 3 juin 2024 à 8h05", date(2024, 6, 3), time(8, 5)),
        ("Lundi 1er janvier 2024 - 18:40", date(2024, 1, 1), time(18, 40)),
        ("15 déc. 2023 | 07:00", date(2023, 12, 15), time(7)),
        ("الاثنين 3 يونيو 2024 - 18:40", date(2024, 6, 3), time(18, 40)),
        ("الجمعة 12 يوليوز 2024 09:15 مساء", date(2024, 7, 12), time(21, 15)),
        ("نشر في 4 جويلية 2024", date(2024, 7, 4), None),
        ("Lunes, 3 de junio de 2024 a las 18:40", date(2024, 6, 3), time(18, 40)),
        ("1 de enero de 2024", date(2024, 1, 1), None),
        ("June 3, 2024 at 6:40 pm", date(2024, 6, 3), time(18, 40)),
        ("12th March 2024", date(2024, 3, 12), None),
        ("03/06/2024", date(2024, 6, 3), None),
        ("09/29/2020", date(2020, 9, 29), None),
    ],
)
def test_day_and_hour_are_read_in_each_language(line, day, at):
    printed = read_date(line)
    assert printed is not None
    assert (printed.day, printed.at) == (day, at)


@pytest.mark.parametrize(
    "line",
    [
        "Il y a deux heures",
        "Hier à 14h30",
        "30 février 2024",
        "en juin 2024",
        "Version 2.10.2024.7",
        "منذ ثلاث ساعات",
        "31 أبريل 2024",
        "شهر يونيو 2024",
        "hace dos horas",
        "el 31 de junio de 2024",
        "yesterday at 6 pm",
        "13/13/2024",
        "Du 3 au 9 juin 2024",
        "Del 3 al 9 de junio de 2024",
        "from 3 to 9 June 2024",
    ],
)
def test_a_line_without_one_whole_day_gives_none(line):
    assert read_date(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "Mis à jour le 5 juin 2024, publié le 3 juin 2024",
        "Publicado el 3 de junio de 2024. Actualizado el 5 de junio de 2024",
        "Updated June 5, 2024. Published June 3, 2024",
        "آخر تحديث 5 يونيو 2024 نشر في 3 يونيو 2024",
    ],
)
def test_publication_goes_before_update_in_any_order(line):
    assert read_date(line).day == date(2024, 6, 3)
    assert [one.day for one in read_dates(line) if one.is_update] == [date(2024, 6, 5)]


@pytest.mark.parametrize(
    ("text", "day", "ahead"),
    [
        ("2024-06-03T08:05:00+01:00", date(2024, 6, 3), timedelta(hours=1)),
        ("2024-06-03T08:05:00Z", date(2024, 6, 3), timedelta(0)),
        ("2024-06-03 08:05", date(2024, 6, 3), None),
        ("20240603", date(2024, 6, 3), None),
        ("1717401900", date(2024, 6, 3), timedelta(0)),
        ("1717401900000", date(2024, 6, 3), timedelta(0)),
        ("Mon Jun 03 08:05:00 CEST 2024", date(2024, 6, 3), timedelta(hours=2)),
    ],
)
def test_metadata_keeps_the_zone_that_it_states(text, day, ahead):
    read = read_machine_date(text)
    assert read.day == day
    assert (read.zone.utcoffset(None) if read.zone else None) == ahead


def test_seconds_since_1970_are_utc():
    read = read_machine_date("1717401900")
    assert (read.at, read.zone) == (time(8, 5), UTC)


@pytest.mark.parametrize("text", ["", "null", "2024-13-01", "2024-06-31T10:00:00Z", "0000-00-00", "demain"])
def test_metadata_that_is_no_date_gives_none(text):
    assert read_machine_date(text) is None
