"""Reads an article out of its page; the order of the work is the order of the lines in `read_article`."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from services.parser.aggregator import Original, read_original
from services.parser.blocks import Blocks
from services.parser.body import read_lines
from services.parser.byline import read_byline
from services.parser.headline import HEADLINE_MAX_LENGTH, find_head, read_headline
from services.parser.language import read_language
from services.parser.libraries import set_up
from services.parser.moments import read_moments
from services.parser.page import Page, drop_unseen, read_page
from services.parser.pictures import read_images
from services.parser.sites import Site
from services.parser.standfirst import read_standfirst
from services.parser.structured import Declared, read_declared
from services.parser.suitability import refuse_if_no_article, refuse_if_too_long, refuse_notice
from services.parser.text import cut
from services.parser.trims import trim
from shared.contracts import PARAGRAPH_BREAK, FetchedPage, ParsedArticle
from shared.errors import StageOutcome, Unprocessable

log = structlog.get_logger()

SOURCE_NAME_MAX_LENGTH = 200


def parse(page: FetchedPage) -> ParsedArticle:
    """The article on a page, in one of the portal's languages; Unprocessable says why there is none."""
    try:
        return read_article(read_page(page))
    except StageOutcome:
        raise
    except Exception as error:
        # Reading is pure: what failed on these bytes fails on them again, so another try would only hide it.
        log.exception("page.unreadable", url=page.url)
        raise Unprocessable("parser_fault", f"{type(error).__name__}: {error}"[:500]) from error


def read_article(page: Page, identify: Callable[..., str] = read_language) -> ParsedArticle:
    """The article in a page's tree; `identify` tells its language from text, declared language and expected ones."""
    set_up()
    site = Site(page)
    site.read("prepare")
    declared = read_declared(page)
    drop_unseen(page.root)
    blocks = Blocks(page.root)
    refuse_if_too_long(blocks)
    text = _read_text(declared, blocks, site)
    language = identify(f"{text.headline}\n{text.standfirst}\n{text.body}", declared.language, page.hints.languages)
    original = read_original(page, blocks, declared.sections)
    head = find_head(page.root, text.headline)
    moments = read_moments(declared, site.read("stamp") or original.printed_day, head)
    return ParsedArticle(
        headline=text.headline,
        body=text.body,
        language=language,
        standfirst=text.standfirst,
        byline=text.byline,
        published_at=moments.published_at,
        modified_at=moments.modified_at,
        published_has_time=moments.has_time and moments.published_at is not None,
        source_name=_source_name(declared, original),
        source_url=original.source_url,
        canonical_url=declared.canonical_url,
        images=read_images(declared, blocks, head, text.lines),
    )


@dataclass(frozen=True, slots=True)
class _Text:
    headline: str
    standfirst: str
    body: str
    byline: tuple[str, ...]
    lines: list[str]  # as they were read, so that they are found again in the page


def _read_text(declared: Declared, blocks: Blocks, site: Site) -> _Text:
    page = declared.page
    headline = cut(site.read("headline") or read_headline(declared), HEADLINE_MAX_LENGTH)
    lines = site.read("body") or read_lines(page.root, blocks)
    refuse_notice(declared, headline, "\n".join(lines))
    byline = site.read("byline")
    if byline is None:
        byline = read_byline(declared, find_head(page.root, headline))
    standfirst = site.read("standfirst")
    if standfirst is None:
        standfirst = read_standfirst(declared, blocks, headline, lines)
    paragraphs = trim(lines, blocks, headline, standfirst, byline)
    if not paragraphs and standfirst:
        paragraphs, standfirst = [standfirst], ""  # a brief, or what is before a pay wall, has no more
    refuse_if_no_article(declared, blocks, headline, paragraphs, standfirst)
    return _Text(headline, standfirst, PARAGRAPH_BREAK.join(paragraphs), byline, lines)


def _source_name(declared: Declared, original: Original) -> str:
    return cut(original.source_name or next(iter(declared.site_names), ""), SOURCE_NAME_MAX_LENGTH)
