"""Dates as pages print them and as their metadata holds them: day first, four Arabic vocabularies, none guessed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from services.parser.months import MONTH_PATTERN, MONTHS
from services.parser.text import fold

#: Longer texts are prose; a stamp stands in its first words.
TEXT_MAX_LENGTH = 400


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A date as it was written: perhaps with a time, perhaps with a zone."""

    day: date
    at: time | None = None
    zone: tzinfo | None = None
    is_update: bool = False  # "Mis à jour le", "Actualizado", "آخر تحديث"


_MONTH = rf"(?<![^\W\d_])(?:{MONTH_PATTERN})(?![^\W\d_])"
_YEAR = r"(?:19|20)\d\d"
_GAP = r"[\s,.\-/|]*"
_NUMBERED_DAY = r"(?<![\d.:/])\d{1,2}|(?<!\w)(?:فاتح|premier|primero)(?!\w)"
_DAY_MONTH_YEAR = re.compile(
    rf"(?P<day>{_NUMBERED_DAY})\s*(?:er|re|st|nd|rd|th|[oa](?![^\W\d_])|°)?{_GAP}(?:de\s|of\s|من\s)?\s*(?:شهر\s)?(?P<month>{_MONTH})\.?"
    rf"(?:\s*[/(]\s*(?P<again>{_MONTH})\s*\)?)?{_GAP}(?:del?\s|of\s|سنه\s|عام\s)?\s*(?P<year>{_YEAR})(?!\d)"
)
_MONTH_DAY_YEAR = re.compile(
    rf"(?P<month>{_MONTH})\.?(?:\s*[/(]\s*(?P<again>{_MONTH})\s*\)?)?\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?"
    rf"\s*(?:,|\s)\s*(?P<year>{_YEAR})(?!\d)"
)
_NUMBERS = re.compile(
    rf"(?<![\d./])(?<!\d[-:])(?P<day>\d{{1,2}})\s*(?P<rule>[/.\-])\s*(?P<month>\d{{1,2}})\s*(?P=rule)\s*(?P<year>{_YEAR})"
    r"(?!\d|\s?[/.\-]\s?\d{1,2}(?!\d|[:h]))"
)
_YEAR_FIRST = re.compile(
    rf"(?<![\d./])(?<!\d-)(?P<year>{_YEAR})\s*(?P<rule>[/.\-])\s*(?P<month>\d{{1,2}})\s*(?P=rule)\s*(?P<day>\d{{1,2}})"
    r"(?!\d|\s?[/.]\s?\d)"
)
_FORMS = (_DAY_MONTH_YEAR, _MONTH_DAY_YEAR, _YEAR_FIRST, _NUMBERS)

# The end of a span of days: its last day is no date of publication, and the first has no year.
_RANGE_BEFORE = re.compile(
    rf"(?:^|[^\d:h])\d{{1,2}}(?:\s*{_MONTH})?\s*(?:-|&|au|al?|to|till|until|et|and|[yو]|الي|حتي)\s*$"
)
_RANGE_BETWEEN = re.compile(r"\s*(?:et\s+le|y\s+el|au|al|a|to|till|until|hasta(?:\s+el)?|jusqu'au|الي|حتي)\s*")
_RANGE_OPENS = re.compile(r"(?:\bdu|\bfrom|\bdel|\bdesde(?:\s+el)?|\bbetween|\bentre(?:\s+l?el?)?|من|بين)\s*$")

_UPDATE = re.compile(
    r"m(?:is|ise)s? a jour|\bmaj\b|modifi|actualis|actualiz|updated|last update|edited|revised|تحديث|حدث|تعديل|عدل"
)

_HALF = r"(?:\s*(?P<half>am|pm|a\.\s?m\.?|p\.\s?m\.?|صباحا|مساء|ص|م)(?![^\W\d_]))?"
_ZONE = r"(?:\s*\(?(?P<zone>z|[a-z]{2,4})?\s?(?P<offset>[+-]\d{1,2}(?::?\d{2})?)?(?![\w:]))?"
_CLOCK = (
    r"(?<![\d:])(?P<hour>[01]?\d|2[0-3])\s*"
    r"(?:(?P<mark>[:h]|heures?)\s*(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:[.,]\d+)?)?(?!\d)|\.(?P<dotted>[0-5]\d)(?=\s*h)"
    r"|(?=\s*(?:h|heures?|horas|am|pm)(?![^\W\d_])))(?:\s*(?:hrs?|hs?|heures?|horas)(?![^\W\d_])\.?)?"
)
_LINK = r"(?:[\s,|·•.()\[\]\-/;]|\ba las\b|\ba\b|\bat\b|\bt(?=\d)|علي الساعه|الساعه|علي)*"
_TIME_AFTER = re.compile(_LINK + _CLOCK + _HALF + _ZONE)
_WEEKDAYS = (
    "lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves viernes sabado domingo monday tuesday "
    "wednesday thursday friday saturday sunday lun mar mer jeu ven sam dim mie jue vie sab dom mon tue wed thu fri sat sun الاثنين الثلاثاء الاربعاء الخميس الجمعه السبت الاحد"
)
_TIME_BEFORE = re.compile(
    _CLOCK + _HALF + _ZONE + rf"(?:[\s,.|·•()\-/]|\ble\b|\bel\b|\bon\b|في|يوم|{'|'.join(_WEEKDAYS.split())})*$"
)

