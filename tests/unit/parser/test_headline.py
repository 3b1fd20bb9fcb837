"""The headline without the paper's name, its kicker or its section, wherever the page has it."""

import pytest
from own_pages import fetched, html_of

from services.parser.headline import find_head, read_headline
from services.parser.page import read_page
from services.parser.structured import read_declared

HEADLINE = "Un bassin pour les nageurs de Kénitra"


def headline_of(article: str, head: str = "", **hints) -> str:
    return read_headline(read_declared(read_page(fetched(html_of(article, head), **hints))))


@pytest.mark.parametrize(
    ("title", "site_name"),
    [
        (f"{HEADLINE} - Le Phare", "Le Phare"),
        (f"{HEADLINE} | Le Phare", "Le Phare"),
        (f"Le Phare : {HEADLINE}", "Le Phare"),
        (f"{HEADLINE} – Le Phare", "Le Phare"),
        (HEADLINE, ""),
    ],
)
def test_the_papers_name_is_cut_off_a_title(title, site_name):
    head = f'<title>{title}</title><meta property="og:site_name" content="{site_name}">'
    assert headline_of("<p>Texte.</p>", head) == HEADLINE


def test_the_h1_that_is_like_the_title_is_taken_before_the_papers_own():
    article = f"<h1>Le Phare, quotidien du Gharb</h1><h1>{HEADLINE}</h1>"
    assert headline_of(article, f"<title>{HEADLINE} - Le Phare</title>") == HEADLINE


def test_a_kicker_within_the_h1_is_left_out():
    article = f"<h1><span>Natation</span> {HEADLINE}</h1>"
    assert headline_of(article, f"<title>{HEADLINE}</title>") == HEADLINE


def test_capitals_of_an_h1_are_those_of_its_title():
    assert headline_of(f"<h1>{HEADLINE.upper()}</h1>", f"<title>{HEADLINE}</title>") == HEADLINE


def test_an_h1_is_whole_where_the_title_is_cut():
    head = '<title>Un bassin pour les nageurs...</title><meta property="og:title" content="Un bassin pour les...">'
    assert headline_of(f"<h1>{HEADLINE}</h1>", head) == HEADLINE


def test_an_h2_serves_where_there_is_no_h1():
    assert headline_of(f"<h2>{HEADLINE}</h2><p>Texte.</p>") == HEADLINE


def test_the_feeds_headline_serves_where_the_page_has_none():
    assert headline_of("<p>Texte.</p>", headline=HEADLINE) == HEADLINE


def test_a_title_that_is_only_the_papers_name_is_no_headline():
    assert headline_of(f"<h1>{HEADLINE}</h1>", "<title>Le Phare</title>", name="Le Phare") == HEADLINE


def test_a_title_that_is_also_given_as_the_papers_name_goes_before_an_h2():
    head = f'<title>{HEADLINE}</title><meta property="og:site_name" content="{HEADLINE}">'
    assert headline_of("<h2>Nos autres nouvelles</h2><p>Texte.</p>", head) == HEADLINE


def test_a_page_without_any_has_none():
    assert headline_of("<p>Texte.</p>") == ""


def test_the_element_of_the_headline_is_found():
    root = read_page(fetched(html_of(f"<h1>Le Phare</h1><h1 id='own'>{HEADLINE}</h1>"))).root
    assert find_head(root, HEADLINE).get("id") == "own"


def test_json_ld_and_open_graph_that_agree_go_before_a_shortened_h1():
    linked = (
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Kénitra : {HEADLINE}"}}</script>'
    )
    head = f'<title>Kénitra | Le Phare</title><meta property="og:title" content="Kénitra : {HEADLINE}">{linked}'
    assert headline_of(f"<h1>{HEADLINE}</h1>", head) == f"Kénitra : {HEADLINE}"
