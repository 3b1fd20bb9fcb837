"""Pages drawn from articles: each paper has its own templates, all furniture included."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from services.newsstand.articles import NewsArticle
from services.newsstand.dates import day_in_words
from services.newsstand.papers import PAPERS, Paper
from services.newsstand.press import Newsstand, Story
from services.newsstand.printing import absolute, fill_in, furniture

RIBBON_LENGTH = 48
FRONT_LENGTH = 40
_MOST_READ = 5
_COMMENTS = 3
#: Stories that a page may show beside its own: more would make a page among 2,000 variants slow to draw.
_NEAR = 30


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of a body, or a "read also" line in the middle of it."""

    text: str
    lead: str = ""  # "Lire aussi |"
    link: str = ""  # where such a line leads


def print_article(newsstand: Newsstand, story: Story, site: str) -> str:
    """The page of an article; `site` is the server's own address without a slash at its end."""
    article, paper = story.article, story.paper
    named = newsstand.related_to(story)
    taken = {article.slug, *article.related}
    others = [one for one in newsstand.stories(paper.key, limit=_NEAR) if one.article.slug != article.slug]
    near = [one for one in _once(others) if one.article.slug not in taken]
    near.sort(key=lambda one: one.article.section != article.section)  # its own section's first
    return _print(
        "revue.html" if article.is_taken_over else f"{paper.key}/article.html",
        site,
        paper,
        story=story,
        article=article,
        section=paper.section(article.section),
        blocks=_blocks(story, named, site),
        related=[*named, *near][:4],
        comments=_comments(story),
        ribbon=_ribbon(newsstand, story) if article.is_taken_over else [],
        **_around(newsstand, paper, others),
    )


def print_front(newsstand: Newsstand, paper: Paper, site: str, stories: Sequence[Story], heading: str = "") -> str:
    """A paper's front page; with a heading the page of a section, of its press review or of what a search found."""
    return _print(
        f"{paper.key}/front.html",
        site,
        paper,
        stories=_once(stories)[:FRONT_LENGTH],
        heading=heading,
        **_around(newsstand, paper, newsstand.stories(paper.key, limit=_NEAR)),
    )


def print_about(newsstand: Newsstand, paper: Paper, site: str) -> str:
    """The page behind the links of a paper's footer."""
    return _print("about.html", site, paper, **_around(newsstand, paper, newsstand.stories(paper.key, limit=_NEAR)))


def print_doorway(newsstand: Newsstand, site: str) -> str:
    """The server's own front page: the four papers side by side."""
    rows = [(paper, _once(newsstand.stories(paper.key, limit=5))[:4]) for paper in PAPERS.values()]
    return fill_in("doorway.html", site, rows=rows, opened_at=newsstand.epoch)


def print_original(article: NewsArticle, site: str) -> str:
    """The article at the paper that an aggregator's page names as its source."""
    assert article.source_day is not None, "a page that is taken over says from which day"
    return fill_in("original.html", site, article=article, day=day_in_words(article.source_day, article.language))


def _print(template: str, site: str, paper: Paper, **context: Any) -> str:
    phrases = furniture()["phrases"][paper.language]
    return fill_in(template, site, paper=paper, home=f"{site}/{paper.key}/", phrases=phrases, **context)


def _around(newsstand: Newsstand, paper: Paper, others: Sequence[Story]) -> dict[str, Any]:
    """What every page of a paper shows beside its own matter; nothing in it depends on when it is asked for."""
    once = _once(others)
    return {
        "latest": once[:6],
        "most_read": sorted(once, key=lambda one: zlib.crc32(one.article.slug.encode()))[:_MOST_READ],
        "breaking": furniture()["breaking"][paper.language],
        "today": day_in_words(newsstand.changed_at.astimezone(ZoneInfo(paper.time_zone)), paper.language),
    }


def _blocks(story: Story, related: Sequence[Story], site: str) -> list[Block]:
    """The paragraphs with their "read also" lines: the article's own, else related ones, placed as on the seed page."""
    article, paper = story.article, story.paper
    elsewhere = absolute(site, f"/{paper.key}/revue/")
    lines = [(aside.after, Block(aside.headline, aside.lead, elsewhere)) for aside in article.asides]
    if not lines:
        lead = furniture()["phrases"][article.language]["read_also"]
        blocks = [Block(one.article.headline, lead, absolute(site, one.path)) for one in related]
        lines = list(zip((1, 3), blocks, strict=False))
    body: list[Block] = []
    for number, paragraph in enumerate(article.paragraphs, start=1):
        body.append(Block(paragraph))
        body += [block for after, block in lines if after == number]
    return body


def _ribbon(newsstand: Newsstand, story: Story) -> list[tuple[str, str]]:
    """Headlines of the whole press with their paths, then those of papers that are not here."""
    near = _once(newsstand.stories(limit=_NEAR))
    own = [(one.article.headline, one.path) for one in near if one.article.slug != story.article.slug]
    strangers = [(headline, f"/{story.paper.key}/revue/") for headline in furniture()["ribbon"]["headlines"]]
    return [*own[:16], *strangers][:RIBBON_LENGTH]


def _comments(story: Story) -> list[tuple[str, str]]:
    """Three of the readers' remarks: others for another article, the same for one."""
    rows = furniture()["comments"][story.article.language]
    return sorted(rows, key=lambda row: zlib.crc32(f"{story.article.slug} {row[0]}".encode()))[:_COMMENTS]


def _once(stories: Sequence[Story]) -> list[Story]:
    """Without the second address of a text."""
    return [one for one in stories if not one.is_second_address]
