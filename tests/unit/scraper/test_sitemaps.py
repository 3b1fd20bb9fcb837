"""Sitemaps and indexes of them."""

import gzip
from datetime import UTC, datetime

import pytest

from services.scraper.sitemaps import list_sitemaps, read_sitemap
from shared.contracts import FeedEntry
from shared.errors import KiosqueError, Retryable

URL = "https://courrier.example/sitemap.xml"
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def sitemap(*rows: str, root: str = "urlset", row: str = "url", namespaces: str = NAMESPACES) -> bytes:
    inner = "".join(f"<{row}>{one}</{row}>" for one in rows)
    return f'<?xml version="1.0" encoding="UTF-8"?><{root} {namespaces}>{inner}</{root}>'.encode()


def index(*rows: str) -> bytes:
    return sitemap(*rows, root="sitemapindex", row="sitemap")


def test_a_news_sitemap_is_read_whole() -> None:
    content = sitemap(
        "<loc>\n https://courrier.example/a?utm_source=x </loc><lastmod>2026-11-24T12:00:00Z</lastmod>"
        "<news:news><news:publication><news:name>Courrier</news:name><news:language>fr</news:language>"
        "</news:publication><news:publication_date>2026-11-24T10:30:00+01:00</news:publication_date>"
        "<news:title>L'été &amp; l'eau</news:title></news:news>"
        "<image:image><image:loc>https://courrier.example/a.jpg</image:loc></image:image>"
    )
    assert read_sitemap(content, URL) == (
        FeedEntry(
            url="https://courrier.example/a",
            headline="L'été & l'eau",
            published_at=datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
            updated_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
            image_urls=("https://courrier.example/a.jpg",),
        ),
    )


def test_the_newest_come_first_and_those_without_a_date_last() -> None:
    content = sitemap(
        "<loc>/old</loc><lastmod>2026-11-01</lastmod>",
        "<loc>/undated</loc>",
        "<loc>/new</loc><lastmod>2026-11-24T10:00:00</lastmod>",
        "<loc>/middle</loc><lastmod>2026-11-24T08:30:00Z</lastmod>",  # in Algiers half an hour after nine
    )
    found = [entry.url.rsplit("/", 1)[1] for entry in read_sitemap(content, URL, "Africa/Algiers")]
    assert found == ["new", "middle", "old", "undated"]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(sitemap("<loc>https://courrier.example/a</loc>")),
        sitemap("<loc>https://courrier.example/a</loc>", namespaces=""),
        sitemap("<loc>https://courrier.example/a</loc>", namespaces='xmlns="https://www.sitemaps.org/wrong"'),
        sitemap("<loc>https://courrier.example/b?x&y</loc>", "<loc>https://courrier.example/a</loc>"),
        sitemap("<loc><![CDATA[https://courrier.example/a]]></loc>", "<loc>mailto:x</loc>", "<loc/>", ""),
        sitemap("<loc>https://courrier.example/a</loc>")[:-10],
        sitemap("<loc>https://courrier.example/a</loc>").decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    ],
)
def test_a_sitemap_that_is_not_quite_right_is_read(content: bytes) -> None:
    assert "https://courrier.example/a" in [entry.url for entry in read_sitemap(content, URL)]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<html/>", b"<rss/>", b"\x1f\x8b\x08garbage", sitemap()[:10],
        b"<!DOCTYPE urlset [<!ENTITY a 'b'>]>" + sitemap("<loc>&a;</loc>")[38:],
        b"<!DOCTYPE urlset [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><urlset><url><loc>/&a;</loc></url></urlset>",
        gzip.compress(b"<urlset>" + b" " * 20_000_000),
    ],
)  # fmt: skip
def test_what_is_no_sitemap_or_hostile_is_told(content: bytes) -> None:
    with pytest.raises(KiosqueError) as caught:
        read_sitemap(content, URL)
    assert caught.value.reason in ("bad_feed", "bad_answer", "too_large")


def test_an_index_names_those_changed_last_first_and_other_pages_last() -> None:
    content = index(
        "<loc>/category-sitemap.xml</loc><lastmod>2026-11-24T12:00:00Z</lastmod>",
        "<loc>/post-sitemap1.xml</loc><lastmod>2025-01-01</lastmod>",
        "<loc>/post-sitemap2.xml</loc><lastmod>2026-11-24T11:00:00Z</lastmod>",
        "<loc>/undated.xml</loc>",
        "<loc>/post-sitemap2.xml</loc>",
        "<loc>javascript:x</loc>",
        "<loc>/post_tag-sitemap.xml</loc><lastmod>2026-11-24T12:00:00Z</lastmod>",
        "<loc>/author-sitemap.xml</loc>",
        "<loc>/pages-speciales/sitemap.xml</loc><lastmod>2024-01-01</lastmod>",
    )
    assert [url.removeprefix("https://courrier.example/") for url in list_sitemaps(content, URL)] == [
        "post-sitemap2.xml", "post-sitemap1.xml", "pages-speciales/sitemap.xml", "undated.xml",
        "category-sitemap.xml", "post_tag-sitemap.xml", "author-sitemap.xml",
    ]  # fmt: skip


def test_a_sitemap_that_is_no_index_names_none() -> None:
    assert list_sitemaps(sitemap("<loc>https://courrier.example/a</loc>"), URL) == ()


def test_an_index_in_place_of_a_sitemap_has_no_articles() -> None:
    assert read_sitemap(index("<loc>/post-sitemap1.xml</loc>"), URL) == ()
    with pytest.raises(Retryable, match="bad_feed"):
        list_sitemaps(b"<rss/>", URL)
