"""Sitemaps (sitemaps.org, with the news and image extensions) and indexes of them, for papers without a feed."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from lxml import etree

from services.scraper.dates import read_date
from services.scraper.feeds import HEADLINE_MAX_LENGTH, collect
from services.scraper.text import image_urls, plain_text
from services.scraper.urls import canonical_url
from shared.contracts import FeedEntry
from shared.errors import Retryable, Unprocessable
from shared.web.body import read_body

#: The protocol allows 50 MB unpacked; a news sitemap has 1,000 addresses at the most, about one megabyte.
SITEMAP_MAX_BYTES = 10_000_000
_NO_DATE = datetime(1, 1, 1, tzinfo=UTC)
# Indexes name these beside the articles, and they change with each of them.
_NO_ARTICLES = re.compile(
    r"(?:^|[-_])(?:categor|rubrique|tag|taxonom|author|auteur|page|image|video|galler)[a-z_]*[-_.]", re.I
)
_ENTITY = re.compile(rb"<!(?:ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)


def read_sitemap(content: bytes, url: str, time_zone: str = "UTC") -> tuple[FeedEntry, ...]:
    """The articles of a sitemap, plain or gzipped, newest first; Retryable("bad_feed") if it cannot be read."""
    zone = ZoneInfo(time_zone)
    root = _parse(content, url)
    entries = [entry for row in _children(root, "url") if (entry := _entry(row, url, zone))]
    entries.sort(key=lambda entry: entry.published_at or entry.updated_at or _NO_DATE, reverse=True)
    return collect(entries)


def list_sitemaps(content: bytes, url: str) -> tuple[str, ...]:
    """The sitemaps that an index names, those changed last first; empty for a sitemap that is no index.

    Those that by their names hold other pages than articles (category-sitemap.xml) come last.
    """
    rows: list[tuple[datetime, str]] = []
    for row in _children(_parse(content, url), "sitemap"):
        try:
            address = canonical_url(_text(row, "loc"), url)
        except Unprocessable:
            continue
        rows.append((read_date(_text(row, "lastmod"), UTC) or _NO_DATE, address))
    rows.sort(key=lambda row: (not _NO_ARTICLES.search(row[1].rsplit("/", 1)[-1]), row[0]), reverse=True)
    return tuple(dict.fromkeys(address for _, address in rows))


def unpack(content: bytes) -> bytes:
    """The bytes of a gzipped file unpacked, others as they are."""
    return read_body([content], "gzip", SITEMAP_MAX_BYTES) if content.startswith(b"\x1f\x8b") else content


def _parse(content: bytes, url: str) -> etree._Element:
    content = unpack(content)
    if _ENTITY.search(content.replace(b"\0", b"")):  # no sitemap needs one; every XML bomb does
        raise Retryable("bad_feed", f"{url}: a sitemap that declares entities")
    # recover: one raw & in one address must not lose the others
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Retryable("bad_feed", f"{url}: {str(error)[:200]}") from error
    if root is None or _name(root) not in ("urlset", "sitemapindex"):
        raise Retryable("bad_feed", f"{url}: no sitemap")
    return root


def _entry(row: etree._Element, base: str, zone: tzinfo) -> FeedEntry | None:
    try:
        address = canonical_url(_text(row, "loc"), base)
    except Unprocessable:
        return None
    news = next(_children(row, "news"), None)
    return FeedEntry(
        url=address,
        headline="" if news is None else plain_text(_text(news, "title"), HEADLINE_MAX_LENGTH),
        published_at=None if news is None else read_date(_text(news, "publication_date"), zone),
        updated_at=read_date(_text(row, "lastmod"), zone),
        # by the depth: <loc> of the page is a child, <image:loc> a grandchild
        image_urls=image_urls((_text(picture, "loc") for picture in _children(row, "image")), "", base),
    )


def _children(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    """By local name: namespaces are misspelt too often to be asked for."""
    return (child for child in parent if _name(child) == name)


def _text(parent: etree._Element, name: str) -> str:
    child = next(_children(parent, name), None)
    return "" if child is None else str(child.xpath("string()")).strip()


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
