"""Editions: the same words in every language, and dates as each writes them."""

import re
import tomllib
from datetime import UTC, date, datetime

import pytest
from markupsafe import Markup

from services.portal.editions import TEXTS, edition_of, fill, isolate, local_time
from shared.languages import LANGUAGES

NOON = datetime(2020, 9, 29, 11, tzinfo=UTC)  # noon in Algiers
EVENING = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # past midnight in Algiers and in Madrid


def sentences(table: dict, under: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        found |= sentences(value, f"{under}{key}.") if isinstance(value, dict) else {f"{under}{key}": value}
    return found


def texts_of(code: str) -> dict[str, str]:
    return sentences(tomllib.loads((TEXTS / f"{code}.toml").read_text(encoding="utf-8")))


def test_every_language_has_its_texts_and_no_other_has():
    assert {path.stem for path in TEXTS.glob("*.toml")} == set(LANGUAGES)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_edition_says_the_same_things(code):
    assert texts_of(code).keys() == texts_of("fr").keys()


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_sentence_has_the_same_gaps_in_every_language(code):
    def gaps(texts: dict[str, str]) -> dict[str, list[str]]:
        return {key: sorted(re.findall(r"{(\w+)}", text)) for key, text in texts.items()}

    assert gaps(texts_of(code)) == gaps(texts_of("fr"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_text_is_empty(code):
    assert [key for key, text in texts_of(code).items() if not text.strip()] == []


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("fr", "29 septembre 2020"),
        ("ar", "29 شتنبر 2020"),  # as Morocco calls it, in the digits that Morocco writes
        ("es", "29 de septiembre de 2020"),
        ("en", "29 September 2020"),
    ],
)
def test_a_day_is_written_as_its_readers_write_it(code, day):
    assert edition_of(code).moment(NOON, "Africa/Algiers", has_time=False) == day


@pytest.mark.parametrize(
    ("code", "moment"),
    [
        ("fr", "25 novembre 2026 à 00:30"),
        ("ar", "25 نونبر 2026 على الساعة 00:30"),
        ("es", "25 de noviembre de 2026 a las 0:30"),
        ("en", "25 November 2026 at 00:30"),
    ],
)
def test_a_moment_is_told_on_the_clock_of_its_source(code, moment):
    assert edition_of(code).moment(EVENING, "Africa/Algiers") == moment


def test_a_zone_that_nobody_knows_is_read_as_utc():
    for zone in ("Mars/Olympus", "", "../etc"):
        assert local_time(EVENING, zone) == EVENING
        assert local_time(EVENING, zone).day == 24


@pytest.mark.parametrize(("has_year", "text"), [(False, "24 nov."), (True, "24 nov. 2026")])
def test_a_short_day_names_the_year_only_when_asked(has_year, text):
    assert edition_of("fr").short_day(date(2026, 11, 24), has_year=has_year) == text


def test_the_first_of_a_month_is_an_ordinal_in_french_only():
    first = datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert edition_of("fr").moment(first, "UTC", has_time=False) == "1er novembre 2026"
    assert edition_of("fr").long_day(first.date()) == "dimanche 1er novembre 2026"
    assert edition_of("fr").short_day(first.date(), has_year=False) == "1er nov."
    assert edition_of("fr").long_day(date(2026, 11, 11)) == "mercredi 11 novembre 2026"
    assert edition_of("en").long_day(first.date()) == "Sunday, 1 November 2026"


def test_what_fills_a_sentence_is_escaped_and_markup_is_not():
    filled = fill("<i> {source} & {name}", source="<b>", name=Markup("<bdi>x</bdi>"))
    assert filled == "&lt;i&gt; &lt;b&gt; &amp; <bdi>x</bdi>"


def test_a_name_is_isolated_and_escaped():
    assert isolate("<Hespress>") == "<bdi>&lt;Hespress&gt;</bdi>"


@pytest.mark.parametrize(("code", "comma"), [("fr", ", "), ("ar", "، ")])
def test_names_in_a_row_are_divided_by_the_editions_comma(code, comma):
    assert edition_of(code).enumerate_names(["A", "B"]) == f"<bdi>A</bdi>{comma}<bdi>B</bdi>"


def test_an_engine_that_is_not_known_is_credited_by_its_own_name():
    assert edition_of("fr").engine("apertium", "3.8") == "Apertium 3.8"
    assert edition_of("fr").engine("marian", "") == "marian"
