"""Who wrote an article: one name each, as JSON-LD, meta tags, microdata or the printed line has them."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from lxml.html import HtmlElement

from services.parser.blocks import read_blocks
from services.parser.months import MONTH_PATTERN
from services.parser.page import classes_of, stands_in, text_of
from services.parser.structured import Declared
from services.parser.text import clean, fold, key_of

_BY = re.compile(
    r"^\s*(?:(?:publi[ée]e?|posted|published|written|written|written\s+and\s+directed|post[ée]|r[ée]dig[ée]|[ée]crit|propos\s+recueillis|escrito|publicado|texte)\s+)?"
    r"(?:par|by|por|words\s+by|text\s+by|auteur|author|autor|autora|reported\s+by|de\s+notre\s+(?:envoy[ée]e?\s+sp[ée]ciale?|correspondante?)[^,:]*[,:])"
    r"\s*:?\s+|^\s*(?:بقلم|كتب(?:ته|ت|ه)?|إعداد|اعداد|حرره|تحرير|الكاتب(?:ة)?|بواسطة|من\s+طرف|أعده|متابعة|حاوره|حاورته|من\s+إعداد|نشر\s+من\s+طرف)\s*[:/|\-–]*\s*",
    re.I,
)
_BETWEEN = re.compile(r"\s*(?:[,;/|&•]|\s(?:et|and|y|e|avec|with|con|und)\s|\sو\s?(?=\S)|\s[-–—]\s)\s*", re.I)
_AND_ARABIC = re.compile(r"\s+و(?=[\u0621-\u064a]{2,}\s)")
# What stands in a by-line beside names.
_NOISE = re.compile(
    r"https?:|www\.|@|\d{2,}|\.(?:com|ma|dz|tn|fr|es|net|org|ae)\b|^(?:in|le|the|la|el|a|à)$|^(?:\W|_)*$|facebook|twitter|^null$|^undefined$|(?:developed|powered|designed) by",
    re.I,
)
_ADDRESS = re.compile(r"https?:|^www\.|[\w.]@\w|facebook\.com|twitter\.com", re.I)
_FULL_STOP = re.compile(r"(?<=\w\w)\.$|^\.\s*")  # "Juan Muñoz C." keeps his
_DOMAIN = re.compile(r"^www\.|\.(?:com|net|org|info|ma|dz|tn|fr|es|eu|co\.uk|de)$", re.I)
_TITLES = re.compile(r"^(?:dr|pr|prof|me|mme|mlle|m|mr|mrs|ms|sr|sra|د|ذ|أ|الأستاذ|الدكتور)\s*[./]\s*", re.I)
_AFTER = re.compile(
    rf"\s*(?:[|•·(\[@⋅]|\s(?:{MONTH_PATTERN})\.?\s+\d|\s\d{{1,2}}\s+(?:{MONTH_PATTERN})\b|\s[-–—]\s|,?\s+(?:(?:le|el|on)(?=\s+(?:\w+\s+)?\d)|in|à|at|pour|for|para|de\s+notre|publi[ée]|posted|updated|correspond|senior|staff\s+writer|special\s+to)\b|,?\s+(?:في|يوم|نشر|بتاريخ)\s).*$",
    re.I,
)
#: What the name of an editorial office begins with, folded.
_DESKS = frozenset(("redaction", "redaccion", "redaktion", "newsroom", "التحرير", "هيئة"))
_STAFFS = frozenset(("staff", "desk", "newsroom", "reporters"))
#: Nobody's names, folded.
_NOBODY = frozenset(
    key_of(name)
    for name in (
        "La rédaction", "Rédaction", "Rédaction web", "La redacción", "Redacción", "Redaccion", "Redaktion", "Editorial", "Editor",
        "Staff", "Admin", "Administrator", "Administrateur", "Webmaster", "Author", "Auteur", "Autor", "Editorial staff", "Web desk",
        "No author", "Newsroom", "News desk", "Staff writer", "Staff reporter", "Guest", "Anonymous", "Unknown", "هيئة التحرير", "التحرير",
        "أسرة التحرير", "فريق التحرير", "المحرر", "إدارة الموقع", "المدير", "By", "Par", "Por", "MD", "PhD", "MS", "RD",
    )
)  # fmt: skip
_CLASS = re.compile(
    r"(?:^|[\s_-])(?:author|auteur|autor|byline|by-line|writer|signature|firma|redacteur|journalist)(?:s|_?name|-name)?(?:$|[\s_-])"
)
_NOT_OWN = re.compile(
    r"comment|related|sidebar|widget|footer|bio|avatar|share|social|follow|teaser|popular|recent|slide|menu"
)
_OTHERS = ("footer", "nav", "aside", "blockquote")
NAME_MAX_LENGTH = 60
NAMES_MAX = 10


def read_byline(declared: Declared, head: HtmlElement | None) -> tuple[str, ...]:
    """The authors' names, () if the page names none but the paper itself."""
    papers = _papers(declared)
    for texts in _sources(declared, head):
        persons = [name for name in _names_in(texts) if not _keys(name) & papers]
        if persons:
            return tuple(persons[:NAMES_MAX])
    # The paper, or an agency, signs for its newsroom.
    signed = (
        *declared.linked_organisations,
        *declared.linked_authors,
        *(name for names in declared.meta_authors for name in names),
    )
    return tuple(_names_in(signed)[:1])


