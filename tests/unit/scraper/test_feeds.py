"""Feeds of every kind, well made and badly."""

import json
from datetime import UTC, datetime

import pytest

from services.scraper import feeds
from services.scraper.feeds import MAX_ENTRIES, read_feed, sniff_kind
from shared.contracts import FeedEntry
from shared.errors import Retryable, Unprocessable

URL = "https://courrier.example/rubrique/rss.xml"
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def rss(*entries: str, head: str = '<?xml version="1.0" encoding="utf-8"?>', attributes: str = "") -> bytes:
    namespaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"'
    )
    channel = "".join(f"<item>{entry}</item>" for entry in entries)
    return (
        f'{head}<rss version="2.0" {namespaces} {attributes}><channel><title>Courrier</title>{channel}</channel></rss>'
    ).encode()


def atom(*entries: str) -> bytes:
    rows = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Courrier</title>{rows}</feed>'.encode()


def json_feed(*rows: object) -> bytes:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Courrier", "items": rows}).encode()


def only(content: bytes, **options: str) -> FeedEntry:
    (entry,) = read_feed(content, URL, **options)
    return entry


def test_an_rss_entry_is_read_whole() -> None:
    content = rss(
        "<title>L&#233;gislatives : le d&amp;eacute;compte</title>"
        "<link>https://courrier.example/a?utm_source=rss</link>"
        "<description><![CDATA[<p>Le <b>chapô</b>.</p><img src='/b.jpg'>]]></description>"
        "<content:encoded><![CDATA[<p>Long</p><img src='https://courrier.example/c.jpg'>]]></content:encoded>"
        "<pubDate>Tue, 24 Nov 2026 10:30:00 +0100</pubDate>"
        "<enclosure url='/a.jpg' type='image/jpeg' length='1'/>"
        "<enclosure url='/a.mp3' type='audio/mpeg' length='1'/>"
        "<media:content url='/m.jpg' medium='image'/><media:thumbnail url='/t.jpg'/>"
    )
    assert only(content) == FeedEntry(
        url="https://courrier.example/a",
        headline="Législatives : le décompte",
        summary="Le chapô.",
        published_at=AT,
        image_urls=tuple(f"https://courrier.example/{name}.jpg" for name in "matbc"),
    )


def test_an_atom_entry_is_read_whole() -> None:
    content = atom(
        "<title type='html'>&lt;b&gt;Presupuesto&lt;/b&gt;</title>"
        "<link rel='self' href='https://courrier.example/self'/><link rel='alternate' href='../a'/>"
        "<link rel='enclosure' type='image/png' href='/e.png'/>"
        "<summary>Entradilla</summary>"
        "<published>2026-11-24T10:30:00+01:00</published><updated>2026-11-24T12:00:00Z</updated>"
    )
    assert only(content) == FeedEntry(
        url="https://courrier.example/a",
        headline="Presupuesto",
        summary="Entradilla",
        published_at=AT,
        updated_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
        image_urls=("https://courrier.example/e.png",),
    )


def test_an_rdf_entry_is_read() -> None:
    content = (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        b'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>C</title></channel>'
        b'<item rdf:about="https://courrier.example/a"><title>Un</title><link>https://courrier.example/a</link>'
        b"<dc:date>2026-11-24T09:30:00Z</dc:date></item></rdf:RDF>"
    )
    entry = only(content)
    assert (entry.url, entry.headline, entry.published_at or entry.updated_at) == (
        "https://courrier.example/a",
        "Un",
        AT,
    )


def test_a_json_entry_is_read_whole() -> None:
    content = json_feed(
        {
            "id": "1", "url": "/a#top", "title": "Budget &amp; impôts", "content_html": "<p>x<img src='b.jpg'>",
            "summary": "Chapô", "date_published": "2026-11-24T10:30:00+01:00", "date_modified": "2026-11-24T12:00:00Z",
            "image": "/a.jpg", "attachments": [{"url": "/c.png", "mime_type": "image/png"}, {"url": "/d.mp3"}, 7],
        }
    )  # fmt: skip
    assert only(content) == FeedEntry(
        url="https://courrier.example/a",
        headline="Budget & impôts",
        summary="Chapô",
        published_at=AT,
        updated_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
        image_urls=tuple(f"https://courrier.example/{name}" for name in ("a.jpg", "c.png", "rubrique/b.jpg")),
    )


# --- addresses ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("<link>/a</link>", "https://courrier.example/a"),
        ("<link>a</link>", "https://courrier.example/rubrique/a"),
        ("<link>\n  https://courrier.example/a\n</link>", "https://courrier.example/a"),
        ("<link>https://courrier.example/أخبار</link>", "https://courrier.example/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1"),
        ("<guid>https://courrier.example/a</guid>", "https://courrier.example/a"),
        ("<guid isPermaLink='false'>1</guid><link>https://courrier.example/a</link>", "https://courrier.example/a"),
        ("<link>https://courrier.example/a?x=1&amp;y=2</link>", "https://courrier.example/a?x=1&y=2"),
        ("<atom:link rel='alternate' href='https://courrier.example/a'/>", "https://courrier.example/a"),
        ("<link>javascript:x</link><atom:link href='https://courrier.example/a'/>", "https://courrier.example/a"),
    ],
)
def test_the_address_of_an_entry_is_found(entry: str, expected: str) -> None:
    assert only(rss(f"<title>x</title>{entry}")).url == expected


