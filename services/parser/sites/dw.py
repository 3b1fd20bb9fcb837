"""Deutsche Welle, in its form until 2023: date and author stand in a list below dozens of other articles' dates."""

import re

from services.parser.page import Page, text_of
from services.parser.text import clean

HOSTS = ("dw.com",)

_DATE = re.compile(r"^(?:Date|Fecha|Datum|تاريخ|التاريخ)\s+(?P<text>.*\d{4}.*)$")
_AUTHOR = re.compile(r"^(?:Auteure?|Author|Autora?|Autorin/Autor|الكاتب(?:ة)?|كاتب|إعداد)\s*:?\s+(?P<text>.+)$")


def stamp(page: Page) -> str | None:
    """The day of publication, as the list prints it."""
    return _first(page, _DATE)


def byline(page: Page) -> tuple[str, ...] | None:
    """The author; elsewhere the page only names the house."""
    names = _first(page, _AUTHOR)
    return tuple(name for part in re.split(r",|/|;", names) if (name := clean(part))) if names else None


def _first(page: Page, label: re.Pattern[str]) -> str | None:
    for entry in page.root.xpath(".//ul[contains(@class, 'smallList')]/li | .//div[@class='longText']/p"):
        if found := label.match(text_of(entry)):
            return found["text"]
    return None
