"""The queries behind every list: the newest first, each once, in the reader's language, as few queries as ever."""

from datetime import UTC, datetime, timedelta

import pytest
from portal_press import add_mention, add_picture, add_translation, counted_queries
from press import add_article, add_source
from sqlalchemy import update

from shared.db import read_session, write_session
from shared.models import Article, Source
from shared.store.headlines import Cursor, Selection, find_headlines, find_listed_sources

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def source_id(sqlite) -> int:
    return add_source()


def find(language: str = "fr", selection: Selection | None = None, **options):
    with read_session() as session:
        return find_headlines(session, language, selection, **options)


def ids(found) -> list[int]:
    return [row.article_id for row in found.rows]


def test_the_newest_stands_first_and_of_the_same_moment_the_last_found(source_id):
    old, new, same = (
        add_article(source_id, number, published_at=at)
        for number, at in enumerate((START, START + timedelta(1), START))
    )
    assert ids(find()) == [new, same, old]


@pytest.mark.parametrize(
    "columns",
    [
        {"parsed_at": None},
        {"headline": ""},
        {"removed_at": START},
        {"published_at": None},
    ],
)
def test_what_readers_may_not_see_is_on_no_list(source_id, columns):
    shown = add_article(source_id, 1)
    add_article(source_id, 2, **columns)
    assert ids(find()) == [shown]


def test_a_duplicate_is_on_no_list(source_id):
    original = add_article(source_id, 1)
    add_article(source_id, 2, duplicate_of_id=original)
    assert ids(find()) == [original]


def test_pages_hold_every_article_once_whatever_comes_in_meanwhile(source_id):
    # three articles a moment: a page ends in the middle of one
    made = [add_article(source_id, number, published_at=START + timedelta(hours=number // 3)) for number in range(20)]
    seen: list[int] = []
    page = find(limit=4)
    while True:
        seen += ids(page)
        if page.next is None:
            break
        add_article(source_id, 100 + len(seen), published_at=START + timedelta(days=len(seen)))
        page = find(limit=4, before=Cursor.parse(str(page.next)))
    assert seen == made[::-1]


def test_the_last_page_has_no_next_even_when_it_is_full(source_id):
    for number in range(4):
        add_article(source_id, number)
    assert find(limit=4).next is None


def test_a_cursor_keeps_the_millisecond_of_its_headline(source_id):
    at = datetime(2026, 11, 1, 12, 0, 0, 123_000, tzinfo=UTC)
    assert Cursor.parse(str(Cursor(at, 7))) == Cursor(at, 7)


@pytest.mark.parametrize("text", ["", "-", "1", "1-", "-1", "a-1", "1-a", "1-1-1", "٣-٣٣-", "9" * 30 + "-1", "1 -1"])
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(ValueError, match=r"cursor|calendar"):
        Cursor.parse(text)


def test_a_list_is_narrowed_to_a_source_a_language_and_a_name(source_id):
    other = add_source("autre")
    first, second = add_article(source_id, 1), add_article(other, 2, language="ar")
    entity_id = add_mention(second, "الرباط", key="geonames:1")
    add_mention(second, "الرباط", key="geonames:1")
    assert ids(find(selection=Selection(source_id=source_id))) == [first]
    assert ids(find(selection=Selection(written_in="ar"))) == [second]
    assert ids(find(selection=Selection(entity_id=entity_id))) == [second]
    assert ids(find(selection=Selection(source_id=source_id, written_in="ar"))) == []


def test_a_name_is_found_in_articles_of_every_language(source_id):
    articles = [add_article(source_id, number, language=code) for number, code in enumerate(("fr", "ar", "es"))]
    entity_ids = {
        add_mention(article, name, key="geonames:1")
        for article, name in zip(articles, ("Rabat", "الرباط", "Rabat"), strict=True)
    }
    assert sorted(ids(find(selection=Selection(entity_id=entity_ids.pop())))) == articles
    assert not entity_ids


def test_a_headline_is_shown_in_the_readers_language_where_a_machine_translated_it(source_id):
    article = add_article(source_id, 1, language="ar", headline="عنوان", standfirst="مقدمة")
    add_translation(article, "fr", headline="Un titre", standfirst="Un chapeau")
    row = find("fr").rows[0]
    assert (row.headline.text, row.headline.language, row.headline.is_translated) == ("Un titre", "fr", True)
    assert (row.lead.text, row.written_in) == ("Un chapeau", "ar")
    assert find("es").rows[0].headline.text == "عنوان"


def test_a_translation_into_the_articles_own_language_is_never_shown(source_id):
    article = add_article(source_id, 1, headline="Titre")
    add_translation(article, "fr", headline="Autre titre")
    assert find("fr").rows[0].headline.text == "Titre"


@pytest.mark.parametrize(("display", "lead"), [("full", "Chapeau"), ("lead", "Chapeau"), ("headline", None)])
def test_a_source_that_lends_its_headlines_only_is_taken_at_its_word(source_id, display, lead):
    article = add_article(source_id, 1, language="es", standfirst="Entradilla")
    add_translation(article, "fr", standfirst="Chapeau", body="Corps")
    with write_session() as session:
        session.execute(update(Source).values(display=display))
    shown = find("fr").rows[0].lead
    assert (shown and shown.text) == lead


def test_the_paper_is_named_as_its_page_names_it_and_else_as_we_do(source_id):
    with write_session() as session:
        session.execute(update(Source).values(name="Le Courrier"))
    add_article(source_id, 1, source_name="Challenge", source_url="https://challenge.example/1")
    add_article(source_id, 2)
    second, first = find().rows
    assert (first.source_name, first.source_url) == ("Challenge", "https://challenge.example/1")
    assert (second.source_name, second.source_url) == ("Le Courrier", "https://courrier.example/2")


def test_a_page_of_headlines_takes_as_many_queries_as_one_headline(source_id):
    def fill(numbers) -> None:
        for number in numbers:
            article = add_article(source_id, number, language="ar")
            add_translation(article, "fr", headline="Un titre")
            add_picture(article, seed=number % 3)

    for numbers in ([0], range(1, 30)):
        fill(numbers)
        with counted_queries() as sent:
            assert len(find("fr").rows) == len(numbers) + numbers[0]
        assert len(sent) == 3


def test_a_source_is_listed_once_readers_can_see_an_article_of_it(source_id):
    add_source("muet")
    gone = add_source("retire")
    article = add_article(gone, 1)
    add_article(source_id, 2)
    with write_session() as session:
        session.execute(update(Article).where(Article.id == article).values(removed_at=START))
    with read_session() as session:
        assert [source.key for source in find_listed_sources(session)] == ["courrier"]
