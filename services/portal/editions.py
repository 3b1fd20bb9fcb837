"""An edition is the portal in one language: its words, its dates, its direction."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
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

    def day(self, moment: datetime, zone: str) -> str:
        """24 novembre 2026, on the calendar of a time zone."""
        return str(format_date(local_time(moment, zone), "long", self.locale))

    def long_day(self, day: date) -> str:
        """mardi 24 novembre 2026."""
        return str(format_date(day, "full", self.locale))

    def moment(self, moment: datetime, zone: str, has_time: bool = True) -> str:
        """24 novembre 2026 à 10:15; the day alone if that is all that is known."""
        day = self.day(moment, zone)
        if not has_time:
            return day
        return str(self.texts["article"]["date_and_time"]).format(day=day, time=self.hour(moment, zone))

    def hour(self, moment: datetime, zone: str) -> str:
        """10:15."""
        return str(format_time(local_time(moment, zone), "short", locale=self.locale))

    def short_moment(self, moment: datetime, zone: str, has_time: bool, now: datetime) -> str:
        """The hour of today's, the day of this year's, the whole date of older ones."""
        local, today = local_time(moment, zone), local_time(now, zone)
        if local.date() != today.date():
            skeleton = "MMMd" if local.year == today.year else "yMMMd"
            return str(format_skeleton(skeleton, local, locale=self.locale))
        if has_time:
            return self.hour(moment, zone)
        return str(self.texts["today"])

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


def machine_time(moment: datetime, zone: str, has_time: bool = True) -> str:
    """The time as HTML's datetime attribute has it; the day alone if that is all that is known."""
    return moment.isoformat() if has_time else local_time(moment, zone).date().isoformat()


def local_time(moment: datetime, zone: str) -> datetime:
    """The time on the clocks of a zone; UTC if there is no zone of that name."""
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the last two: "" and "../x", and a folder's name
        return moment.astimezone(UTC)
