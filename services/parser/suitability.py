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

# A title is a notice only if it says no more: "Accès refusé aux supporters" and "500 familles relogées" are news.
_END = r"(?:\W*$|\s*[|:·!-](?!\d))"
_CHALLENGE_TITLE = re.compile(
    r"^\W*(?:just a moment|un instant|un momento|attention required|access denied|acces refuse|acceso denegado|access to this page (?:has been|is) denied|"
    rf"are you (?:a robot|human)|captcha|security check|verification de securite|client challenge|ddos protection|pardon our interruption){_END}"
)
#: What a check says to its visitor; that a captcha or an instant is mentioned is no sign of one.
_CHALLENGE = re.compile(
    r"checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|enable javascript and cookies to continue|access to this page has been denied|unusual traffic from|"
    r"you (?:don't|do not) have permission to (?:access|see|view)|(?:complete|solve|enter|completez|resolvez|saisissez|resuelva|introduzca) .{0,20}captcha|pardon our interruption|"
    r"verifica que eres humano|confirmez que vous etes humain|تحقق من انك (?:انسان|لست روبوت)"
)
_SCRIPT_ONLY = re.compile(
    r"(?:work|run|display|view)\w*\b.{0,30}\bwithout javascript|(?:please )?(?:enable|turn on) javascript|javascript (?:is|must be|has to be) (?:disabled|enabled|required)|"
    r"(?:activez|activer|veuillez activer) (?:le )?javascript|(?:active|habilite|habilita) javascript|تفعيل (?:ال)?(?:جافا ?سكريبت|javascript)"
)
_STATUS = "(?:404|403|410|500|502|503)"
_ERROR_TITLE = re.compile(
    rf"^\W*(?:(?:error|erreur) {_STATUS}\b|{_STATUS} (?:not found|forbidden|gone|page|error|erreur|internal|bad|service)\b|"
    r"page (?:not found|introuvable|non trouvee)|(?:la )?page (?:demandee )?n'existe (?:pas|plus)|pagina no encontrada|الصفحه غير موجوده|"
    rf"(?:{_STATUS}|not found|oops|service unavailable|bad gateway|internal server error|عذرا){_END})"
)
_HOME = re.compile(r"/?(?:(?:fr|ar|es|en|francais|arabe|home|accueil|index|inicio)(?:\.\w{2,5})?/?)?$", re.I)
_LINKED_HEADING = ".//*[self::h2 or self::h3 or self::h4][.//a or ancestor::a]"


def refuse_if_too_long(blocks: Blocks) -> None:
    """Raise for a page so long that reading it would take its worker's time from others."""
    length = sum(len(block.text) for block in blocks.all)
    if length > PAGE_MAX_LENGTH:
        raise Unprocessable(
            "too_large", f"the page has {length} characters of text; at most {PAGE_MAX_LENGTH} are read"
        )


def refuse_notice(declared: Declared, headline: str, text: str) -> None:
    """Raise for a page that answers with a robot check or an error in place of an article."""
    if len(text) > _NOTICE_MAX_LENGTH:
        return
    titles = [fold(title) for title in (*declared.titles[-1:], headline)]
    is_undeclared = not declared.is_article  # of a declared article such words are a headline
    if is_undeclared and (any(map(_CHALLENGE_TITLE.match, titles)) or _CHALLENGE.search(fold(text)[:400])):
        raise Unprocessable("challenge_page", "the page is a check for robots, not an article")
    if is_undeclared and any(map(_ERROR_TITLE.match, titles)):
        raise Unprocessable("not_an_article", f"the page is an error page: {headline[:80]!r}")
    if len(text) < _SCRIPT_NOTICE_MAX_LENGTH and _SCRIPT_ONLY.search(fold(text)):
        raise Unprocessable("no_body", "the page shows its text only to browsers that run its scripts")


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
        for outermost in list(block.element.iterancestors("article"))[-1:]:
            lengths[outermost] += len(block.text)
    # Asked once an article: a long one has thousands of blocks, and each search walks through all of them.
    return [length for article, length in lengths.items() if article.xpath(_LINKED_HEADING)]
