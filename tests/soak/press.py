"""The newsstand multiplied, in a process of its own; it writes down what it is asked for."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

from services.newsstand.articles import load_articles
from services.newsstand.papers import PAPERS
from services.newsstand.press import Newsstand
from services.newsstand.server import Server
from tests.soak.effects import LoggedVisits


def serve(articles: int, visits: Path, addresses: Any, stop: Any) -> None:
    """In a process of its own: the newsstand multiplied, until told to stop."""
    texts = [replace(one, slug2="") for one in load_articles()]  # a text under two addresses is one article
    newsstand = Newsstand(
        articles=texts,
        epoch=datetime.now(UTC),
        copies=-(-articles // len(texts)),
        edited_after=None,
        visits=LoggedVisits(visits),
    )
    server = Server(newsstand, "127.0.0.1", 0)
    Thread(target=server.run, daemon=True).start()
    feeds = [server.url + paper.feed_of(section) for paper in PAPERS.values() for section in paper.sections]
    addresses.put((f"{server.host}:{server.port}", feeds, [story.path for story in newsstand.stories()]))
    stop.wait()
    server.close()
