"""Stored pictures for tests, without a download: as rows, or by way of a page and a verdict, with hashes as wished."""

import random
import threading
from collections.abc import Callable
from itertools import count

from sqlalchemy import select

from shared.contracts import ImageVerdict, ModeratedArticle, PageImage
from shared.db import read_session, write_session
from shared.models import ArticleImage, Audit, Base, Image
from shared.store import images
from shared.store.bank import bank_version
from shared.store.images import ShownImage
from shared.store.stage_runs import FallsDue

PHOTO = PageImage("https://courrier.example/1.jpg", alt="Un port", caption="Le port, hier", is_lead=True)
OTHER = PageImage("https://courrier.example/2.jpg")
HASH = bytes(range(32))
_numbers = count(1)


def flip(bits: int, of: bytes = HASH, seed: int = 1) -> bytes:
    """The hash with so many of its bits turned over."""
    number = int.from_bytes(of)
    for bit in random.Random(seed).sample(range(256), bits):
        number ^= 1 << bit
    return number.to_bytes(32)


def add_image(state: str = "visible", *, articles: tuple[int, ...] = (), **columns: object) -> int:
    """A picture, shown by these articles; returns its id."""
    number = next(_numbers)
    row = {
        "content_hash": f"{number:064x}",
        "media_type": "image/jpeg",
        "width": 1200,
        "height": 800,
        "thumbnail_hash": f"{number:064x}"[::-1],
        "thumbnail_width": 640,
        "thumbnail_height": 427,
        "pdq": random.Random(number).randbytes(32),
        "pdq_quality": 90,
        "pdq_version": 1,
    } | columns
    with write_session() as session:
        image = Image(state=state, **row)
        session.add(image)
        session.flush()
        for article_id in articles:
            session.add(
                ArticleImage(
                    article_id=article_id, image_id=image.id, url=f"https://courrier.example/{number}.jpg", position=0,
                    state="done",
                )
            )  # fmt: skip
        return image.id


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run these at the same instant, each in a thread; their answers in order."""
    start, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(at: int, work: Callable[[], object]) -> None:
        start.wait()
        answers[at] = work()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def image_of(image_id: int) -> Image:
    """The row as it is."""
    with read_session() as session:
        return session.get_one(Image, image_id)


def state_of(image_id: int) -> str:
    """The picture's state."""
    return image_of(image_id).state


def audits_of(image_id: int) -> list[Audit]:
    """What was decided on it, the oldest first."""
    with read_session() as session:
        found = select(Audit).where(Audit.subject == "image", Audit.subject_id == image_id).order_by(Audit.id)
        return list(session.scalars(found))


def put_on_page(article_id: int, *found: PageImage) -> bool:
    """Make these the pictures of the article's page."""
    with write_session() as session:
        return images.save_page_images(session, article_id, found)


def verdict_on(url: str = PHOTO.url, content: str = "a", **fields: object) -> ImageVerdict:
    """A verdict on a picture whose content is known by a letter: visible, unless fields say otherwise."""
    known = {
        "url": url,
        "state": "visible",
        "content_hash": content * 64,
        "media_type": "image/jpeg",
        "width": 1200,
        "height": 800,
        "thumbnail_hash": content.upper() * 64,
        "thumbnail_width": 640,
        "thumbnail_height": 427,
        "pdq": HASH,
        "pdq_quality": 80,
        "pdq_version": 1,
    }
    return ImageVerdict(**(known | fields))


def save(article_id: int, *verdicts: ImageVerdict, bank: str | None = None) -> FallsDue:
    """Save an article's verdicts, judged by the bank as it is or by the one of a version."""
    with write_session() as session:
        version = bank_version(session) if bank is None else bank
        return images.save_moderated(session, article_id, ModeratedArticle(article_id, verdicts, version))


def shown(*article_ids: int) -> dict[int, list[ShownImage]]:
    """What readers get of these articles' pictures."""
    with read_session() as session:
        return images.shown_images(session, article_ids)


def uses_of(article_id: int) -> list[ArticleImage]:
    """The article's pictures in the page's order."""
    with read_session() as session:
        found = select(ArticleImage).where(ArticleImage.article_id == article_id).order_by(ArticleImage.position)
        return list(session.scalars(found))


def all_images() -> list[Image]:
    """Every picture, the oldest first."""
    with read_session() as session:
        return list(session.scalars(select(Image).order_by(Image.id)))


def change(table: type[Base], row_id: int, **columns: object) -> None:
    """Set columns of one row."""
    with write_session() as session:
        row = session.get_one(table, row_id)
        for name, value in columns.items():
            setattr(row, name, value)
