"""The press that is shipped: what issue 3 asks of it."""

import re
from collections import Counter

import pytest

from services.newsstand.articles import load_articles
from services.newsstand.papers import PAPERS, SECTIONS


@pytest.fixture(scope="module")
def articles():
    """The articles as they are shipped."""
    return load_articles()


def test_the_press_has_32_articles_and_eight_a_language(articles):
    by_language = Counter(article.language for article in articles)
    assert set(by_language) == {"fr", "ar", "es", "en"}
    assert min(by_language.values()) >= 8
    assert sum(by_language.values()) >= 32


def test_the_press_has_150_words_or_more_an_article(articles):
    short = {one.slug: words for one in articles if (words := len(re.findall(r"\w+", one.body))) < 150}
    assert short == {}


def test_the_press_covers_every_section_in_every_language(articles):
    for paper in PAPERS:
        assert {one.section for one in articles if one.paper == paper} == set(SECTIONS), paper


def test_the_press_has_one_edited_article_one_text_at_two_addresses_and_one_aggregators_page(articles):
    assert sum(one.edit is not None for one in articles) == 1
    assert sum(bool(one.slug2) for one in articles) == 1
    assert sum(one.is_taken_over for one in articles) == 1


def test_the_press_has_one_story_told_by_three_papers(articles):
    tellers = Counter(one.story for one in articles if one.story)
    assert 3 in tellers.values()
    for story in tellers:
        papers = [one.paper for one in articles if one.story == story]
        assert len(papers) == len(set(papers))


def test_the_press_has_no_headline_or_text_twice(articles):
    assert len({one.headline for one in articles}) == len(articles)
    assert len({one.body for one in articles}) == len(articles)
