"""Whether a page is an article at all: home pages, robot checks and error pages are set aside with their reason."""

import re
from collections import Counter
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from services.parser.blocks import Block, Blocks
from services.parser.body import ENTRY_MARK
from services.parser.structured import Declared
from services.parser.text import fold
from shared.errors import Unprocessable

#: Two short sentences: the shortest bulletins of the Arabic press have about 120 characters.
BODY_MIN_LENGTH = 90
#: A book; of 1,483 newspaper pages the longest has 113,000 characters, menus and comments included.
BODY_MAX_LENGTH = 400_000
#: All text of a page: beyond it reading takes seconds.
PAGE_MAX_LENGTH = 1_500_000
#: What a check or an error page says fits into so many characters.
_NOTICE_MAX_LENGTH = 1500
_SCRIPT_NOTICE_MAX_LENGTH = 400
#: From this share of linked characters on a text is a list of other pages.
_LIST_LINKS = 0.6
#: A text out of so many article elements, none of which has half of it, is a section's page.
_LIST_ARTICLES = 3

_CHALLENGE = re.compile(
    r"just a moment|un instant|attention required|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|are you a robot|enable javascript and cookies to continue|"
    r"access (?:to this page has been )?denied|acces refuse|acceso denegado|unusual traffic|captcha|ddos protection|verification de securite|pardon our interruption|"
    r"verifica que eres humano|confirmez que vous etes humain|تحقق من انك (?:انسان|لست روبوت)"
)
_SCRIPT_ONLY = re.compile(
    r"(?:work|run|display|view)\w*\b.{0,30}\bwithout javascript|(?:please )?(?:enable|turn on) javascript|javascript (?:is|must be|has to be) (?:disabled|enabled|required)|"
    r"(?:activez|activer|veuillez activer) (?:le )?javascript|(?:active|habilite|habilita) javascript|تفعيل (?:ال)?(?:جافا ?سكريبت|javascript)"
)
_ERROR = re.compile(
    r"^\W*(?:(?:error|erreur)?\W*(?:404|403|410|500|502|503)\b|page (?:not found|introuvable|non trouvee)|not found|oops|service unavailable|bad gateway|internal server error|"
    r"pagina no encontrada|(?:la )?page (?:demandee )?n'existe (?:pas|plus)|الصفحه غير موجوده|عذرا)"
)
_HOME = re.compile(r"/?(?:(?:fr|ar|es|en|francais|arabe|home|accueil|index|inicio)(?:\.\w{2,5})?/?)?$", re.I)


def refuse_if_too_long(blocks: Blocks) -> None:
    """Raise for a page so long that reading it would take its worker's time from others."""
    length = sum(len(block.text) for block in blocks.all)
    if length > PAGE_MAX_LENGTH:
        raise Unprocessable(
            "too_large", f"the page has {length} characters of text; at most {PAGE_MAX_LENGTH} are read"
        )


def refuse_notice(declared: Declared, text: str) -> None:
    """Raise for a page that answers with a robot check or an error in place of an article."""
    if len(text) > _NOTICE_MAX_LENGTH:
        return
    title = fold(declared.titles[-1] if declared.titles else "")
    if _CHALLENGE.search(title) or _CHALLENGE.search(fold(text)[:400]):
        raise Unprocessable("challenge_page", "the page is a check for robots, not an article")
    if len(text) < _SCRIPT_NOTICE_MAX_LENGTH and _SCRIPT_ONLY.search(fold(text)):
        raise Unprocessable("no_body", "the page shows its text only to browsers that run its scripts")
    if _ERROR.search(title):
        raise Unprocessable("not_an_article", f"the page is an error page: {declared.titles[-1][:80]!r}")


def refuse_if_no_article(
    declared: Declared, blocks: Blocks, headline: str, paragraphs: list[str], standfirst: str
) -> None:
    """Raise for a page whose text is no article's."""
    length = sum(map(len, paragraphs))
    if length + len(standfirst) < BODY_MIN_LENGTH or not paragraphs:
        raise Unprocessable(
            "no_body", f"the page has {length} characters of text; an article has {BODY_MIN_LENGTH} at least"
        )
    if length > BODY_MAX_LENGTH:
        raise Unprocessable("too_large", f"the text has {length} characters; an article has {BODY_MAX_LENGTH} at most")
    if not headline:
        raise Unprocessable("no_headline", "the page has no headline")
    if declared.is_article:
        return
    if _HOME.fullmatch(urlsplit(declared.page.url).path) and not urlsplit(declared.page.url).query:
        raise Unprocessable("not_an_article", "the address is a home page")
    located = [block for line in paragraphs if (block := blocks.find(line.removeprefix(ENTRY_MARK)))]
    if sum(len(block.text) for block in located if block.is_link) > _LIST_LINKS * length:
        raise Unprocessable("not_an_article", "the page is a list of links to others")
    if len(pieces := _lengths_by_article(located)) >= _LIST_ARTICLES and max(pieces) < length / 2:
        raise Unprocessable("not_an_article", f"the text is of {len(pieces)} articles, as on a section's page")


def _lengths_by_article(located: list[Block]) -> list[int]:
    """How much of the text stands in each article element that is headed by a link to more of it."""
    lengths: Counter[HtmlElement] = Counter()
    for block in located:
        articles = list(block.element.iterancestors("article"))
        if articles and articles[-1].xpath(".//*[self::h2 or self::h3 or self::h4][.//a or ancestor::a]"):
            lengths[articles[-1]] += len(block.text)
    return list(lengths.values())
