"""The portal's languages: ISO 639-1 codes, their own names, their direction."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """A language that articles are kept in and readers read."""

    code: str
    name: str  # in the language itself
    direction: str  # "ltr" or "rtl", as HTML's dir attribute


LANGUAGES: dict[str, Language] = {
    "fr": Language("fr", "Français", "ltr"),
    "ar": Language("ar", "العربية", "rtl"),
    "es": Language("es", "Español", "ltr"),
    "en": Language("en", "English", "ltr"),
}


def others_than(code: str) -> tuple[str, ...]:
    """The languages that an article written in `code` is translated into."""
    return tuple(other for other in LANGUAGES if other != code)