_ISO = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[Tt\s]+(\d{2}):?(\d{2})(?::?(\d{2}))?(?:[.,]\d+)?\s*([Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?"
)
#: Java's Date.toString and C's asctime: Fri Apr 28 19:20:36 CEST 2023
_ASCTIME = re.compile(r"[A-Z][a-z]{2},? ([A-Z][a-z]{2})\s+(\d{1,2}) (\d{1,2}:\d{2}:\d{2}) (?:([A-Z]{1,4}) )?(\d{4})")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
#: Hours ahead of UTC. Names that stand for several zones (IST, CST in China) are left to the source's own.
_ZONES = {
    "z": 0, "gmt": 0, "utc": 0, "ut": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2,
    "est": -5, "edt": -4, "et": -5, "pst": -8, "pdt": -7,
}  # fmt: skip


def read_date(text: str) -> PrintedDate | None:
    """The date that a printed line gives, the day of publication before that of an update; None if it gives none."""
    dates = read_dates(text)
    return next((one for one in dates if not one.is_update), dates[0] if dates else None)


def read_dates(text: str) -> list[PrintedDate]:
    """Every whole date of a line (day, month and year), in its order; spans of days are left out."""
    line = fold(text[: TEXT_MAX_LENGTH * 2])[:TEXT_MAX_LENGTH]
    found: list[PrintedDate] = []
    end = 0
    for match, day in _without_ranges(line, list(_find_days(line))):
        printed = _with_time(line, match, day)
        found.append(replace(printed, is_update=bool(_UPDATE.search(line[end : match.start()]))))
        end = match.end()
    return found


def read_machine_date(text: str) -> PrintedDate | None:
    """The date in a meta tag, a datetime attribute or JSON-LD: ISO 8601, seconds since 1970, else as printed."""
    trimmed = text.strip()
    try:
        if iso := _ISO.fullmatch(trimmed):
            year, month, day, hour, minute, second, zone = iso.groups()
            at = time(int(hour), int(minute), int(second or 0)) if hour else None
            return PrintedDate(
                date(int(year), int(month), int(day)), at, _read_zone("", zone.lower()) if zone else None
            )
        if _EPOCH.fullmatch(trimmed):
            moment = datetime.fromtimestamp(int(trimmed[:10]), UTC)
            return PrintedDate(moment.date(), moment.time(), UTC)
    except ValueError:
        return None
    return read_date(_ASCTIME.sub(r"\2 \1 \5 \3 \4", trimmed))


def _find_days(line: str) -> Iterator[tuple[re.Match[str], date]]:
    matches = sorted((match for form in _FORMS for match in form.finditer(line)), key=lambda match: match.start())
    end = 0
    for match in matches:
        day = _day_of(match) if match.start() >= end else None
        if day is not None:
            yield match, day
            end = match.end()


def _day_of(match: re.Match[str]) -> date | None:
    day, month = match["day"], match["month"]
    number = MONTHS.get(" ".join(month.split())) or int(month)
    again = match.groupdict().get("again")
    if again and MONTHS[" ".join(again.split())] != number:
        return None
    first = int(day) if day.isdigit() else 1
    if number > 12 >= first and match.re is _NUMBERS:
        first, number = number, first  # 09/29/2020 can be nothing but American
    try:
        return date(int(match["year"]), number, first)
    except ValueError:
        return None


def _without_ranges(line: str, days: list[tuple[re.Match[str], date]]) -> list[tuple[re.Match[str], date]]:
    ends = set()
    for index, (match, _) in enumerate(days):
        if _RANGE_BEFORE.search(line, 0, match.start()):
            ends.add(index)
        if index and _RANGE_BETWEEN.fullmatch(line, days[index - 1][0].end(), match.start()):
            ends.update((index - 1, index))
        is_open = _RANGE_OPENS.search(line, 0, match.start())
        if is_open and index + 1 < len(days):
            ends.update((index, index + 1))
    return [one for index, one in enumerate(days) if index not in ends]


def _with_time(line: str, match: re.Match[str], day: date) -> PrintedDate:
    clock = _TIME_AFTER.match(line, match.end()) or _TIME_BEFORE.search(
        line[max(0, match.start() - 40) : match.start()]
    )
    if clock is None:
        return PrintedDate(day)
    hour = int(clock["hour"])
    half = (clock["half"] or "").replace(".", "").replace(" ", "")
    if half and hour <= 12:
        hour = hour % 12 + (12 if half in ("pm", "م", "مساء") else 0)
    at = time(hour, int(clock["minute"] or clock["dotted"] or 0), int(clock["second"] or 0))
    groups = clock.groupdict()
    return PrintedDate(day, at, _read_zone(groups.get("zone") or "", groups.get("offset") or ""))


def _read_zone(name: str, offset: str) -> tzinfo | None:
    if offset in ("z", "utc", "gmt"):
        return UTC
    if offset and name in ("", "gmt", "utc"):
        digits = offset[1:].replace(":", "")
        hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
        ahead = timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
        return timezone(ahead) if abs(ahead) <= timedelta(hours=14) else None
    return timezone(timedelta(hours=_ZONES[name])) if name in _ZONES else None
