"""Pages that show another paper's article: which paper, on which day, and where the original is.

The form is that of the press portals of the Maghreb: under the headline "Publié dans Challenge le 29 - 09 - 2020",
below the text "Cliquez ici pour lire l'article depuis sa source."
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from services.parser.blocks import Blocks
from services.parser.dates import read_date
from services.parser.page import Page, text_of
from services.parser.text import clean, fold, key_of

_PUBLISHED_IN = re.compile(
    r"^\W*(?:(?:publie|paru|edite) (?:dans|sur|par)|(?:publicado|aparecido) (?:en|por)|(?:published|appeared) (?:in|by)|نشر (?:في|علي)|نشرت (?:في|علي)|منشور في)\s+"
    r"(?P<name>.{2,60}?)\s+(?:le|el|on|يوم|بتاريخ)\s+(?P<day>.{8,40})$"
)
#: The hyphens with spaces are the portals' own hand; a paper's "Publié dans Économie le 29/09/2020" names a section.
_SPACED_DAY = re.compile(r"\d{1,2} - \d{1,2} - \d{4}")
_TO_SOURCE = re.compile(
    r"^\W*(?:(?:cliquez )?ici pour (?:lire|consulter|voir) .*source|lire l'article (?:depuis|sur|a) (?:sa|la) source|"
    r"(?:انقر|اضغط|انقروا) هنا (?:ل)?(?:قراءه|مطالعه|الاطلاع علي) .*مصدر.*|(?:اقرا|قراءه) (?:الخبر|المقال) (?:من|في) (?:مصدره|المصدر).*|"
    r"(?:haga|haz|pulse|pincha) ?(?:clic|click)? aqui para (?:leer|ver) .*fuente|leer (?:el articulo|la noticia) (?:en|desde) su fuente|"
    r"click here to (?:read|view|see) .*source|read (?:the|this) (?:article|story) (?:at|from) (?:its|the) (?:original )?source"
    r")\W*$"
)
_SOURCE = re.compile(r"source|fuente|مصدر", re.I)  # what every form above has, looked for first: it is quick
_DIGIT = re.compile(r"\d")
_LINE_MAX_LENGTH = 160
#: "ici", "Cliquez ici": then the line around the link says what is there.
_HERE_MAX_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Original:
    """What an aggregator's page says of the article that it shows; all "" on any other page."""

    source_name: str = ""
    source_url: str = ""
    printed_day: str = ""  # the stamp as printed, for dates.py


def read_original(page: Page, blocks: Blocks, sections: set[str]) -> Original:
    """The article's first paper; `sections` are keys of the names of this site's own parts."""
    is_named = any(_SOURCE.search(block.text) for block in blocks.all)  # quicker than to look at every link
    url = _source_url(page) if is_named else ""
    for block in blocks.all:
        if len(block.text) > _LINE_MAX_LENGTH or not _DIGIT.search(block.text):
            continue
        found = _PUBLISHED_IN.match(fold(block.text))
        if found is None or read_date(found["day"]) is None:
            continue
        name = _as_printed(block.text, found["name"])
        if key_of(name) in sections or not (url or _SPACED_DAY.search(found["day"])):
            continue
        return Original(name, url, block.text)
    return Original(source_url=url)


def _source_url(page: Page) -> str:
    """Where the link "read the article at its source" leads: the whole line may be the link, or only its "here"."""
    for link in page.root.iter("a"):
        if any(_SOURCE.search(line) and _TO_SOURCE.match(fold(line)) for line in _lines_about(link)):
            url = page.absolute(link.get("href"))
            if url and url != page.url and not _is_home(url, page):
                return url
    return ""


def _is_home(url: str, page: Page) -> bool:
    """Whether an address is only this site's front page."""
    return urlsplit(url).path in ("", "/") and urlsplit(url).netloc == urlsplit(page.url).netloc


def _lines_about(link: HtmlElement) -> Iterator[str]:
    text = text_of(link)
    if len(text) <= _LINE_MAX_LENGTH:
        yield text
        parent = link.getparent()
        if parent is not None and len(text) <= _HERE_MAX_LENGTH and len(around := text_of(parent)) <= _LINE_MAX_LENGTH:
            yield around


def _as_printed(line: str, folded_name: str) -> str:
    """The name with its own capitals and accents, found again by its words in the line."""
    wanted = key_of(folded_name)
    words = clean(line).split(" ")
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            if key_of(" ".join(words[start:end])) == wanted:
                return " ".join(words[start:end]).strip(" \"'«»“”:")
    return folded_name
