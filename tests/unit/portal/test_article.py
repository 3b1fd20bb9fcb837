"""An article's page: who published it when, in whose words, with which pictures and names, as its source allows."""

from datetime import UTC, datetime

import pytest
from portal_press import add_mention, add_picture, add_translation, counted_queries, read, words
from press import add_article, add_source
from sqlalchemy import update

from services.portal.editions import edition_of
from shared.db import write_session
from shared.languages import LANGUAGES
from shared.models import Article, ArticleImage, Source

MORNING = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)  # five past ten in Algiers


@pytest.fixture
def source_id(sqlite) -> int:
    return add_source(name="Le Courrier", time_zone="Africa/Algiers")


def change(table, **columns: object) -> None:
    with write_session() as session:
        session.execute(update(table).values(**columns))


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("fr", "Publié dans Le Courrier le 24 novembre 2026 à 10:05"),
        ("ar", "نُشر في Le Courrier يوم 24 نونبر 2026 على الساعة 10:05"),
        ("es", "Publicado en Le Courrier el 24 de noviembre de 2026 a las 10:05"),
        ("en", "Published in Le Courrier on 24 November 2026 at 10:05"),
    ],
)
def test_it_says_in_which_paper_and_when_it_was_published(reader, source_id, code, line):
    article = add_article(source_id, published_at=MORNING, published_has_time=True)
    published = reader.page(f"/{code}/article/{article}").find_class("published")[0]
    assert words(published) == line
    assert published.find("time").get("datetime") == "2026-11-24T09:05:00+00:00"


def test_where_only_the_day_is_known_only_the_day_is_told(reader, source_id):
    noon = datetime(2020, 9, 29, 11, tzinfo=UTC)
    article = add_article(source_id, published_at=noon, published_has_time=False, source_name="Challenge")
    published = reader.page(f"/fr/article/{article}").find_class("published")[0]
    assert words(published) == "Publié dans Challenge le 29 septembre 2020"
    assert published.find("time").get("datetime") == "2020-09-29"


@pytest.mark.parametrize(
    ("columns", "url"),
    [
        ({}, "https://courrier.example/1"),
        ({"source_url": "https://challenge.example/esper"}, "https://challenge.example/esper"),
    ],
)
def test_it_leads_to_its_source(reader, source_id, columns, url):
    article = add_article(source_id, **columns)
    (link,) = reader.page(f"/fr/article/{article}").xpath("//p[@class='to-source']/a")
    assert (link.get("href"), link.get("rel")) == (url, "noopener nofollow")
    assert words(link) == "Lire l’article depuis sa source"


def test_it_is_shown_with_byline_standfirst_and_paragraphs(reader, source_id):
    article = add_article(
        source_id, byline=["Salma Benjelloun", "يوسف"], standfirst="Le chapeau.", body="Un.\n\nDeux,\nsuite."
    )
    page = reader.page(f"/fr/article/{article}")
    assert words(page.find(".//h1")) == "Titre 1"
    assert words(page.find_class("byline")[0]) == "Par Salma Benjelloun, يوسف"
    assert words(page.find_class("standfirst")[0]) == "Le chapeau."
    assert [words(one) for one in page.xpath("//div[@class='body']/p")] == ["Un.", "Deux, suite."]
    assert page.find_class("notice") == []


def test_what_is_not_known_leaves_no_empty_line(reader, source_id):
    page = reader.page(f"/fr/article/{add_article(source_id)}")
    for name in ("byline", "standfirst", "edited", "credit", "names", "plates", "plate"):
        assert page.find_class(name) == [], name


def test_an_edited_article_says_so_here_and_on_the_lists(reader, source_id):
    article = add_article(source_id, edited_at=MORNING)
    page = reader.page(f"/fr/article/{article}")
    assert words(page.find_class("edited")[0]) == "Mis à jour le 24 novembre 2026 à 10:05"
    assert words(reader.page("/fr/").find_class("edited")[0]) == "mis à jour"


def test_a_translated_article_is_marked_and_its_original_is_a_click_away(reader, source_id):
    article = add_article(source_id, language="ar", headline="عنوان", standfirst="مقدمة", body="نص")
    add_translation(article, "fr", headline="Un titre", standfirst="Un chapeau", body="Un texte")
    page = reader.page(f"/fr/article/{article}")
    assert words(page.find(".//h1")) == "Un titre"
    assert words(page.find_class("body")[0]) == "Un texte"
    notice = words(page.find_class("notice")[0])
    assert notice.startswith("Traduction automatique (Apertium 1.2), traduit de l’arabe.")
    assert "pas encore traduite" not in notice
    (original,) = page.xpath("//aside[@class='notice']//a/@href")

    page = reader.page(original)
    for name, text in (("standfirst", "مقدمة"), ("body", "نص")):
        element = page.find_class(name)[0]
        assert (words(element), element.get("lang"), element.get("dir")) == (text, "ar", "rtl")
    assert (page.find(".//h1").get("lang"), page.find(".//h1").get("dir")) == ("ar", "rtl")
    assert page.xpath("//aside[@class='notice']//a/@href") == [f"/fr/article/{article}"]


