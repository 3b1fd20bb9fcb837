"""Feeds: well-formed Atom whatever the texts hold, in the reader's language."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from portal_press import add_mention, add_picture, add_translation
from press import add_article, add_source

ATOM = {"a": "http://www.w3.org/2005/Atom"}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
START = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def source_id(sqlite) -> int:
    return add_source(name="Le Courrier")


def feed_of(reader, url: str) -> ElementTree.Element:
    answer = reader.get(url)
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(answer.data)


def test_an_entry_says_what_the_headline_says(reader, source_id):
    article = add_article(
        source_id,
        published_at=START,
        edited_at=START + timedelta(hours=1),
        standfirst="Le chapeau.",
        headline="Un & un",
    )
    picture = add_picture(article)
    feed = feed_of(reader, "/fr/feed.xml")
    assert feed.get(LANG) == "fr"
    (entry,) = feed.findall("a:entry", ATOM)
    texts = {
        name: entry.findtext(f"a:{name}", None, ATOM) for name in ("title", "summary", "published", "updated", "id")
    }
    assert texts == {
        "title": "Un & un",
        "summary": "Le chapeau.",
        "published": "2026-11-01T12:00:00+00:00",
        "updated": "2026-11-01T13:00:00+00:00",
        "id": f"http://localhost/fr/article/{article}",
    }
    assert feed.findtext("a:updated", None, ATOM) == texts["updated"]
    assert entry.findtext("a:author/a:name", None, ATOM) == "Le Courrier"
    links = {link.get("rel"): link.get("href") for link in entry.findall("a:link", ATOM)}
    assert links == {
        "alternate": texts["id"],
        "via": "https://courrier.example/1",
        "enclosure": f"http://localhost{picture.url}",
    }


def test_a_translated_entry_is_in_the_readers_language_and_says_that_a_machine_made_it(reader, source_id):
    article = add_article(source_id, language="ar", headline="عنوان", body="نص")
    add_translation(article, "fr", headline="Un titre")
    (entry,) = feed_of(reader, "/fr/feed.xml").findall("a:entry", ATOM)
    assert entry.find("a:title", ATOM).get(LANG) == "fr"
    assert entry.find("a:summary", ATOM).get(LANG) == "ar"
    assert entry.find("a:category", ATOM).get("term") == "machine-translation"


def test_an_empty_feed_is_a_feed(reader, sqlite):
    feed = feed_of(reader, "/ar/feed.xml")
    assert feed.findall("a:entry", ATOM) == []
    assert feed.findtext("a:updated", None, ATOM) == "1970-01-01T00:00:00+00:00"


def test_characters_that_xml_cannot_write_are_left_out(reader, source_id):
    add_article(source_id, headline="Un\x0btitre\x00 \x1b<b>", standfirst="a\x08b\ufffe", source_name="\x01X")
    (entry,) = feed_of(reader, "/fr/feed.xml").findall("a:entry", ATOM)
    assert entry.findtext("a:title", None, ATOM) == "Untitre <b>"
    assert entry.findtext("a:summary", None, ATOM) == "ab"


def test_every_feed_has_an_id_of_its_own(reader, source_id):
    add_article(source_id)
    urls = ("/fr/feed.xml", "/ar/feed.xml", "/fr/feed.xml?written=es", "/fr/source/courrier/feed.xml")
    ids = {feed_of(reader, url).findtext("a:id", None, ATOM) for url in urls}
    assert ids == {f"http://localhost{url}" for url in urls}


def test_every_list_has_its_feed_and_names_it(reader, source_id):
    first = add_article(source_id, 1)
    add_article(add_source("autre"), 2, language="es")
    entity_id = add_mention(first, "Rabat")
    for url, titles in (
        ("/fr/", ["Titre 2", "Titre 1"]),
        ("/fr/source/courrier", ["Titre 1"]),
        (f"/fr/entity/{entity_id}", ["Titre 1"]),
        ("/fr/?written=es", ["Titre 2"]),
    ):
        (address,) = reader.page(url).xpath("//link[@type='application/atom+xml']/@href")
        feed = feed_of(reader, address)
        assert [title.text for title in feed.findall("a:entry/a:title", ATOM)] == titles
        (page,) = [link.get("href") for link in feed.findall("a:link", ATOM) if link.get("rel") == "alternate"]
        assert page == f"http://localhost{url}"
