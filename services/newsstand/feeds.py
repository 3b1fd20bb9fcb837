"""Feeds and sitemaps: RSS 2.0, Atom and a news sitemap, each announcing pictures as its paper does."""

from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from services.newsstand.papers import Paper
from services.newsstand.press import EMBLEM_SIZE, Story
from services.newsstand.printing import absolute, fill_in

#: Readers of feeds stop after so many (services/scraper: 500); sections' feeds hold what the whole paper's cannot.
FEED_LENGTH = 500
#: The protocol's own limit for news.
SITEMAP_LENGTH = 1000

#: How long the file of a picture is, in bytes: an enclosure has to say so.
Measure = Callable[[str], int]


def print_feed(
    paper: Paper, section: str, stories: Sequence[Story], site: str, changed_at: datetime, measure: Measure
) -> str:
    """A paper's feed, or that of one section, in the form that this paper has."""
    page = f"/{paper.key}/{paper.section(section).path}/" if section else f"/{paper.key}/"
    return fill_in(
        f"feeds/{paper.feed_kind}.xml",
        site,
        paper=paper,
        title=f"{paper.name} - {paper.section(section).name}" if section else paper.name,
        page=page,
        feed=paper.feed_of(section),
        stories=stories[:FEED_LENGTH],
        changed_at=changed_at.astimezone(ZoneInfo(paper.time_zone)),
        measure=measure,
        emblem_size=EMBLEM_SIZE,
        teaser=lambda story: _teaser(story, site),
    )


def print_sitemap(paper: Paper, stories: Sequence[Story], site: str) -> str:
    """A paper's articles as a news sitemap."""
    return fill_in("feeds/sitemap.xml", site, paper=paper, stories=stories[:SITEMAP_LENGTH])


def _teaser(story: Story, site: str) -> str:
    """The standfirst as the HTML that many feeds carry, the picture with it."""
    picture = ""
    if story.picture_path:
        address, caption = absolute(site, story.picture_path), escape(story.article.caption)
        picture = f'<p><img src="{address}" alt="{caption}" width="1200" height="675"></p>'
    return f"{picture}<p>{escape(story.article.standfirst)}</p>"