def test_what_is_not_translated_yet_stays_in_its_language_and_the_page_says_so(reader, source_id):
    article = add_article(source_id, language="ar", headline="عنوان", body="نص")
    for url in (f"/fr/article/{article}", f"/fr/article/{article}/original"):
        notice = reader.page(url).find_class("notice")[0]
        assert "n’est pas encore traduit" in words(notice), url
        assert notice.xpath(".//a") == [], url
    add_translation(article, "fr", headline="Un titre")
    page = reader.page(f"/fr/article/{article}")
    assert words(page.find(".//h1")) == "Un titre"
    assert page.find_class("body")[0].get("lang") == "ar"
    assert "Une partie du texte n’est pas encore traduite." in words(page.find_class("notice")[0])


def test_the_original_of_ones_own_language_is_the_article(reader, source_id):
    article = add_article(source_id)
    page = reader.page(f"/fr/article/{article}/original")
    assert words(page.find(".//h1")) == "Titre 1"
    assert page.find_class("notice") == []


@pytest.mark.parametrize(
    ("display", "lead", "has_body", "sentence"),
    [
        ("full", "Le chapeau.", True, ""),
        ("lead", "Le chapeau.", False, "le début de ses articles"),
        ("headline", "", False, "que ses titres"),
    ],
)
@pytest.mark.parametrize("code", ["fr", "es"])
def test_a_source_shows_as_much_as_its_rights_allow(reader, source_id, display, lead, has_body, sentence, code):
    article = add_article(source_id, standfirst="Le chapeau.", body="Le corps secret.")
    add_translation(article, "es", standfirst="Le chapeau.", body="Le corps secret.")
    change(Source, display=display)
    page = reader.page(f"/{code}/article/{article}")
    assert "".join(words(one) for one in page.find_class("standfirst")) == lead
    assert ("Le corps secret." in page.text_content()) is has_body
    if code == "fr":
        assert sentence in page.text_content()
    for url in (f"/{code}/", f"/{code}/source/courrier", f"/{code}/feed.xml"):
        shown = reader.get(url).get_data(as_text=True)
        assert ("chapeau" in shown) is bool(lead), url
        assert "secret" not in shown, url


def test_a_lead_that_is_all_a_source_lends_is_the_beginning_where_there_is_no_standfirst(reader, source_id):
    article = add_article(source_id, body="Le début.\n\nLa suite.")
    change(Source, display="lead")
    page = reader.page(f"/fr/article/{article}")
    assert words(page.find_class("standfirst")[0]) == "Le début."
    assert "La suite" not in page.text_content()


def test_pictures_have_their_size_alternative_and_caption(reader, source_id):
    article = add_article(source_id)
    picture = add_picture(article)
    change(ArticleImage, alt="Un <port>", caption="Le port, à l’aube")
    figure = reader.page(f"/fr/article/{article}").find_class("plate")[0]
    image = figure.find("img")
    said = {name: image.get(name) for name in ("src", "width", "height", "alt")}
    assert said == {"src": picture.url, "width": "240", "height": "160", "alt": "Un <port>"}
    assert "Le port, à l’aube" in words(figure.find("figcaption"))


@pytest.mark.parametrize("state", ["held", "auto_blocked", "blocked"])
def test_a_picture_that_may_not_be_seen_is_a_placeholder_of_its_size(reader, source_id, state):
    article = add_article(source_id)
    picture = add_picture(article, state=state)
    change(ArticleImage, alt="Un port", caption="Le port")
    page = reader.page(f"/fr/article/{article}")
    (placeholder,) = page.xpath("//figure//*[local-name()='svg']")
    assert (placeholder.get("width"), placeholder.get("height"), placeholder.get("role")) == ("240", "160", "img")
    assert page.xpath("//figure//img | //figure//form") == []
    for url in (f"/fr/article/{article}", "/fr/", "/fr/source/courrier", "/fr/feed.xml"):
        assert picture.url not in reader.get(url).get_data(as_text=True), url
    assert "/image/" not in reader.get("/fr/feed.xml").get_data(as_text=True)
    for url in ("/fr/", "/fr/source/courrier"):
        assert len(reader.page(url).find_class("placeholder")) == 1, url


