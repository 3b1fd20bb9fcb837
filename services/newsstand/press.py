"""The newsstand: what lies at which address, when it was printed and whether its edit has been made."""

import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from services.newsstand.articles import NewsArticle, edited, load_articles, make_variant
from services.newsstand.faults import Faults
from services.newsstand.papers import PAPERS, Paper
from services.newsstand.visits import Visits

#: Long enough for the first version to be on the portal, short enough to be seen in a newcomer's first hour.
EDITED_AFTER = timedelta(minutes=5)
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
THUMBNAIL_WIDTH = 320
EMBLEM_SIZE = 144


@dataclass(frozen=True, slots=True)
class Story:
    """An article as it stands in print now, at one of its addresses."""

    article: NewsArticle
    path: str  # unescaped
    picture_path: str  # "" for none
    published_at: datetime  # in the paper's zone
    modified_at: datetime  # the same unless it was edited
    is_second_address: bool = False  # of a text that is printed at another one too

    @property
    def paper(self) -> Paper:
        """The paper that prints it."""
        return PAPERS[self.article.paper]

    @property
    def is_edited(self) -> bool:
        """Whether this is the edited version."""
        return self.modified_at != self.published_at


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to draw: `seed` makes it its own, `width` is 0 for the full size."""

    scene: str
    seed: str
    kind: str  # one of MEDIA_TYPES
    credit: str
    width: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    article: NewsArticle
    path: str
    is_second: bool


@dataclass
class Newsstand:
    """Four papers on one server. Nothing here knows HTTP; `faults` and `visits` are the server's to use."""

    articles: Sequence[NewsArticle] = field(default_factory=load_articles)
    epoch: datetime = field(default_factory=lambda: datetime.now(UTC))  # when it opened: ages count from here
    copies: int = 1  # variants of every article, the first being the article itself
    edited_after: timedelta | None = EDITED_AFTER  # None: only when told
    robots: str = ""  # in place of its own robots.txt
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    faults: Faults = field(default_factory=Faults)
    visits: Visits = field(default_factory=Visits)

    def __post_init__(self) -> None:
        if self.copies < 1:
            raise ValueError(f"copies must be 1 or more, not {self.copies}")
        self.closing = threading.Event()  # set: answers that dawdle end at once
        self._told_at: datetime | None = None
        self._places: dict[str, _Place] = {}  # in the order of print, newest first
        self._by_slug: dict[tuple[str, str], _Place] = {}
        self._pictures: dict[str, Picture] = {}
        self._originals: dict[str, NewsArticle] = {}  # what the papers taken over had printed
        variants = [_variant(article, number) for article in self.articles for number in range(1, self.copies + 1)]
        for article in sorted(variants, key=lambda article: (article.age_minutes, article.paper, article.slug)):
            self._lay_out(article)
        self._by_paper = {
            key: [place for place in self._places.values() if place.article.paper == key] for key in PAPERS
        }

    def _lay_out(self, article: NewsArticle) -> None:
        published_at = self.epoch - timedelta(minutes=article.age_minutes)
        paper = PAPERS[article.paper]
        for slug in filter(None, (article.slug, article.slug2)):
            path = paper.path_of(article.section, slug, published_at)
            if article.is_taken_over:
                path = f"/{paper.key}/revue/{slug}"
            self._places[path] = self._by_slug[paper.key, slug] = _Place(article, path, slug != article.slug)
        if article.is_taken_over and article.source_url.startswith("/") and article.variant == 1:
            self._originals[article.source_url] = article
        if article.picture:
            full = picture_path(article)
            credit = f"{paper.name} / {article.slug}"
            picture = Picture(article.picture, _drawn_for(article), _picture_kind(article), credit)
            self._pictures[full] = picture
            self._pictures[thumbnail_of(full)] = Picture(
                picture.scene, picture.seed, picture.kind, credit, THUMBNAIL_WIDTH
            )

    def story_at(self, path: str) -> Story | None:
        """The story at an unescaped path, None if there is none."""
        place = self._places.get(path)
        return self._story(place) if place else None

    def original_at(self, path: str) -> NewsArticle | None:
        """The article at its first paper's own address, if it is one that an aggregator's page links to."""
        return self._originals.get(path)

    def picture_at(self, path: str) -> Picture | None:
        """The picture at a path, None if there is none."""
        return self._pictures.get(path)

    def stories(self, paper: str = "", section: str = "", limit: int | None = None) -> list[Story]:
        """What a paper, or every paper, has in print, newest first; a text under two addresses comes twice."""
        places = self._by_paper[paper] if paper else self._places.values()
        chosen = (place for place in places if section in ("", place.article.section))
        return [self._story(place) for place in islice(chosen, limit)]

    def reviewed(self, paper: str) -> list[Story]:
        """What a paper has taken over from others."""
        return [self._story(place) for place in self._by_paper[paper] if place.article.is_taken_over]

    def search(self, paper: str, words: str) -> list[Story]:
        """The stories that hold every word."""
        wanted = words.casefold().split()
        found = []
        for story in self.stories(paper):
            text = f"{story.article.headline} {story.article.standfirst} {story.article.body}".casefold()
            if wanted and all(word in text for word in wanted):
                found.append(story)
        return found

    def related_to(self, story: Story) -> list[Story]:
        """The stories that an article names as related, in its order."""
        return [self._story(self._by_slug[story.article.paper, slug]) for slug in story.article.related]

    def edit(self) -> None:
        """Make the edits now, if they are not made yet."""
        if self.edited_at is None:
            self._told_at = self.clock()

    @property
    def edited_at(self) -> datetime | None:
        """When the edits were made, None if they are not yet."""
        if self._told_at is not None:
            return self._told_at
        if self.edited_after is None or self.clock() < self.epoch + self.edited_after:
            return None
        return self.epoch + self.edited_after

    @property
    def changed_at(self) -> datetime:
        """When anything in print last changed: pages show each other's headlines, so it is one moment for all."""
        return self.edited_at or self.epoch

    def _story(self, place: _Place) -> Story:
        article = place.article
        zone = ZoneInfo(PAPERS[article.paper].time_zone)
        published_at = (self.epoch - timedelta(minutes=article.age_minutes)).astimezone(zone)
        edited_at = self.edited_at if article.edit else None
        return Story(
            article=edited(article) if edited_at else article,
            path=place.path,
            picture_path=picture_path(article),
            published_at=published_at,
            modified_at=edited_at.astimezone(zone) if edited_at else published_at,
            is_second_address=place.is_second,
        )


def picture_path(article: NewsArticle) -> str:
    """Where an article's picture lies, "" if it has none; variants share the one of the article they are made of."""
    if not article.picture:
        return ""
    return f"/{article.paper}/images/{_drawn_for(article)}.{_picture_kind(article)}"


def thumbnail_of(path: str) -> str:
    """Where the small copy of a picture lies."""
    return path.replace("/images/", f"/images/{THUMBNAIL_WIDTH}/", 1)


def _variant(article: NewsArticle, number: int) -> NewsArticle:
    return article if number == 1 else make_variant(article, number)


def _drawn_for(article: NewsArticle) -> str:
    return article.slug.removesuffix(f"-{article.variant}") if article.variant > 1 else article.slug


def _picture_kind(article: NewsArticle) -> str:
    kinds = tuple(MEDIA_TYPES)
    return kinds[zlib.crc32(_drawn_for(article).encode()) % len(kinds)]
