"""When an article appeared and was changed: what the page declares, then what it prints, then what its feed said."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from htmldate import find_date
from lxml.html import HtmlElement

from services.parser.blocks import read_blocks
from services.parser.dates import PrintedDate, read_date, read_dates, read_machine_date
from services.parser.page import Page, classes_of, stands_in, text_of
from services.parser.structured import Declared

#: The first newspaper pages; what is older is a typing mistake or a book's date.
EARLIEST = date(1990, 1, 1)
#: A page that is a day ahead may stand in another zone; one that is a week ahead is wrong.
LATEST_AHEAD = timedelta(days=2)
#: A stamp is a short line: "Publié par Ahmed Alaoui le mardi 29 septembre 2020 à 14h30 | Mis à jour le ..." has 90.
_STAMP_MAX_LENGTH = 160
_STAMP_CLASS = re.compile(
    r"date|time|publi|post-?meta|entry-?meta|article-?meta|posted|stamp|byline|infos?\b|sign|author|fecha|firma"
)
_NOT_OWN = re.compile(
    r"comment|related|sidebar|widget|footer|most-?read|latest|ticker|recent|popular|calendar|copyright|trending|teaser|slide|carousel|embed|tweet|menu"
)
_QUOTED = ("footer", "nav", "aside", "blockquote")
#: What follows a paragraph of so many characters is the article, whose dates are other matters' dates.
_PARAGRAPH_LENGTH = 200
#: Texts this long are passed over by htmldate's search through the whole page: its patterns take seconds there.
_SEARCH_MAX_TAGS = 20_000


@dataclass(frozen=True, slots=True)
class Moments:
    """The two moments of an article."""

    published_at: datetime | None
    has_time: bool  # False: published_at is the day's noon in the source's zone
    modified_at: datetime | None


def read_moments(declared: Declared, printed: str = "", head: HtmlElement | None = None) -> Moments:
    """Both moments; `printed` is a stamp that is known to be the article's, `head` the element of its headline."""
    page = declared.page
    published = _published(declared, printed, head)
    modified = next(iter(_plausible(page, map(read_machine_date, declared.modified))), None)
    published_at = _moment_of(page, published) if published else None
    modified_at = _moment_of(page, modified) if modified and modified.at else None
    if published_at is None:
        return Moments(_plausible_hint(page), True, modified_at)
    assert published is not None
    has_time = published.at is not None
    if not has_time:
        hint = _plausible_hint(page)
        if hint and hint.astimezone(page.zone).date() == published.day:
            published_at, has_time = hint, True  # the feed knows the hour of the day that the page prints
    if modified_at and modified_at <= published_at:
        modified_at = None
    return Moments(published_at, has_time, modified_at)


def _published(declared: Declared, printed: str, head: HtmlElement | None) -> PrintedDate | None:
    """The day by the surest statement; its hour by any other statement of the same day."""
    page = declared.page
    stated = _plausible(page, map(read_machine_date, declared.published))
    known = next(iter(_plausible(page, [read_date(printed)])), None) or _first_with_zone(stated)
    if known and known.at and known.at != time(0):
        return known
    others = [*stated, *_plausible(page, _stamps(page, head))]
    if known is None:
        # A search through the whole page finds other articles' days too, so the feed's word goes before it.
        return next(iter(others), None) or (None if _plausible_hint(page) else _searched(page))
    exact = (one for one in others if one.day == known.day and one.at and one.at != time(0))
    return next(exact, replace(known, at=None))


def _plausible(page: Page, dates: Iterable[PrintedDate | None]) -> list[PrintedDate]:
    return [one for one in dates if one and _is_plausible(page, one.day)]


def _first_with_zone(dates: list[PrintedDate]) -> PrintedDate | None:
    """The first date; if it has no zone, one of the same hour and minute that has."""
    if not dates:
        return None
    first = dates[0]
    if first.zone is None and first.at is not None:
        wanted = (first.day, first.at.replace(second=0))
        return next(
            (one for one in dates if one.zone and one.at and (one.day, one.at.replace(second=0)) == wanted), first
        )
    return first


def _is_plausible(page: Page, day: date) -> bool:
    return EARLIEST <= day <= (page.fetched_at + LATEST_AHEAD).date()


def _moment_of(page: Page, printed: PrintedDate) -> datetime | None:
    local = datetime.combine(printed.day, printed.at or time(12), printed.zone or page.zone)
    return local.astimezone(UTC)


def _plausible_hint(page: Page) -> datetime | None:
    hint = page.hints.published_at
    return hint.astimezone(UTC) if hint and _is_plausible(page, hint.astimezone(page.zone).date()) else None


def _stamps(page: Page, head: HtmlElement | None) -> Iterator[PrintedDate]:
    """Dates printed with the article, the likeliest first: about the headline, then in elements made for dates."""
    for read in (_about_head(head), _in_stamp_elements(page.root)):
        for element, text in read:
            dates = read_dates(text)
            exact = read_machine_date(element.get("datetime") or "") if element.tag == "time" else None
            if exact and not any(abs(one.day - exact.day) > timedelta(days=1) for one in dates):
                dates = [replace(exact, is_update=any(one.is_update for one in dates))]
            yield from (one for one in dates if not one.is_update)


def _about_head(head: HtmlElement | None) -> Iterator[tuple[HtmlElement, str]]:
    """Short lines after and before the headline, out to two levels above it."""
    element = head
    for _ in range(3):
        if element is None or element.tag == "body":
            return
        for near in (*list(element.itersiblings())[:6], *list(element.itersiblings(preceding=True))[:4]):
            yield from _lines_in(near)
        element = element.getparent()


def _lines_in(element: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    for inner in list(
        element.iter("time", "p", "div", "span", "li", "small", "em", "h4", "h5", "ul", "section", "header")
    )[:40]:
        first = next(read_blocks(inner), None)  # a container without a name may begin with the comments
        if stands_in(first.element if first else inner, _NOT_OWN, _QUOTED, outside=element.getparent()):
            continue
        text = text_of(inner)
        if inner.tag == "p" and len(text) > _PARAGRAPH_LENGTH:
            return
        if len(text) <= _STAMP_MAX_LENGTH:
            yield inner, text


def _in_stamp_elements(root: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    for element in root.iter("time", "span", "p", "div", "li", "small", "abbr", "td", "h4", "h5", "h6", "em", "i", "b"):
        if element.tag != "time" and not _STAMP_CLASS.search(classes_of(element)):
            continue
        if stands_in(element, _NOT_OWN, _QUOTED):
            continue
        text = text_of(element)
        if len(text) <= _STAMP_MAX_LENGTH:
            yield element, text


def _searched(page: Page) -> PrintedDate | None:
    """htmldate's search through address, attributes and text, if what it finds is no mere year."""
    is_long = sum(1 for _ in page.root.iter()) > _SEARCH_MAX_TAGS
    latest = (page.fetched_at + LATEST_AHEAD).strftime("%Y-%m-%d")
    try:
        found = _find(page, latest, is_extensive=not is_long)
        if found and found.endswith("-01-01") and _find(page, latest, is_extensive=False) != found:
            return None  # the year of a copyright line
    except (ValueError, TypeError, AttributeError, OverflowError, IndexError):
        return None  # a library's fault on an odd page costs the date, not the article
    return next(iter(_plausible(page, [read_machine_date(found or "")])), None)


def _find(page: Page, latest: str, is_extensive: bool) -> str | None:
    found: str | None = find_date(
        page.root,
        extensive_search=is_extensive,
        original_date=True,
        url=page.url,
        min_date=EARLIEST.isoformat(),
        max_date=latest,
    )
    return found
