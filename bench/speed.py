"""How near the house comes to its own work: `python -m bench.speed [FOLDER …] [--rounds 5]`.

Articles a second through all stages on two cores, against the same pure functions (fetch, parse, tag, translate,
moderate) in a bare loop of two processes over the same pages: 1.0 would be a queue, a ledger and a database that cost
nothing. The pages are the newsstand's, printed in variants, or those of folders as bench.real_pages takes them.
"""

import argparse
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import Thread

from sqlalchemy import delete, update

from bench.house import DATABASES, running_house
from bench.press import Press, read_folder
from bench.real_pages import wait_for_end
from services.newsstand.articles import load_articles
from services.newsstand.press import Newsstand
from services.newsstand.server import Server
from shared.db import write_session
from shared.ledger_models import StageAttempt, StageRun, StageTotal
from shared.models import Article, ArticleImage, Entity, Feed, Image, Mention, Translation
from shared.pipeline import POLL
from shared.store import source_rows
from shared.store.stage_runs import make_due

CORES = 2


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5, help="the best of so many counts (default %(default)s)")
    parser.add_argument("--apertium", choices=("installed", "off"), help="default: whether the machine has it")
    options = parser.parse_args()
    apertium = options.apertium or ("installed" if shutil.which("apertium") else "off")
    print(f"{options.pages} pages, best of {options.rounds}; Apertium: {apertium}")
    context = get_context("spawn")
    addresses, stop = context.Queue(), context.Event()
    serving = context.Process(target=serve, args=(options.folders, options.pages, addresses, stop))
    serving.start()
    try:
        address, feeds, urls = addresses.get(timeout=120)
        variables = {"KIOSQUE_PRIVATE_ADDRESSES": address, "KIOSQUE_APERTIUM": apertium}
        bare = measure_bare(urls, variables, options.rounds)
        print(f"bare loop: {bare:.2f} articles/s")
        for database in DATABASES:
            through = measure_house(database, feeds, len(urls), variables, options.rounds)
            print(f"house on {database}: {through:.2f} articles/s, {through / bare:.2f} of the bare loop")
    finally:
        stop.set()
        serving.join(20)


def serve(folders: list[Path], pages: int, addresses, stop) -> None:  # type: ignore[no-untyped-def]  # mp has no types
    """In a process of its own: the pages over HTTP, until told to stop."""
    with _serving(folders, pages) as (address, feeds, urls):
        addresses.put((address, feeds, urls))
        stop.wait()


