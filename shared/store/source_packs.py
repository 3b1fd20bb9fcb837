"""Packs: sources described in TOML, read and checked; whatever is wrong is told with file, source and remedy."""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shared.errors import KiosqueError, Unprocessable
from shared.languages import LANGUAGES
from shared.web.urls import parse_url

#: What a [[source]] may say; the first four it must.
REQUIRED: dict[str, Any] = {"key": str, "name": str, "home_url": str, "feeds": list}
OPTIONAL: dict[str, Any] = {
    "country": str, "languages": list, "time_zone": str, "pace_s": (int, float), "poll_every_s": int, "display": str,
    "images": bool, "credit": str, "enabled": bool,
}  # fmt: skip
DISPLAYS = ("headline", "lead", "full")
#: A pace over an hour, a poll seldomer than once a month or a name of three lines is a slip of the pen.
PACE_MOST_S, POLL_EVERY_MOST_S, NAME_MAX_LENGTH = 3600, 30 * 24 * 3600, 200
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class BadSourceError(KiosqueError):
    """A source is not described rightly, or there is none of this key."""


def read_pack(path: Path, placeholders: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """The [[source]] tables of a TOML pack, checked; BadSourceError names the file, the source and the remedy.

    `{name}` in a pack is replaced by the placeholder of that name.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadSourceError(f"{path} is not text in UTF-8: save it as such") from error
    except OSError as error:
        raise BadSourceError(f"{path} cannot be read: {error.strerror}") from error
    for name, value in (placeholders or {}).items():
        text = text.replace("{" + name + "}", value)
    try:
        rows = tomllib.loads(text).get("source", [])
    except tomllib.TOMLDecodeError as error:
        raise BadSourceError(f"{path} is not TOML: {error}") from error
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadSourceError(f"{path} has no [[source]] table: see docs/add-a-source.md")
    checked = [check_source(row, str(path)) for row in rows]
    _refuse_twice([row["key"] for row in checked], f"{path}: two sources have the key")
    return checked


def check_source(row: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """A source's row with its addresses in one form; BadSourceError says what is wrong with which."""
    prefix = f"{where}: source {row.get('key', '?')!r}" if where else f"source {row.get('key', '?')!r}"
    _check_names_and_types(row, prefix)
    _check_texts(row, prefix)
    _check_numbers(row, prefix)
    checked = {**row, "home_url": _read_url(row["home_url"], prefix)}
    checked["feeds"] = [_read_url(url, prefix) for url in row["feeds"]]
    _refuse_twice(checked["feeds"], f"{prefix} names a feed twice:")
    return checked


def _check_names_and_types(row: Mapping[str, Any], prefix: str) -> None:
    missing = [name for name in REQUIRED if not row.get(name)]
    if missing:
        raise BadSourceError(f"{prefix} has no {', '.join(missing)}")
    known = REQUIRED | OPTIONAL
    unknown = sorted(set(row) - set(known))
    if unknown:
        raise BadSourceError(f"{prefix} has unknown keys: {', '.join(unknown)}; there are {', '.join(known)}")
    for name, wanted in known.items():
        value = row.get(name)
        is_wrong = isinstance(value, bool) and wanted is not bool  # True is an int to Python
        if name in row and (is_wrong or not isinstance(value, wanted)):
            raise BadSourceError(f"{prefix}: {name} = {value!r} is of the wrong type")
    for name in ("feeds", "languages"):
        if not all(isinstance(one, str) for one in row.get(name, ())):
            raise BadSourceError(f"{prefix}: {name} = {row[name]!r} must be a list of texts")


def _check_texts(row: Mapping[str, Any], prefix: str) -> None:
    if not _KEY.fullmatch(row["key"]):
        raise BadSourceError(f"{prefix}: a key is 64 of a-z, 0-9 and - at the most, as in el-watan")
    if len(row["name"]) > NAME_MAX_LENGTH:
        raise BadSourceError(f"{prefix}: name is longer than {NAME_MAX_LENGTH} characters")
    if row.get("display", "full") not in DISPLAYS:
        raise BadSourceError(f"{prefix}: display = {row['display']!r} is not one of {', '.join(DISPLAYS)}")
    strangers = [code for code in row.get("languages", ()) if code not in LANGUAGES]
    if strangers:
        raise BadSourceError(f"{prefix}: languages {strangers} are not among {', '.join(LANGUAGES)}")
    if not re.fullmatch(r"(?:[A-Z]{2})?", row.get("country", "")):
        raise BadSourceError(f"{prefix}: country = {row['country']!r} is not two capitals (ISO 3166), as in MA")
    try:
        ZoneInfo(row.get("time_zone", "UTC"))
    except (KeyError, ValueError, OSError) as error:  # what ZoneInfo says of an unknown name, of "../x", of "Africa"
        zone = row["time_zone"]
        raise BadSourceError(f"{prefix}: there is no time zone {zone!r}; one is Africa/Casablanca") from error


def _check_numbers(row: Mapping[str, Any], prefix: str) -> None:
    pace_s, poll_every_s = row.get("pace_s", 1), row.get("poll_every_s", 60)
    if not (math.isfinite(pace_s) and 0 <= pace_s <= PACE_MOST_S):
        raise BadSourceError(f"{prefix}: pace_s = {pace_s} is not from 0 to {PACE_MOST_S} seconds")
    if not 1 <= poll_every_s <= POLL_EVERY_MOST_S:
        raise BadSourceError(f"{prefix}: poll_every_s = {poll_every_s} is not from 1 to {POLL_EVERY_MOST_S} seconds")


def _read_url(url: str, prefix: str) -> str:
    unfilled = _PLACEHOLDER.search(url)
    if unfilled:
        raise BadSourceError(f"{prefix}: {url} has a placeholder {unfilled[0]} that nobody filled")
    try:
        return str(parse_url(url.strip()))
    except Unprocessable as error:
        raise BadSourceError(f"{prefix}: {error.detail}") from error


def _refuse_twice(values: Sequence[str], what: str) -> None:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise BadSourceError(f"{what} {', '.join(twice)}")
