"""An edition is the portal in one language: its words, its dates, its direction."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from markupsafe import Markup, escape

from shared.languages import LANGUAGES

TEXTS = Path(__file__).parent / "texts"
#: The language of readers who ask for none of ours.
FIRST = next(iter(LANGUAGES))
#: How engines write themselves; one that is not here is shown by its own name.
_ENGINES = {"apertium": "Apertium", "libretranslate": "LibreTranslate"}
_COMMA = Markup(", ")
_SEPARATORS = {"ar": Markup("، ")}


@dataclass(frozen=True, slots=True)
class Edition:
    """The portal in one language."""

    code: str
    direction: str
    texts: dict[str, Any]
    locale: Locale

    def long_day(self, day: date) -> str:
        """mardi 24 novembre 2026."""
        return _with_ordinal(format_date(day, "full", self.locale), day, self.locale)

    def short_day(self, day: date, *, has_year: bool) -> str:
        """24 nov.; with its year, 24 nov. 2025."""
        return _format_day("yMMMd" if has_year else "MMMd", day, self.locale)

    def hour(self, local: datetime) -> str:
        """10:15."""
        return _format_hour(local.hour, local.minute, self.locale)

    def moment(self, moment: datetime, zone: str, has_time: bool = True) -> str:
        """24 novembre 2026 à 10:15 on the clocks of a zone; the day alone if that is all that is known."""
        local = local_time(moment, zone)
        day = _with_ordinal(format_date(local, "long", self.locale), local, self.locale)
        if not has_time:
            return day
        return str(self.texts["article"]["date_and_time"]).format(day=day, time=self.hour(local))

    def enumerate_names(self, names: Iterable[str]) -> Markup:
        """Names in a row, each kept in its own direction."""
        return _SEPARATORS.get(self.code, _COMMA).join(isolate(name) for name in names)

    def engine(self, name: str, version: str) -> str:
        """An engine as it is credited."""
        return f"{_ENGINES.get(name, name)} {version}".strip()


@cache
def edition_of(code: str) -> Edition:
    """The edition in a language of the portal."""
    texts = tomllib.loads((TEXTS / f"{code}.toml").read_text(encoding="utf-8"))
    return Edition(code, LANGUAGES[code].direction, texts, Locale.parse(texts["locale"]))


def fill(sentence: str, **parts: str) -> Markup:
    """A sentence of the texts with its parts put in, escaped unless they are markup already."""
    return Markup(escape(sentence)).format(**parts)  # noqa: S704 - escaped in this very line


def isolate(text: str) -> Markup:
    """A text whose direction does not disturb the sentence around it, nor the other way round."""
    return Markup("<bdi>{}</bdi>").format(text)


def machine_time(moment: datetime, local: datetime, has_time: bool) -> str:
    """A time as HTML's datetime attribute has it; the local day alone if that is all that is known."""
    return moment.isoformat() if has_time else local.date().isoformat()


def local_time(moment: datetime, zone: str) -> datetime:
    """The time on the clocks of a zone; UTC if there is no zone of that name."""
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the last two: "" and "../x", and a folder's name
        return moment.astimezone(UTC)


# Babel takes 60 µs for each; a list has fifty of them, mostly of the same few days.
@lru_cache(maxsize=4 * 1440)
def _format_hour(hour: int, minute: int, locale: Locale) -> str:
    return str(format_time(time(hour, minute), "short", locale=locale))


@lru_cache(maxsize=4096)
def _format_day(skeleton: str, day: date, locale: Locale) -> str:
    return _with_ordinal(format_skeleton(skeleton, datetime.combine(day, time()), locale=locale), day, locale)


def _with_ordinal(text: str, day: date, locale: Locale) -> str:
    """French writes the first of a month 1er, which CLDR's patterns cannot say."""
    return re.sub(r"\b1\b", "1er", text, count=1) if locale.language == "fr" and day.day == 1 else text
