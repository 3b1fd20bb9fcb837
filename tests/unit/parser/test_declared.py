"""What a page declares: the article's own node among several, its own itemprops, dates that can be believed."""

import json
from datetime import UTC, datetime

import pytest
from own_pages import FETCHED_AT, fetched, html_of

from services.parser.moments import read_moments
from services.parser.page import read_page
from services.parser.structured import Declared, read_declared

TITLE = "La bibliothèque de Tiznit ouvre la nuit"
OTHER = {
    "@type": "NewsArticle",
    "headline": "Autre chose",
    "author": {"name": "Simon Tate"},
    "datePublished": "2019-05-06",
}
FEED_DATE = datetime(2026, 11, 20, 6, 45, tzinfo=UTC)


def declared(head: str = "", inner: str = "", **hints) -> Declared:
    return read_declared(read_page(fetched(html_of(f"<h1>{TITLE}</h1>{inner}", head), **hints)))


def script(*nodes) -> str:
    return f'<script type="application/ld+json">{json.dumps(list(nodes))}</script>'


@pytest.mark.parametrize(
    "own",
    [
        {"url": "https://journal.example/ville/bassin.html"},
        {"@id": "https://journal.example/ville/bassin.html"},
        {"mainEntityOfPage": {"@id": "https://journal.example/ville/bassin.html"}},
        {"mainEntityOfPage": "https://journal.example/ville/bassin.html", "headline": "Sans rapport"},
        {"headline": TITLE},
    ],
)
def test_the_node_of_this_page_is_taken_wherever_it_stands(own):
    head = f"<title>{TITLE} - Le Phare</title>" + script(OTHER, {"@type": "NewsArticle", "author": "Aïcha Sow", **own})
    assert declared(head).linked_authors == ["Aïcha Sow"]


def test_an_organisation_is_no_person():
    author = [{"@type": "NewsMediaOrganization", "name": "Le Phare"}, {"@type": "Person", "name": "Aïcha Sow"}]
    found = declared(script({"@type": "NewsArticle", "author": author}))
    assert (found.linked_authors, found.linked_organisations) == (["Aïcha Sow"], ["Le Phare"])


@pytest.mark.parametrize(
    "text",
    ['<!-- {"@type": "NewsArticle", "headline": "Un titre"} -->', '{"@type": "NewsArticle", "headline": "Un titre",}',
     '{"@type": "NewsArticle", "headline": "Un\n titre"};',
     '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Un titre"}\n//]]>'],
)  # fmt: skip
def test_json_ld_is_read_though_it_is_not_quite_json(text):
    assert declared(f'<script type="application/ld+json">{text}</script>').titles[0] == "Un titre"


def test_itemprops_of_a_comment_within_the_article_are_not_its_own():
    inner = (
        '<div itemscope itemtype="https://schema.org/NewsArticle"><span itemprop="author">Aïcha Sow</span>'
        '<div itemprop="comment" itemscope itemtype="https://schema.org/Comment">'
        '<span itemprop="author">Un lecteur</span>'
        '<time itemprop="datePublished" datetime="2020-01-02">2 janvier</time></div></div>'
    )
    found = declared(inner=inner)
    assert [element.text for element in found.microdata["author"]] == ["Aïcha Sow"]
    assert found.published == []


def test_the_canonical_address_is_absolute_and_a_bad_one_is_passed_over():
    head = '<link rel="canonical" href="javascript:1"><meta property="og:url" content="/ville/bassin">'
    assert declared(head).canonical_url == "https://journal.example/ville/bassin"


@pytest.mark.parametrize(
    "stated", ["2027-03-01T08:00:00Z", "1985-01-01T08:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31", "demain"]
)
def test_a_date_that_cannot_be_is_refused_for_the_feeds(stated):
    head = f'<meta property="article:published_time" content="{stated}">'
    assert read_moments(declared(head, published_at=FEED_DATE)).published_at == FEED_DATE


def test_a_day_ahead_may_be_another_zones():
    head = '<meta property="article:published_time" content="2026-11-25T08:00:00+09:00">'
    assert read_moments(declared(head)).published_at == datetime(2026, 11, 24, 23, tzinfo=UTC)


def test_a_feeds_date_that_cannot_be_is_no_better_than_none():
    assert read_moments(declared(published_at=FETCHED_AT.replace(year=2030))).published_at is None


@pytest.mark.parametrize(
    ("modified", "wanted"),
    [
        ("2026-11-21T10:00:00Z", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-20T08:00:00Z", None),
        ("2026-11-19", None),
    ],
)
def test_a_change_counts_if_it_came_after_publication(modified, wanted):
    head = (
        '<meta property="article:published_time" content="2026-11-20T08:00:00Z">'
        f'<meta property="article:modified_time" content="{modified}">'
    )
    assert read_moments(declared(head)).modified_at == wanted


def test_a_moment_without_a_zone_takes_that_of_another_statement_of_it():
    head = (
        '<meta property="article:published_time" content="2026-11-20T08:00:00">'
        '<meta name="date" content="2026-11-20T08:00:10+04:00">'
    )
    assert read_moments(declared(head)).published_at == datetime(2026, 11, 20, 4, 0, 10, tzinfo=UTC)


def test_midnight_is_a_day_and_the_printed_hour_completes_it():
    head = '<meta property="article:published_time" content="2026-11-20T00:00:00+01:00">'
    moments = read_moments(declared(head, time_zone="Africa/Algiers"))
    assert (moments.published_at, moments.has_time) == (datetime(2026, 11, 20, 11, tzinfo=UTC), False)
    printed = "<div class='date'>Publié le 20 novembre 2026 à 09h30</div>"
    moments = read_moments(declared(head, printed, time_zone="Africa/Algiers"))
    assert (moments.published_at, moments.has_time) == (datetime(2026, 11, 20, 8, 30, tzinfo=UTC), True)


def test_an_unknown_time_zone_is_read_as_utc():
    head = '<meta property="article:published_time" content="2026-11-20T08:00:00">'
    assert read_moments(declared(head, time_zone="Mars/Olympus")).published_at == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_the_year_of_a_copyright_line_is_no_date():
    assert read_moments(declared(inner="<p>Tous droits réservés © 2024 Le Phare</p>")).published_at is None


@pytest.mark.parametrize("day", ["<time datetime='2026-11-01'>1er nov.</time>", "<p>1er novembre 2026</p>"])
def test_a_commenters_date_is_not_the_articles(day):
    inner = f"<p>Un texte.</p><div><div class='comments'>{day}<p>Bravo</p></div></div>"
    found = declared(inner=inner, published_at=FEED_DATE)
    assert read_moments(found, head=found.page.root.find(".//h1")).published_at == FEED_DATE


def test_a_time_that_shows_its_day_by_script_counts():
    found = declared(inner="<div><time datetime='2026-11-02T09:00'></time></div><p>Un texte.</p>")
    moments = read_moments(found, head=found.page.root.find(".//h1"))
    assert moments.published_at == datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_a_related_articles_date_is_not_this_ones():
    inner = "<p>Un texte sans date.</p><div class='related'><time datetime='2026-11-01'>1er novembre 2026</time></div>"
    assert read_moments(declared(inner=inner, published_at=FEED_DATE)).published_at == FEED_DATE
