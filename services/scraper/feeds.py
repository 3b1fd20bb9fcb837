"""Feeds as they come (RSS, Atom, RDF, JSON Feed), read into the same entries."""

import io
import json
import re
from calendar import timegm
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import feedparser

from services.scraper.dates import read_date
from services.scraper.text import image_urls, plain_text
from services.scraper.urls import canonical_url
from shared.contracts import FeedEntry
from shared.errors import Retryable, Unprocessable

#: A feed of this length is an archive; what is new stands at its beginning.
MAX_ENTRIES = 500
#: A hundred thousand nested elements take feedparser 6 s; 500 entries with their HTML have a fifth of this.
MAX_TAGS = 100_000
#: Its time grows with the square of the attributes of one element: 8,000 take 4 s.
MAX_ATTRIBUTES = 200
HEADLINE_MAX_LENGTH = 500
SUMMARY_MAX_LENGTH = 2000

# The first element that says what it is; a prolog, comments and a PHP warning may stand before it.
_ROOT = re.compile(rb"<(?:\w+:)?(rss|feed|rdf|channel|urlset|sitemapindex|html|head|body)\b", re.IGNORECASE)
_DOCTYPE_HTML = re.compile(rb"<!doctype\s+html", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_ATTRIBUTE = re.compile(rb"\s[^\s=\"'>]+\s*=\s*[\"']")
_SNIFFED_BYTES = 4096
_IMAGE_NAME = re.compile(r"\.(?:jpe?g|png|webp|avif|gif)(?:$|[?#])", re.IGNORECASE)


def sniff_kind(content: bytes) -> str:
    """What the bytes begin as: rss, feed, rdf, channel, urlset, sitemapindex, html, json, or "" if they do not say."""
    head = content[:_SNIFFED_BYTES].replace(b"\0", b"")  # UTF-16 in a way
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return "json"
    head = _COMMENT.sub(b"", head)
    root = _ROOT.search(head)
    doctype = _DOCTYPE_HTML.search(head)
    if doctype and (root is None or doctype.start() < root.start()):
        return "html"
    name = root[1].decode().lower() if root else ""
    return "html" if name in ("head", "body") else name


def read_feed(content: bytes, url: str, content_type: str = "", time_zone: str = "UTC") -> tuple[FeedEntry, ...]:
    """The entries of a feed in its own order, each address once; `url` is where it came from.

    Retryable("bad_feed") for what nobody can read, Unprocessable("not_a_feed") for a page.
    """
    zone = ZoneInfo(time_zone)
    kind = sniff_kind(content)
    if kind in ("html", "urlset", "sitemapindex"):
        raise Unprocessable("not_a_feed", f"{url} is {'a page' if kind == 'html' else 'a sitemap'}, not a feed")
    if kind == "json":
        return collect(_read_json(content, url, zone))
    return collect(_read_xml(content, url, content_type, zone))


def collect(entries: Iterable[FeedEntry]) -> tuple[FeedEntry, ...]:
    """The first entries, each address once."""
    by_url: dict[str, FeedEntry] = {}
    for entry in entries:
        by_url.setdefault(entry.url, entry)
        if len(by_url) == MAX_ENTRIES:
            break
    return tuple(by_url.values())


def _read_xml(content: bytes, url: str, content_type: str, zone: tzinfo) -> Iterator[FeedEntry]:
    _check_size(content, url)
    try:
        # BytesIO, for feedparser would open plain bytes as a file of that name, and a text as an address. Its sanitizer
        # is not needed, as only plain text leaves here.
        parsed = feedparser.parse(
            io.BytesIO(content),
            response_headers={"content-type": content_type, "content-location": url},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception as error:  # any kind: a feed that its parser cannot stand must not lose the other feeds
        raise Retryable("bad_feed", f"{url}: {type(error).__name__}: {error}"[:300]) from error
    is_broken = parsed.bozo and not isinstance(parsed.bozo_exception, feedparser.ThingsNobodyCaresAboutButMe)
    if not parsed.entries and (is_broken or not parsed.get("version")):  # an empty body has not even that
        raise Retryable("bad_feed", f"{url}: {str(parsed.get('bozo_exception', 'no feed of any kind'))[:200]}")
    return (entry for row in parsed.entries if (entry := _xml_entry(row, url, zone)))


def _check_size(content: bytes, url: str) -> None:
    """Retryable("bad_feed") for what would take a parser minutes."""
    tags = content.replace(b"\0", b"").split(b"<", MAX_TAGS + 1)  # UTF-16 in a way
    if len(tags) > MAX_TAGS + 1:
        raise Retryable("bad_feed", f"{url}: more than {MAX_TAGS:,} tags")
    if any(tag.count(b"=") > MAX_ATTRIBUTES and _count_attributes(tag) > MAX_ATTRIBUTES for tag in tags):
        raise Retryable("bad_feed", f"{url}: an element with more than {MAX_ATTRIBUTES} attributes")


def _count_attributes(tag: bytes) -> int:
    return len(_ATTRIBUTE.findall(tag))


def _xml_entry(row: Any, base: str, zone: tzinfo) -> FeedEntry | None:
    # FeedBurner's own address counts clicks and dies with the account.
    address = _canonical((row.get("feedburner_origlink"), row.get("link"), *_links(row)), base)
    if address is None:
        return None
    bodies = [str(part.get("value") or "") for part in row.get("content", ())]
    summary = str(row.get("summary") or "")
    return FeedEntry(
        url=address,
        headline=plain_text(str(row.get("title") or ""), HEADLINE_MAX_LENGTH),
        summary=plain_text(summary, SUMMARY_MAX_LENGTH),
        published_at=_xml_date(row, "published", zone) or _xml_date(row, "created", zone),
        updated_at=_xml_date(row, "updated", zone),
        image_urls=image_urls(_named_images(row), "\n".join([summary, *bodies]), base),
    )


def _links(row: Any) -> Iterator[str]:
    for link in row.get("links", ()):
        if link.get("rel", "alternate") == "alternate":
            yield str(link.get("href") or "")


def _named_images(row: Any) -> Iterator[str]:
    for picture in row.get("media_content", ()):
        if _is_image(picture.get("medium"), picture.get("type"), picture.get("url")):
            yield str(picture["url"])
    for link in row.get("links", ()):
        if link.get("rel") == "enclosure" and _is_image(None, link.get("type"), link.get("href")):
            yield str(link["href"])
    for picture in row.get("media_thumbnail", ()):
        if picture.get("url"):
            yield str(picture["url"])


def _is_image(medium: str | None, media_type: str | None, address: str | None) -> bool:
    if not address:
        return False
    if medium or media_type:
        return medium == "image" or (media_type or "").startswith("image/")
    return bool(_IMAGE_NAME.search(address))


def _xml_date(row: Any, name: str, zone: tzinfo) -> datetime | None:
    if name not in row.keys():  # noqa: SIM118 - `in row` answers for "published" when only "updated" is there
        return None
    moment = read_date(str(row.get(name) or ""), zone)
    if moment is None and (parsed := row.get(f"{name}_parsed")):  # forms that feedparser alone knows
        try:
            moment = datetime.fromtimestamp(timegm(parsed), UTC)
        except (ValueError, OverflowError):
            return None
    return moment


def _read_json(content: bytes, url: str, zone: tzinfo) -> Iterator[FeedEntry]:
    try:
        feed = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Retryable("bad_feed", f"{url}: {str(error)[:200]}") from error
    if not isinstance(feed, dict) or "jsonfeed.org/version/" not in str(feed.get("version")):
        raise Unprocessable("not_a_feed", f"{url} is JSON, but no JSON Feed")
    rows = feed.get("items")
    if not isinstance(rows, list):
        raise Retryable("bad_feed", f"{url}: a JSON Feed without items")
    return (entry for row in rows if isinstance(row, dict) and (entry := _json_entry(row, url, zone)))


def _json_entry(row: dict[str, Any], base: str, zone: tzinfo) -> FeedEntry | None:
    text = {name: value for name, value in row.items() if isinstance(value, str)}
    address = _canonical((text.get("url"), text.get("external_url")), base)
    if address is None:
        return None
    html = text.get("content_html", "")
    return FeedEntry(
        url=address,
        headline=plain_text(text.get("title", ""), HEADLINE_MAX_LENGTH),
        summary=plain_text(text.get("summary") or text.get("content_text", ""), SUMMARY_MAX_LENGTH),
        published_at=read_date(text.get("date_published", ""), zone),
        updated_at=read_date(text.get("date_modified", ""), zone),
        image_urls=image_urls(_json_images(row, text), html, base),
    )


def _json_images(row: dict[str, Any], text: dict[str, str]) -> Iterator[str]:
    yield from (text[name] for name in ("image", "banner_image") if text.get(name))
    attachments = row.get("attachments")
    for attached in attachments if isinstance(attachments, list) else ():
        if isinstance(attached, dict) and str(attached.get("mime_type")).startswith("image/"):
            yield str(attached.get("url") or "")


def _canonical(candidates: Iterable[object], base: str) -> str | None:
    """The first address that is one; an entry without any is no article."""
    for candidate in candidates:
        if not candidate:
            continue
        try:
            return canonical_url(str(candidate), base)
        except Unprocessable:
            continue
    return None