def is_byline(line: str, names: set[str]) -> bool:
    """Whether a printed line only says who wrote the article; `names` are keys of the names known."""
    if len(line) > 2 * NAME_MAX_LENGTH:
        return False
    found = {key_of(name) for name in _names_in([line])}
    return bool(found) and (
        found <= names
        or (_BY.match(line) is not None and not re.search(r"[.!?؟]\s*$", line) and len(line) <= NAME_MAX_LENGTH)
    )


def _sources(declared: Declared, head: HtmlElement | None) -> Iterator[Iterable[str]]:
    yield declared.linked_authors
    yield from declared.meta_authors
    yield _items(declared)
    yield _printed(declared.page.root)
    yield [text for text in _near(head) if _BY.match(text)]


def _papers(declared: Declared) -> set[str]:
    names = (*declared.site_names, declared.page.hints.name, declared.page.host)
    return set().union(*(_keys(name) for name in names))


def _keys(name: str) -> set[str]:
    key = key_of(_DOMAIN.sub("", name))
    return {key, key.replace(" ", "")} - {""}


def _items(declared: Declared) -> list[str]:
    """Microdata's authors."""
    found = []
    for element in declared.microdata.get("author", []):
        name = element.find(".//*[@itemprop='name']")
        found.append(element.get("content") or text_of(element if name is None else name))
    return found


def _printed(root: HtmlElement) -> list[str]:
    """The first element that is marked as the author's."""
    for element in root.iter("a", "span", "p", "div", "address", "li", "cite", "strong", "em"):
        is_marked = "author" in (element.get("rel") or "").split() or _CLASS.search(classes_of(element))
        if not is_marked or stands_in(element, _NOT_OWN, _OTHERS):
            continue
        if _is_short(text_of(element)):
            links = [text_of(link) for link in element.iter("a") if link is not element and text_of(link)]
            # of several lines the first that is a name's: the author's trade or town stands in the next
            lines = [block.text for block in read_blocks(element)]
            return links or next(([line] for line in lines if _names_in([line])), [])
    return []


def _near(head: HtmlElement | None) -> Iterator[str]:
    element = head
    for _ in range(3):
        if element is None or element.tag == "body":
            return
        for near in islice(element.itersiblings(), 6):
            for inner in islice(near.iter("p", "div", "span", "strong", "b", "em", "h4", "h5"), 15):
                line = next(read_blocks(inner), None)
                if (
                    line
                    and _is_short(line.text)
                    and not stands_in(line.element, _NOT_OWN, _OTHERS, element.getparent())
                ):
                    yield line.text
        element = element.getparent()


def _is_short(text: str) -> bool:
    return 2 < len(text) <= 2 * NAME_MAX_LENGTH


def _names_in(texts: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for text in texts:
        if _ADDRESS.search(text):
            continue
        line = _AFTER.sub("", _BY.sub("", clean(text)))
        for part in _BETWEEN.split(_AND_ARABIC.sub(" ; ", line)):
            name = _FULL_STOP.sub("", _TITLES.sub("", _BY.sub("", part)).strip(" :-–|*"))
            key = key_of(name)
            if key and not _is_nobody(name, key):
                found.setdefault(key, name)
    return list(found.values())


def _is_nobody(name: str, key: str) -> bool:
    words = fold(name).split()
    is_desk = bool(words) and (words[0] in _DESKS or words[-1] in _STAFFS)  # "Redacción Tánger", "Ledger staff"
    return (
        not 2 <= len(name) <= NAME_MAX_LENGTH
        or key in _NOBODY
        or is_desk
        or bool(_NOISE.search(name))
        or len(words) > 7
    )