def test_a_source_that_shows_no_pictures_shows_none(reader, source_id):
    article = add_article(source_id)
    add_picture(article)
    change(Source, shows_images=False)
    for url in ("/fr/", f"/fr/article/{article}", "/fr/feed.xml"):
        assert "/image/" not in reader.get(url).get_data(as_text=True), url


def test_names_lead_to_their_pages_in_the_readers_language(reader, source_id):
    article = add_article(source_id)
    rabat = add_mention(article, "Rabat", key="geonames:1")
    add_mention(article, "Salma Benjelloun", kind="PER")
    elsewhere = add_article(source_id, 2, language="ar")
    add_mention(elsewhere, "الرباط", key="geonames:1")

    def names(code: str) -> list[str]:
        return [words(one) for one in reader.page(f"/{code}/article/{article}").xpath("//section[@class='names']//li")]

    assert names("fr") == ["Rabat", "Salma Benjelloun"]
    assert names("ar") == ["الرباط", "Salma Benjelloun"]
    links = reader.page(f"/fr/article/{article}").xpath("//section[@class='names']//a/@href")
    assert links[0] == f"/fr/entity/{rabat}"


def test_a_name_is_written_as_most_of_its_latest_mentions_write_it(reader, source_id):
    article = add_article(source_id, language="ar")
    place = add_mention(article, "فاس", key="geonames:2")
    for number, name in enumerate(("Fas", "Fès", "Fès", "Féz"), start=2):
        add_mention(add_article(source_id, number), name, key="geonames:2")
    assert "nomment Fès" in words(reader.page(f"/fr/entity/{place}").find(".//h1"))
    assert words(reader.page(f"/fr/article/{article}").xpath("//section[@class='names']//li")[0]) == "Fès"


def test_the_name_of_a_removed_article_has_no_page_any_more(reader, source_id):
    article = add_article(source_id)
    entity_id = add_mention(article, "Salma Benjelloun", kind="PER")
    assert reader.get(f"/fr/entity/{entity_id}").status_code == 200
    change(Article, removed_at=MORNING)
    assert reader.get(f"/fr/entity/{entity_id}").status_code == 404
    assert reader.get(f"/fr/entity/{entity_id}/feed.xml").status_code == 404


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_removed_article_is_gone_for_good(reader, source_id, code):
    article = add_article(source_id, removed_at=MORNING)
    for url in (f"/{code}/article/{article}", f"/{code}/article/{article}/original"):
        answer = reader.get(url)
        assert answer.status_code == 410
        assert words(read(answer).find(".//h1")) == edition_of(code).texts["errors"]["410"]["title"]


def test_a_duplicate_leads_to_the_article_that_came_first(reader, source_id):
    original = add_article(source_id, 1)
    duplicate = add_article(source_id, 2, duplicate_of_id=original)
    for ending in ("", "/original"):
        answer = reader.get(f"/es/article/{duplicate}{ending}")
        assert (answer.status_code, answer.location) == (301, f"/es/article/{original}{ending}")
        # the text may be edited, and be its own again: no browser is to keep this for good
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("columns", [{"parsed_at": None}, {"headline": ""}])
def test_an_article_without_a_text_is_not_there_yet(reader, source_id, columns):
    assert reader.get(f"/fr/article/{add_article(source_id, **columns)}").status_code == 404


def test_an_article_without_a_time_is_dated_when_it_was_found(reader, source_id):
    article = add_article(source_id, published_at=None, found_at=MORNING)
    assert "24 novembre 2026" in words(reader.page(f"/fr/article/{article}").find_class("published")[0])


def test_the_latest_news_stand_below_without_the_article_itself(reader, source_id):
    articles = [add_article(source_id, number) for number in range(10)]
    page = reader.page(f"/fr/article/{articles[-1]}")
    assert [words(one) for one in page.xpath("//section[@class='read-on']//h3")] == [
        f"Titre {number}" for number in (8, 7, 6, 5, 4)
    ]


def test_a_page_takes_as_many_queries_for_many_names_and_pictures_as_for_none(reader, source_id):
    bare, full = add_article(source_id, 1), add_article(source_id, 2)
    for number in range(12):
        add_mention(full, f"Ville {number}")
        add_picture(full, seed=number)
    counts = []
    for article in (bare, full):
        with counted_queries() as sent:
            reader.page(f"/ar/article/{article}")
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 8
