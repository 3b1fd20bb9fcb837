"""Feeds: valid, and read by the scraper as they are meant."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from services.newsstand import feeds
from services.newsstand.papers import PAPERS
from services.newsstand.printing import absolute
from services.scraper.feeds import read_feed
from services.scraper.sitemaps import read_sitemap
from services.scraper.urls import canonical_url

SITE = "http://127.0.0.1:8765"
ATOM = "{http://www.w3.org/2005/Atom}"


def print_feed(newsstand, paper, section="") -> bytes:
    stories = newsstand.stories(paper.key, section)
    return feeds.print_feed(paper, section, stories, SITE, newsstand.changed_at, lambda path: 4321).encode()


def read(newsstand, paper, section=""):
    return read_feed(print_feed(newsstand, paper, section), SITE + paper.feed_of(section), paper.feed_type)


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_the_scraper_reads_every_story_of_a_feed(newsstand, paper):
    stories, entries = newsstand.stories(paper.key), read(newsstand, paper)
    assert [entry.url for entry in entries] == [absolute(SITE, story.path) for story in stories]
    for story, entry in zip(stories, entries, strict=True):
        assert entry.headline == story.article.headline
        assert entry.summary == story.article.standfirst
        assert entry.published_at == story.published_at
        assert entry.image_urls[:1] == ((SITE + story.picture_path,) if story.picture_path else ())
        assert canonical_url(entry.url) == entry.url


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_a_sections_feed_has_what_the_section_has(newsstand, paper):
    for section in paper.sections:
        found = [entry.url for entry in read(newsstand, paper, section)]
        assert found == [absolute(SITE, story.path) for story in newsstand.stories(paper.key, section)]


def test_an_edit_is_announced_with_its_time_and_its_headline(newsstand):
    paper = PAPERS["courrier-du-littoral"]
    before = {entry.url: entry for entry in read(newsstand, paper)}
    newsstand.edit()
    after = {entry.url: entry for entry in read(newsstand, paper)}
    (changed,) = [url for url in before if before[url] != after[url]]
    assert changed.endswith("/phare.html")
    assert after[changed].headline == "Le phare d'El Hank éteint de nouveau"
    assert after[changed].published_at == before[changed].published_at
    assert after[changed].updated_at == newsstand.edited_at.replace(microsecond=0)


@pytest.mark.parametrize("paper", [paper for paper in PAPERS.values() if paper.feed_kind == "rss"], ids=lambda p: p.key)
def test_an_rss_feed_has_what_rss_2_asks_for(newsstand, paper):
    channel = etree.fromstring(print_feed(newsstand, paper)).find("channel")
    assert {"title", "link", "description"} <= {child.tag for child in channel}
    assert channel.find(f"{ATOM}link").get("href") == absolute(SITE, paper.feed_of())
    for row in channel.iter("item"):
        assert row.findtext("guid") == row.findtext("link")
        assert datetime.strptime(row.findtext("pubDate"), "%a, %d %b %Y %H:%M:%S %z").astimezone(UTC) < newsstand.epoch
        for enclosure in row.iter("enclosure"):
            assert (enclosure.get("length"), enclosure.get("type")[:6]) == ("4321", "image/")


@pytest.mark.parametrize(
    "paper", [paper for paper in PAPERS.values() if paper.feed_kind == "atom"], ids=lambda p: p.key
)
def test_an_atom_feed_has_what_rfc_4287_asks_for(open_newsstand, paper):
    feed = etree.fromstring(print_feed(open_newsstand(copies=3), paper))
    for element in (feed, *feed.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1, name
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == paper.name
    identities = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    assert len(set(identities)) == len(identities) == 3


def test_two_papers_have_rss_and_two_have_atom():
    assert sorted(paper.feed_kind for paper in PAPERS.values()) == ["atom", "atom", "rss", "rss"]


def test_a_feed_ends_where_its_readers_stop(open_newsstand):
    newsstand = open_newsstand(copies=200)
    paper = PAPERS["courrier-du-littoral"]
    assert len(read(newsstand, paper)) == feeds.FEED_LENGTH < len(newsstand.stories(paper.key))
    newest = absolute(SITE, newsstand.stories(paper.key)[0].path)
    assert read(newsstand, paper)[0].url == newest


def test_the_scraper_reads_the_news_sitemap(newsstand):
    paper = PAPERS["courrier-du-littoral"]
    stories = newsstand.stories(paper.key)
    entries = read_sitemap(feeds.print_sitemap(paper, stories, SITE).encode(), f"{SITE}/sitemap-news.xml")
    assert {entry.url: (entry.headline, entry.published_at) for entry in entries} == {
        absolute(SITE, story.path): (story.article.headline, story.published_at) for story in stories
    }
