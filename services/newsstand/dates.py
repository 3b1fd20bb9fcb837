"""Dates as the papers print them, each in its language and its own zone."""

from datetime import date, datetime

_MONTHS = {
    language: tuple(names.split())
    for language, names in {
        "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "ar": "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر",  # as Morocco calls them
        "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "en": "January February March April May June July August September October November December",
    }.items()
}
_DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "ar": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_DAY_FORMS = {
    "fr": "{weekday} {day} {month} {year}",
    "ar": "{weekday} {day} {month} {year}",
    "es": "{weekday}, {day} de {month} de {year}",
    "en": "{weekday} {day} {month} {year}",
}
_MOMENT_FORMS = {
    "fr": "{day} à {hour}h{minute}",
    "ar": "{day} - {hour}:{minute}",
    "es": "{day}, {hour}:{minute} h",
    "en": "{day}, {hour}:{minute}",
}


def day_in_words(day: date, language: str) -> str:
    """mardi 24 novembre 2026."""
    number = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return _DAY_FORMS[language].format(
        weekday=_DAYS[language][day.weekday()], day=number, month=_MONTHS[language][day.month - 1], year=day.year
    )


def moment_in_words(moment: datetime, language: str) -> str:
    """mardi 24 novembre 2026 à 10h15; the moment is printed in the zone that it comes in."""
    return _MOMENT_FORMS[language].format(
        day=day_in_words(moment, language), hour=f"{moment:%H}", minute=f"{moment:%M}"
    )


def day_in_numbers(day: date) -> str:
    """29 - 09 - 2020, as aggregators of the Maghreb's press print it."""
    return f"{day:%d - %m - %Y}"
