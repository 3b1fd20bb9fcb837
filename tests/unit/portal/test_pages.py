"""The pages that list headlines, and what every page has in common."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from portal_press import Reader, add_mention, add_picture, add_translation, counted_queries, headlines, read, words
from press import add_article, add_source

from services.portal import editions
from services.portal.addresses import links_in
from services.portal.app import CONTENT_SECURITY_POLICY
from shared.languages import LANGUAGES

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
ATTACK = "<script>alert(1)</script>\"'&"


@pytest.fixture
def source_id(sqlite) -> int:
    return add_source(name="Le Courrier", time_zone="Africa/Algiers")


@pytest.mark.parametrize(
    ("asked", "edition"),
    [
        ("", "fr"),
        ("ar", "ar"),
        ("ar-MA,ar;q=0.9,fr;q=0.8", "ar"),
        ("de,es;q=0.4", "es"),
        ("en-US,en;q=0.9,fr;q=0.1", "en"),
        ("fr;q=0.2,ar;q=0.3", "ar"),
        ("de", "fr"),
        (";;;q=x,\x01", "fr"),
    ],
)
def test_a_reader_is_sent_to_the_edition_that_the_browser_asks_for(reader, asked, edition):
    answer = reader.get("/", Accept_Language=asked)
    assert (answer.status_code, answer.location) == (302, f"/{edition}/")
    assert answer.headers["Vary"] == "Accept-Language"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_edition_is_in_its_language_and_direction(reader, source_id, code):
    add_article(source_id, 1)
    page = reader.page(f"/{code}/")
    assert (page.get("lang"), page.get("dir")) == (code, LANGUAGES[code].direction)
    assert words(page.find_class("tagline")[0]) == editions.edition_of(code).texts["tagline"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_before_the_first_article_the_portal_says_that_the_edition_is_being_prepared(reader, code):
    page = reader.page(f"/{code}/")
    assert editions.edition_of(code).texts["front"]["empty_title"] in words(page)
    assert headlines(page) == []


def test_the_front_page_has_every_headline_once_the_newest_with_a_picture_leading(reader, source_id):
    made = [add_article(source_id, number, published_at=START + timedelta(hours=number)) for number in range(20)]
    add_picture(made[16])
    page = reader.page("/fr/")
    assert headlines(page) == ["Titre 16", *(f"Titre {number}" for number in range(19, -1, -1) if number != 16)]
    assert headlines(page.find_class("lead")[0]) == ["Titre 16"]


def test_old_news_does_not_lead_for_the_sake_of_its_picture(reader, source_id):
    made = [add_article(source_id, number, published_at=START + timedelta(hours=number)) for number in range(20)]
    add_picture(made[2])
    assert headlines(reader.page("/fr/").find_class("lead")[0]) == ["Titre 19"]


def test_a_withheld_picture_does_not_make_a_story_lead(reader, source_id):
    made = [add_article(source_id, number, published_at=START + timedelta(hours=number)) for number in range(3)]
    add_picture(made[1], state="blocked")
    add_picture(made[0], seed=2)
    assert headlines(reader.page("/fr/").find_class("lead")[0]) == ["Titre 0"]


def test_a_translated_headline_says_that_a_machine_made_it_and_from_what(reader, source_id):
    article = add_article(source_id, 1, language="ar", headline="عنوان")
    add_translation(article, "fr", headline="Un titre")
    lead = reader.page("/fr/").find_class("lead")[0]
    assert headlines(lead) == ["Un titre"]
    assert lead.find_class("headline")[0].get("lang") is None
    assert words(lead.find_class("machine")[0]) == "trad. automatique de l’arabe"


def test_an_untranslated_headline_keeps_its_language_and_direction(reader, source_id):
    add_article(source_id, 1, language="ar", headline="عنوان", standfirst="مقدمة")
    lead = reader.page("/fr/").find_class("lead")[0]
    for name in ("headline", "teaser"):
        element = lead.find_class(name)[0]
        assert (element.get("lang"), element.get("dir")) == ("ar", "rtl")
    assert "en arabe" in words(lead)
    assert lead.find_class("machine") == []


def test_a_paper_is_named_in_isolation_so_that_its_script_disturbs_nothing(reader, source_id):
    add_article(source_id, 1, source_name="صحيفة")
    assert reader.page("/fr/").xpath("//a[@class='source']/bdi/text()") == ["صحيفة"]


@pytest.mark.parametrize(
    ("age", "has_time", "shown"),
    [
        (timedelta(0), False, "aujourd’hui"),
        (timedelta(0), True, r"\d\d:\d\d"),
        (timedelta(days=800), True, r"\d+ \S+ 20\d\d"),
    ],
)
def test_a_headline_tells_todays_hour_and_else_the_day(reader, source_id, age, has_time, shown):
    add_article(source_id, 1, published_at=datetime.now(UTC) - age, published_has_time=has_time)
    assert re.fullmatch(shown, words(reader.page("/fr/").xpath("//article//time")[0]))


def test_older_headlines_are_a_page_away_and_the_newest_one_click_back(reader, source_id):
    for number in range(60):
        add_article(source_id, number, published_at=START + timedelta(hours=number))
    first = reader.page("/fr/")
    older = first.xpath("//a[@rel='next']/@href")
    assert len(older) == 1
    second = reader.page(older[0])
    assert headlines(second) == [f"Titre {number}" for number in range(9, -1, -1)]
    assert second.xpath("//a[@rel='next']") == []
    assert "/fr/" in second.xpath("//nav[@class='pager']//a/@href")


def test_a_list_falls_into_the_days_of_its_sources_calendar(reader, source_id):
    add_article(source_id, 1, published_at=datetime(2026, 11, 1, 23, 30, tzinfo=UTC))  # the 2nd in Algiers
    add_article(source_id, 2, published_at=datetime(2026, 11, 1, 12, 0, tzinfo=UTC))
    page = reader.page("/fr/source/courrier")
    assert [words(day) for day in page.xpath("//section[@class='day']/h2")] == [
        "lundi 2 novembre 2026",
        "dimanche 1er novembre 2026",
    ]


def test_a_source_has_its_page(reader, source_id):
    add_article(source_id, 1)
    add_article(add_source("autre"), 2)
    page = reader.page("/fr/source/courrier")
    assert words(page.find(".//h1")) == "Les articles de Le Courrier"
    assert headlines(page) == ["Titre 1"]


def test_a_name_has_its_page_whatever_language_the_articles_are_in(reader, source_id):
    first = add_article(source_id, 1)
    second = add_article(source_id, 2, language="ar", headline="عنوان")
    entity_id = add_mention(second, "الرباط", key="geonames:1")
    add_mention(first, "Rabat", key="geonames:1")
    page = reader.page(f"/fr/entity/{entity_id}")
    assert words(page.find(".//h1")) == "Tous les articles qui nomment Rabat"
    assert headlines(page) == ["عنوان", "Titre 1"]
    assert words(reader.page(f"/ar/entity/{entity_id}").find(".//h1")) == "كل المقالات التي تذكر الرباط"


def test_a_list_is_narrowed_to_the_articles_written_in_a_language(reader, source_id):
    add_article(source_id, 1)
    add_article(source_id, 2, language="es", headline="Titular")
    for url in ("/fr/?written=es", "/fr/source/courrier?written=es"):
        assert headlines(reader.page(url)) == ["Titular"]
    assert "Aucun article" in words(reader.page("/fr/?written=en"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_language_links_lead_to_the_same_page_in_every_language(reader, source_id, code):
    add_article(source_id, 1)
    page = reader.page("/fr/source/courrier?written=fr")
    (url,) = page.xpath(f"//nav[@class='editions']//a[@hreflang='{code}']/@href")
    assert url == f"/{code}/source/courrier?written=fr"
    assert reader.get(url).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "/xx/",
        "/fr/nothing",
        "/fr/source/nobody",
        "/fr/source/nobody/feed.xml",
        "/fr/entity/999",
        "/fr/article/999",
        "/fr/article/9223372036854775807",
        "/fr/article/99999999999999999999999",
        "/fr/article/-1",
        "/fr/article/1x",
        "/fr/?before=yesterday",
        "/fr/?before=",
        "/fr/?before=1-9223372036854775808",
        "/fr/feed.xml?before=1-99999999999999999999",
        "/fr/?written=de",
        "/fr/feed.xml?written=de",
        "/image/zz.webp",
        f"/image/{'../' * 21}x.webp",
    ],
)
def test_what_is_not_there_is_a_404(reader, url):
    assert reader.get(url).status_code == 404


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_error_page_is_in_the_readers_language(reader, code):
    page = reader.page(f"/{code}/nothing")
    assert page.get("lang") == code
    assert words(page.find(".//h1")) == editions.edition_of(code).texts["errors"]["404"]["title"]


def test_an_error_outside_of_the_editions_is_in_the_language_that_the_browser_asks_for(reader):
    assert read(reader.get("/nothing", Accept_Language="es")).get("lang") == "es"


@pytest.mark.parametrize("url", ["/", "/fr/", "/fr/nothing", "/fr/feed.xml", "/healthz", "/static/kiosque.css", "/fr"])
def test_every_answer_carries_the_headers_that_keep_readers_safe(reader, url):
    headers = reader.get(url).headers
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize("directive", ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"])
def test_the_policy_allows_nothing_from_elsewhere_and_nothing_inline(directive):
    assert directive in CONTENT_SECURITY_POLICY.split("; ")
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY


def test_no_page_needs_what_the_policy_forbids(reader, source_id):
    article = add_article(source_id, 1)
    add_picture(article)
    for url in ("/fr/", "/fr/source/courrier", f"/fr/article/{article}", "/fr/nothing"):
        page = reader.page(url)
        assert page.xpath("//script | //style | //@style | //@onclick | //iframe") == [], url
        loaded = page.xpath("//img/@src | //link[@rel='stylesheet' or @rel='icon']/@href")
        assert [address for address in loaded if not address.startswith("/")] == [], url


def test_text_from_outside_is_only_ever_text(reader, source_id):
    hostile = add_source("hostile", name=ATTACK, credit=ATTACK)
    article = add_article(hostile, 1, headline=ATTACK, standfirst=ATTACK, body=ATTACK, byline=[ATTACK])
    add_translation(article, "en", engine=ATTACK, headline=ATTACK)
    entity_id = add_mention(article, ATTACK)
    urls = ("/fr/", "/fr/source/hostile", f"/fr/article/{article}", f"/en/article/{article}", f"/fr/entity/{entity_id}")
    for url in urls:
        page = reader.page(url)
        assert ATTACK in page.text_content(), url
        assert page.xpath("//script") == [], url


def test_a_page_that_did_not_change_is_not_sent_again(reader, source_id):
    add_article(source_id, 1)
    for url in ("/fr/source/courrier", "/fr/feed.xml"):
        first = reader.get(url)
        again = reader.get(url, If_None_Match=first.headers["ETag"])
        assert (again.status_code, again.data) == (304, b""), url
    add_article(source_id, 2)
    assert reader.get("/fr/source/courrier", If_None_Match=first.headers["ETag"]).status_code == 200


def test_the_front_page_takes_four_queries_however_full_it_is(reader, source_id):
    for number in range(60):
        article = add_article(source_id, number, language="ar")
        add_translation(article, "fr", headline=f"Un titre {number}")
    with counted_queries() as sent:
        assert len(headlines(reader.page("/fr/"))) == 50
    assert len(sent) == 4


def test_links_are_the_addresses_that_the_routes_have(portal):
    with portal.test_request_context("/fr/", base_url="http://localhost/press"):
        links, url_for = links_in("es"), portal.url_for
        assert links.front == url_for("pages.front", language="es") == "/press/es/"
        assert links.article(7) == url_for("pages.article", language="es", article_id=7)
        for key in ("courrier", "a b", "é"):
            assert links.source(key) == url_for("pages.source", language="es", key=key)
        thumbnail_hash = "a" * 64
        assert links.thumbnail(thumbnail_hash) == url_for("thumbnails.thumbnail", thumbnail_hash=thumbnail_hash)


def test_the_health_check_asks_the_database(reader):
    answer = reader.get("/healthz")
    assert (answer.status_code, answer.data) == (200, b"ok\n")


@pytest.mark.parametrize("url", ["/healthz", "/fr/", "/fr/article/1"])
def test_a_database_that_does_not_answer_is_a_503_that_asks_to_come_back(portal, set_settings, url):
    set_settings(database_url="postgresql://nobody@127.0.0.1:1/nothing")
    answer = Reader(portal).get(url)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Un instant" in words(read(answer).find(".//h1"))


def test_an_error_of_ours_is_a_500_in_the_readers_language_and_is_logged(portal, source_id, monkeypatch, capsys):
    def fail(*_, **__):
        raise RuntimeError("broken")

    monkeypatch.setattr("services.portal.views.find_headlines", fail)
    answer = Reader(portal).get("/es/")
    assert answer.status_code == 500
    assert words(read(answer).find(".//h1")) == "Un error nuestro"
    assert "page.failed" in capsys.readouterr().out