def test_the_article_s_own_address_stands_before_one_that_counts_clicks() -> None:
    content = rss(
        "<link>https://clicks.example/~r/a/1</link>"
        "<feedburner:origLink>https://courrier.example/a</feedburner:origLink>",
        attributes='xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"',
    )
    assert only(content).url == "https://courrier.example/a"


def test_entries_without_an_address_are_left_out() -> None:
    content = rss(
        "<title>a</title>",
        "<link/>",
        "<link>mailto:x@y.example</link>",
        "<guid isPermaLink='false'>17</guid>",
        "<link>https://courrier.example/a</link>",
    )
    assert [entry.url for entry in read_feed(content, URL)] == ["https://courrier.example/a"]
    rows = ({"title": "x"}, {"url": 7}, "x", None, {"external_url": "https://courrier.example/b"})
    assert [entry.url for entry in read_feed(json_feed(*rows), URL)] == ["https://courrier.example/b"]


def test_an_address_that_comes_twice_is_one_entry_the_first() -> None:
    content = rss(
        "<title>neu</title><link>https://courrier.example/a?utm_source=1</link>",
        "<title>alt</title><link>https://courrier.example/a#x</link>",
    )
    assert only(content).headline == "neu"


def test_an_archive_is_read_to_five_hundred() -> None:
    content = rss(*(f"<link>https://courrier.example/{number}</link>" for number in range(MAX_ENTRIES + 50)))
    entries = read_feed(content, URL)
    assert len(entries) == MAX_ENTRIES
    assert entries[0].url == "https://courrier.example/0"


# --- dates ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("element", "published_at", "updated_at"),
    [
        ("<pubDate>Tue, 24 Nov 2026 10:30:00</pubDate>", AT, None),
        ("<pubDate>24/11/2026 10:30</pubDate>", AT, None),
        ("<dc:date>2026-11-24T10:30:00</dc:date>", None, AT),
        ("<pubDate>Mardi 24 novembre</pubDate>", None, None),
        ("<pubDate></pubDate>", None, None),
        ("", None, None),
    ],
)
def test_a_date_without_a_zone_is_read_in_the_source_s(element: str, published_at, updated_at) -> None:
    entry = only(rss(f"<link>https://courrier.example/a</link>{element}"), time_zone="Africa/Algiers")
    assert (entry.published_at, entry.updated_at) == (published_at, updated_at)


def test_an_atom_entry_that_was_only_updated_is_not_said_to_be_published_then() -> None:
    entry = only(atom("<link href='/a'/><updated>2026-11-24T09:30:00Z</updated>"))
    assert (entry.published_at, entry.updated_at) == (None, AT)


# --- badly made -----------------------------------------------------------------------------------------------------
ENTRY = "<title>Été</title><link>https://courrier.example/a</link>"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + rss(ENTRY),
        b"\n\n  " + rss(ENTRY),
        b"<br />\n<b>Warning</b>: mysql in <b>/x.php</b><br />\n" + rss(ENTRY),
        rss(ENTRY, head=""),
        rss(ENTRY, head='<?xml version="1.0"?><!-- <html> --><?xml-stylesheet href="x"?>'),
        rss(ENTRY + "<description>R&D & <b>un</description>"),
        rss(ENTRY + "<description>&nbsp;&eacute;&unknown;</description>"),
        rss(ENTRY + "<description>\x0b\x01</description>"),
        rss(ENTRY)[:-20],
        rss(ENTRY).decode().encode("utf-16"),
        rss(ENTRY, head='<?xml version="1.0" encoding="iso-8859-1"?>').decode().encode("latin-1"),
        rss(ENTRY, head='<?xml version="1.0" encoding="windows-1252"?>').decode().encode("cp1252"),
        rss(ENTRY) + b"\n<!-- cached -->\0\0",
        b"<!DOCTYPE rss [<!ENTITY e 'x'>]>" + rss(ENTRY, head=""),
    ],
)
def test_a_feed_that_is_not_quite_right_is_read(content: bytes) -> None:
    entry = only(content)
    assert (entry.url, entry.headline) == ("https://courrier.example/a", "Été")


def test_the_charset_of_the_header_stands_before_that_of_the_file() -> None:
    content = rss(ENTRY, head='<?xml version="1.0" encoding="iso-8859-1"?>')
    assert only(content, content_type="application/rss+xml; charset=utf-8").headline == "Été"


@pytest.mark.parametrize("content_type", ["", "text/html", "application/octet-stream", "nonsense; charset=klingon"])
def test_the_media_type_does_not_matter(content_type: str) -> None:
    assert only(rss(ENTRY), content_type=content_type).headline == "Été"


