"""Every page that reads, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from portal_press import Reader, add_mention, add_picture, add_translation, headlines, words
from press import add_article, add_source

from services.portal.app import make_portal

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def reader(database) -> Reader:
    return Reader(make_portal())


def test_pages_hold_every_article_once_in_order(reader):
    source_id = add_source()
    for number in range(120):
        add_article(source_id, number, published_at=START + timedelta(hours=number // 7))
    seen: list[str] = []
    urls = ["/fr/?written=fr"]
    while urls:
        page = reader.page(urls[0])
        seen += headlines(page)
        urls = page.xpath("//a[@rel='next']/@href")
    assert seen == [f"Titre {number}" for number in range(119, -1, -1)]


def test_lists_names_feeds_and_articles_answer(reader):
    source_id = add_source()
    article = add_article(source_id, 1, language="ar", headline="عنوان", body="نص")
    add_translation(article, "fr", headline="Un titre", body="Un texte")
    picture = add_picture(article)
    entity_id = add_mention(article, "الرباط", key="geonames:1")
    add_mention(add_article(source_id, 2), "Rabat", key="geonames:1")
    for url in ("/fr/", "/fr/source/courrier", f"/fr/entity/{entity_id}"):
        assert sorted(headlines(reader.page(url))) == ["Titre 2", "Un titre"], url
        narrowed = reader.page(f"{url}?written=ar&before=1893456000000-99")
        assert headlines(narrowed) == ["Un titre"], url
        assert b"<entry>" in reader.get(f"{url.removesuffix('/')}/feed.xml").data, url
    page = reader.page(f"/fr/article/{article}")
    assert words(page.find(".//h1")) == "Un titre"
    assert words(page.xpath("//section[@class='names']//li")[0]) == "Rabat"
    assert reader.get(picture.url).data == picture.content
    assert reader.get("/healthz").data == b"ok\n"


@pytest.mark.parametrize("before", ["0-0", "253402300799999-9223372036854775807", "1-9223372036854775807"])
def test_a_cursor_at_the_ends_of_time_is_an_empty_or_a_whole_page(reader, before):
    add_article(add_source(), 1)
    expected = ["Titre 1"] if before.startswith("2534") else []
    assert headlines(reader.page(f"/fr/?before={before}")) == expected
