"""Rows of pictures for tests: stored without a download, with hashes at a wished distance."""

import random
import threading
from collections.abc import Callable
from itertools import count

from sqlalchemy import select

from shared.db import read_session, write_session
from shared.models import ArticleImage, Audit, Image

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