def test_a_feed_without_entries_is_a_feed() -> None:
    assert read_feed(rss(), URL) == read_feed(atom(), URL) == read_feed(json_feed(), URL) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><html><body><rss>", b"\n<HTML><head></head></html>", b"<head><title>x</title></head>",
        b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0"><html xmlns="x">',
        b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>', b"<sitemapindex/>",
        b'{"version": "https://jsonfeed.example/"}', b'{"a": 1}',
    ],
)  # fmt: skip
def test_what_is_something_else_is_not_a_feed(content: bytes) -> None:
    with pytest.raises(Unprocessable) as caught:
        read_feed(content, URL)
    assert caught.value.reason == "not_a_feed"
    assert URL in caught.value.detail


@pytest.mark.parametrize(
    "content",
    [
        b"", b"   ", b"garbage", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"<rss", b"<?xml", b"<foo><bar/></foo>",
        b"{", b'{"version": "https://jsonfeed.org/version/1"}', b"{" + b"[" * 100_000,
        b'{"version": "https://jsonfeed.org/version/1", "items": 7}', b"{\xff}",
    ],
)  # fmt: skip
def test_what_nobody_can_read_may_be_better_next_time(content: bytes) -> None:
    with pytest.raises(Retryable) as caught:
        read_feed(content, URL)
    assert caught.value.reason == "bad_feed"
    assert URL in caught.value.detail


# --- hostile --------------------------------------------------------------------------------------------------------
def test_a_file_of_the_machine_is_not_read() -> None:
    content = rss("<title>&x;</title><link>https://courrier.example/a</link>", head="")
    entry = only(b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + content)
    assert entry.headline in ("", "&x;")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "content",
    [
        rss("<link>/a</link>" + "<b>" * 200_000),
        rss("<link>/a</link>" + "<b>" * 100_000 + "</b>" * 100_000),
        rss("<link>/a</link><a " + " ".join(f'a{number}="1"' for number in range(200_000)) + "/>"),
        rss("<link>/a</link><a " + " ".join(f"a{number} = '1'" for number in range(200_000)) + "/>"),
        rss("<link>/a</link><a " + " ".join(f'a{number}="1"' for number in range(50_000)) + "/>")
        .decode()
        .encode("utf-16"),
        rss(*["<link>/a</link>"] * 60_000),
    ],
)
def test_what_would_take_a_parser_minutes_is_refused(content: bytes) -> None:
    with pytest.raises(Retryable, match="bad_feed"):
        read_feed(content, URL)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "title",
    ["&lt;a" * 500_000, "&amp;amp;" * 300_000, "&x" * 500_000, " " * 2_000_000, "<![CDATA[" + "a" * 2_000_000 + "]]>"],
)
def test_an_entry_of_megabytes_is_cut(title: str) -> None:
    entry = only(rss(f"<title>{title}</title><link>https://courrier.example/a</link>"))
    assert len(entry.headline) <= feeds.HEADLINE_MAX_LENGTH + 1


@pytest.mark.timeout(60)
def test_entities_that_multiply_do_not(recwarn: pytest.WarningsRecorder) -> None:
    entities = "".join(f"<!ENTITY e{depth} '{f'&e{depth - 1};' * 10}'>" for depth in range(1, 10))
    content = rss("<title>&e9;</title><link>https://courrier.example/a</link>", head="")
    entry = only(f"<!DOCTYPE rss [<!ENTITY e0 'lol'>{entities}]>".encode() + content)
    assert len(entry.headline) <= feeds.HEADLINE_MAX_LENGTH + 1


@pytest.mark.parametrize("base", ["http://[", "http://[bad", "http://\x01", "//", "x" * 10_000])
def test_a_bad_base_address_does_not_stop_the_reading(base: str) -> None:
    assert only(rss(ENTRY, attributes=f'xml:base="{base}"'.replace("\x01", "&#9;"))).headline == "Été"


def test_a_feed_that_its_parser_cannot_stand_is_a_bad_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object, **__: object) -> None:
        raise AssertionError("unexpected call to parse_html_declaration()")

    monkeypatch.setattr(feeds.feedparser, "parse", stumble)
    with pytest.raises(Retryable, match=r"bad_feed: .*AssertionError"):
        read_feed(rss(ENTRY), URL)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<rss>", "rss"), (b"<?xml version='1.0'?><a:feed xmlns:a='x'>", "feed"), (b"<rdf:RDF>", "rdf"),
        (b"<urlset>", "urlset"), (b"<x:sitemapindex>", "sitemapindex"), (b"\xef\xbb\xbf {", "json"),
        (b"<!-- <html> --><feed>", "feed"), ("<rss>".encode("utf-16"), "rss"), (b"<!doctype HTML><rss>", "html"),
        (b"hello", ""), (b"", ""),
    ],
)  # fmt: skip
def test_the_kind_of_a_file_is_told_by_its_beginning(content: bytes, kind: str) -> None:
    assert sniff_kind(content) == kind
