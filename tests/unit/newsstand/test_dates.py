"""Dates as the papers print them."""

from datetime import UTC, date, datetime

import pytest

from services.newsstand.dates import day_in_numbers, day_in_words, moment_in_words


@pytest.mark.parametrize(
    ("moment", "language", "printed"),
    [
        (datetime(2026, 11, 24, 10, 15, tzinfo=UTC), "ar", "الثلاثاء 24 نونبر 2026 - 10:15"),
        (datetime(2026, 8, 1, 9, 5, tzinfo=UTC), "ar", "السبت 1 غشت 2026 - 09:05"),
        (datetime(2026, 11, 24, 10, 15, tzinfo=UTC), "fr", "mardi 24 novembre 2026 à 10h15"),
        (datetime(2026, 8, 1, 9, 5, tzinfo=UTC), "fr", "samedi 1er août 2026 à 09h05"),
        (datetime(2026, 11, 24, 10, 15, tzinfo=UTC), "es", "martes, 24 de noviembre de 2026, 10:15 h"),
        (datetime(2026, 11, 24, 10, 15, tzinfo=UTC), "en", "Tuesday 24 November 2026, 10:15"),
    ],
)
def test_a_moment_is_printed_in_the_papers_language(moment, language, printed):
    assert moment_in_words(moment, language) == printed


def test_arabic_months_are_called_as_in_morocco():
    names = [day_in_words(date(2026, month, 7), "ar").split()[2] for month in range(1, 13)]
    assert " ".join(names) == "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر"


def test_arabic_days_begin_with_monday():
    names = [day_in_words(date(2026, 6, day), "ar").split()[0] for day in range(1, 8)]
    assert " ".join(names) == "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد"


def test_an_aggregators_day_is_printed_in_numbers():
    assert day_in_numbers(date(2020, 9, 5)) == "05 - 09 - 2020"
