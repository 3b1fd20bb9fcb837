"""Dates as feeds write them, as aware UTC."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz

# What is on the web calls itself no older; feeds write 1970 and year 1 for "no date".
_OLDEST = datetime(1980, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]+(\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?", re.I)
_MAIL_ZONE = re.compile(r"\d:\d{2}(?::\d{2})?\s*([+-]\d{4}|[A-Za-z]+)")
#: Hours ahead of UTC. Other names are too often wrong or somebody else's: the source's own zone is the better guess.
_ZONES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ ,T-]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


def read_date(text: str, zone: tzinfo) -> datetime | None:
    """An ISO 8601, RFC 822 or day-first date; one without a zone is read in `zone`; None if it is no date."""
    trimmed = text.strip()[:80]
    for read in (_read_iso, _read_mail, _read_day_first):
        try:
            moment = read(trimmed)
        except (ValueError, OverflowError):
            moment = None
        if moment is not None:
            return _as_utc(moment, zone)
    return None


def _read_iso(text: str) -> datetime | None:
    parts = _ISO.fullmatch(text)
    if parts is None:
        return None
    day, time, offset = parts.groups()
    return datetime.fromisoformat(f"{day}T{time or '00:00'}{(offset or '').upper()}")


def _read_mail(text: str) -> datetime | None:
    parts = parsedate_tz(text)
    if parts is None:
        return None
    # parsedate_tz says 0 for a zone that is missing or that it does not know, so the zone is read here
    written = _MAIL_ZONE.search(text)
    name = written[1].upper() if written else ""
    zone = None
    if name[:1] in ("+", "-"):
        zone = timezone(timedelta(seconds=parts[9] or 0))
    elif name in _ZONES:
        zone = timezone(timedelta(hours=_ZONES[name]))
    return datetime(*parts[:6], tzinfo=zone)


def _read_day_first(text: str) -> datetime | None:
    """24/11/2026 10:30, as the French, Arabic and Spanish press writes it."""
    parts = _DAY_FIRST.fullmatch(text)
    if parts is None:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in parts.groups())
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the caller gives it its zone


def _as_utc(moment: datetime, zone: tzinfo) -> datetime | None:
    try:
        aware = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return aware if aware >= _OLDEST else None