@contextmanager
def _serving(folders: list[Path], pages: int) -> Iterator[tuple[str, list[str], list[str]]]:
    if folders:
        press = Press([page for folder in folders for page in read_folder(folder)][:pages])
        with press.served():
            yield press.address, press.feeds, [f"{press.url}/page/{number}/x" for number in range(len(press.pages))]
        return
    articles = [replace(one, slug2="") for one in load_articles()]  # a text under two addresses is one article
    copies = -(-pages // len(articles))
    server = Server(
        Newsstand(articles=articles, epoch=datetime.now(UTC), copies=copies, edited_after=None), "127.0.0.1", 0
    )
    Thread(target=server.run, daemon=True).start()
    from services.newsstand.papers import PAPERS

    stories = server.newsstand.stories()
    feeds = [server.url + paper.feed_of(section) for paper in PAPERS.values() for section in paper.sections]
    yield f"{server.host}:{server.port}", feeds, [server.url + story.path for story in stories]
    server.close()


def measure_bare(urls: list[str], variables: dict[str, str], rounds: int) -> float:
    """Articles a second of the pure functions alone; the first round warms up and does not count."""
    context = get_context("spawn")
    barrier = context.Barrier(CORES + 1)
    shares = [urls[core::CORES] for core in range(CORES)]
    workers = [context.Process(target=loop, args=(share, variables, rounds + 1, barrier)) for share in shares]
    for worker in workers:
        worker.start()
    best = 0.0
    for number in range(rounds + 1):
        barrier.wait()
        began_at = time.monotonic()
        barrier.wait()
        rate = len(urls) / (time.monotonic() - began_at)
        best = max(best, rate) if number else 0.0
    for worker in workers:
        worker.join()
    return best


def loop(urls: list[str], variables: dict[str, str], rounds: int, barrier: Barrier) -> None:
    """One core's share, round after round."""
    import os

    from shared.logs import configure_logs

    os.environ.update(variables)
    configure_logs()
    work = make_work()
    for _ in range(rounds):
        barrier.wait()
        for number, url in enumerate(urls):
            work(number + 1, url)
        barrier.wait()


def make_work() -> Callable[[int, str], None]:
    """What the house does to an article, without the house."""
    from services.moderator.bank import Bank
    from services.moderator.moderate import moderate
    from services.parser.parse import parse
    from services.scraper.fetch import fetch
    from services.tagger.engine import load_engines as load_taggers
    from services.tagger.tag import tag
    from services.translator.engine import load_engines as load_translators
    from services.translator.translate import translate
    from shared import blobs
    from shared.contracts import ArticleImages, ArticleText, ImageRequest, PageRequest, TranslationRequest
    from shared.errors import StageOutcome
    from shared.languages import others_than
    from shared.settings import settings
    from shared.web import client

    taggers, translators = load_taggers(("rules",)), load_translators(settings().translator_engines)
    bank, pixels = Bank([]), settings().image_max_pixels

    def get_page(url: str, *, etag: str | None = None, last_modified: str | None = None) -> client.Answer:
        return client.send(client.Request(url, settings().page_max_bytes, etag=etag, last_modified=last_modified))

    def download(url: str, referer: str) -> bytes:
        return client.send(client.Request(url, settings().image_max_bytes, accept="image/*", identity=True)).content

    def work(article_id: int, url: str) -> None:
        try:
            page = fetch(PageRequest(article_id, url), get_page)
            assert page is not None
            parsed = parse(page)
        except StageOutcome:
            return
        text = ArticleText(article_id, parsed.language, parsed.headline, parsed.standfirst, parsed.body)
        mentions = tag(text, taggers).mentions
        names = tuple({one.text for one in mentions if one.kind != "LOC"})
        images = tuple(ImageRequest(image.url, url) for image in parsed.images)
        moderate(ArticleImages(article_id, images), download, blobs.content_hash, (), bank, image_max_pixels=pixels)
        for target in others_than(parsed.language):
            for name in ("headline", "standfirst", "body"):
                if written := str(getattr(parsed, name)):
                    request = TranslationRequest(article_id, name, parsed.language, target, written, names)
                    try:
                        translate(request, translators)
                    except StageOutcome:
                        continue

    return work


def measure_house(database: str, feeds: list[str], pages: int, variables: dict[str, str], rounds: int) -> float:
    """Articles a second through every stage, from the first poll to the last settled row."""
    with running_house(database, variables=variables):
        row = {"key": "bench", "name": "Bench", "home_url": feeds[0], "feeds": feeds, "pace_s": 0.0}
        with write_session() as session:
            source, _ = source_rows.save_source(session, row | {"poll_every_s": 86400})
            source_id = source.id
        best = 0.0
        for number in range(rounds + 1):
            if number:
                forget_articles()
                with write_session() as session:
                    make_due(session, POLL, [source_id])
            began_at = time.monotonic()
            wait_for_end(pages, 900, pause_s=0.1)
            rate = pages / (time.monotonic() - began_at)
            best = max(best, rate) if number else 0.0
        return best


def forget_articles() -> None:
    """As if nothing had been polled yet."""
    with write_session() as session:
        for table in (StageRun, StageAttempt, StageTotal, Mention, Translation, ArticleImage, Image, Article, Entity):
            session.execute(delete(table))
        session.execute(update(Feed).values(etag=None, last_modified=None))


if __name__ == "__main__":
    main()
