"""The newsstand on a free port of this process, for tests that scrape it."""

import contextlib
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from services.newsstand.articles import ARTICLES, load_articles
from services.newsstand.faults import Faults
from services.newsstand.papers import PAPERS
from services.newsstand.press import Newsstand, Story
from services.newsstand.server import Server
from services.newsstand.visits import Visit
from shared.store.source_packs import read_pack

PACK = Path(__file__).parent.parent / "services" / "newsstand" / "newsstand.toml"
#: A Tuesday, so that printed dates can be written into tests.
EPOCH = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Press:
    """A newsstand that is being served."""

    def __init__(self, server: Server) -> None:
        self.newsstand: Newsstand = server.newsstand
        self.url = server.url  # without a slash at its end
        self.address = f"{server.host}:{server.port}"  # what KIOSQUE_PRIVATE_ADDRESSES needs

    @property
    def faults(self) -> Faults:
        """Misbehaviour: press.faults.add("/robots.txt", "503", times=2, retry_after=5)."""
        return self.newsstand.faults

    @property
    def requests(self) -> list[Visit]:
        """Every request so far, oldest first."""
        return self.newsstand.visits.all()

    def requests_for(self, path: str) -> list[Visit]:
        """The requests for one path."""
        return self.newsstand.visits.all(path)

    def edit(self) -> None:
        """Make the edit of the edited article now."""
        self.newsstand.edit()

    def stories(self, paper: str = "") -> list[Story]:
        """What is in print, newest first."""
        return self.newsstand.stories(paper)

    def address_of(self, story: Story) -> str:
        """A story's whole address, escaped."""
        return self.url + quote(story.path)

    def source_rows(self, *, sections: bool = False) -> list[dict[str, Any]]:
        """The pack's rows for this server; with `sections` read by section, for more than 500 articles a paper."""
        rows = read_pack(PACK, {"newsstand": self.url})
        for row in rows if sections else ():
            paper = PAPERS[row["key"]]
            row["feeds"] = [self.url + quote(paper.feed_of(section)) for section in paper.sections]
        return rows

    def get(self, path: str) -> str:
        """A page's text, as a plain reader gets it; HTTPError for an error."""
        with urllib.request.urlopen(self.url + quote(path, safe="/?=&%"), timeout=10) as answer:
            return str(answer.read().decode())


@contextlib.contextmanager
def newsstand_press(folder: Path = ARTICLES, **options: Any) -> Iterator[Press]:
    """Serve the articles of a folder; `options` are Newsstand's: epoch, copies, edited_after, robots, clock, faults.

    The edit is made when told (press.edit()), unless `edited_after` says otherwise.
    """
    newsstand = Newsstand(articles=load_articles(folder), **({"epoch": EPOCH, "edited_after": None} | options))
    server = Server(newsstand, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield Press(server)
    finally:
        server.close()
        thread.join(10)
        assert not thread.is_alive(), "the newsstand did not close"
