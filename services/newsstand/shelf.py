"""What the server hands out for a path: pages, feeds, pictures and what belongs to them. Nothing here knows HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.newsstand import feeds, pages
from services.newsstand.papers import PAPERS, SECTIONS, Paper
from services.newsstand.pictures import Gallery
from services.newsstand.press import MEDIA_TYPES, Newsstand, Story
from services.newsstand.printing import HERE, absolute, furniture

HTML = "text/html; charset=utf-8"
#: The paper that has a news sitemap beside its feed.
MAPPED = "courrier-du-littoral"
_ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /recherche
Disallow: /*/admin/
Disallow: /*/recherche
Disallow: /-/

Sitemap: {sitemap}
"""
#: One transparent pixel, as measurers of audiences have it.
_PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What lies at a path."""

    content: bytes
    media_type: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: the server's own address as the reader wrote it, and the words of a search."""

    site: str
    words: str = ""


Serve = Callable[[Wish], Sheet]


class Shelf:
    """Everything that the newsstand has, by path."""

    def __init__(self, newsstand: Newsstand) -> None:
        self.newsstand = newsstand
        self.gallery = Gallery()
        self._fixed: dict[str, Serve] = {
            "/": lambda wish: self._page(pages.print_doorway(newsstand, wish.site)),
            "/robots.txt": self._robots,
        }
        for paper in PAPERS.values():
            self._lay_out(paper)

    def find(self, path: str, wish: Wish) -> Sheet | None:
        """What lies at an unescaped path, None if nothing does."""
        if serve := self._fixed.get(path):
            return serve(wish)
        if story := self.newsstand.story_at(path):
            return self._page(pages.print_article(self.newsstand, story, wish.site))
        if picture := self.newsstand.picture_at(path):
            return Sheet(self.gallery.picture(picture), MEDIA_TYPES[picture.kind], self.newsstand.epoch)
        if article := self.newsstand.original_at(path):
            return self._page(pages.print_original(article, wish.site))
        return None

    def _lay_out(self, paper: Paper) -> None:
        newsstand, home = self.newsstand, f"/{paper.key}/"
        phrases = furniture()["phrases"][paper.language]
        style = (HERE / "templates" / paper.key / "style.css").read_bytes()
        self._fixed |= {
            home: self._front(paper, lambda _: self._latest(paper)),
            f"{home}revue/": self._front(paper, lambda _: newsstand.reviewed(paper.key), phrases["review"]),
            f"{home}recherche": self._front(paper, lambda words: newsstand.search(paper.key, words), phrases["search"]),
            f"{home}a-propos": lambda wish: self._page(pages.print_about(newsstand, paper, wish.site)),
            f"{home}style.css": lambda _: Sheet(style, "text/css; charset=utf-8", newsstand.epoch),
            f"{home}emblem.png": lambda _: Sheet(self.gallery.emblem(paper.key), "image/png", newsstand.epoch),
            f"{home}pixel.gif": lambda _: Sheet(_PIXEL, "image/gif", newsstand.epoch),
            paper.feed_of(): lambda wish: self._feed(paper, "", wish),
        }
        for section in SECTIONS:
            self._lay_out_section(paper, section)
        if paper.key == MAPPED:
            self._fixed[f"{home}sitemap-news.xml"] = lambda wish: self._sitemap(paper, wish)

    def _lay_out_section(self, paper: Paper, section: str) -> None:
        place = paper.section(section)
        front = self._front(paper, lambda _: self._latest(paper, section), place.name)
        self._fixed[f"/{paper.key}/{place.path}/"] = front
        self._fixed[paper.feed_of(section)] = lambda wish: self._feed(paper, section, wish)

    def _front(self, paper: Paper, choose: Callable[[str], list[Story]], heading: str = "") -> Serve:
        """A front page of the stories that are chosen, by the words of a search or without them."""
        return lambda wish: self._page(pages.print_front(self.newsstand, paper, wish.site, choose(wish.words), heading))

    def _latest(self, paper: Paper, section: str = "") -> list[Story]:
        return self.newsstand.stories(paper.key, section, limit=2 * pages.FRONT_LENGTH)

    def _feed(self, paper: Paper, section: str, wish: Wish) -> Sheet:
        stories = self.newsstand.stories(paper.key, section, limit=feeds.FEED_LENGTH)
        changed_at = self.newsstand.changed_at
        text = feeds.print_feed(paper, section, stories, wish.site, changed_at, self._measure)
        return Sheet(text.encode(), paper.feed_type, changed_at)

    def _sitemap(self, paper: Paper, wish: Wish) -> Sheet:
        stories = self.newsstand.stories(paper.key, limit=feeds.SITEMAP_LENGTH)
        text = feeds.print_sitemap(paper, stories, wish.site)
        return Sheet(text.encode(), "application/xml; charset=utf-8", self.newsstand.changed_at)

    def _measure(self, picture_path: str) -> int:
        picture = self.newsstand.picture_at(picture_path)
        return len(self.gallery.picture(picture)) if picture else 0

    def _robots(self, wish: Wish) -> Sheet:
        text = self.newsstand.robots or _ROBOTS.format(sitemap=absolute(wish.site, f"/{MAPPED}/sitemap-news.xml"))
        return Sheet(text.encode(), "text/plain; charset=utf-8", self.newsstand.epoch)

    def _page(self, text: str) -> Sheet:
        return Sheet(text.encode(), HTML, self.newsstand.changed_at)
