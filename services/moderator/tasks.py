"""The moderator's task: a decision on each picture of an article.

numpy and Pillow, 15 MB, are imported with the first picture: a worker at rest, and its parent, do without them.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from celery import signals

from services.moderator.engine import ModerationEngine, load_engines
from services.moderator.limits import CPU_MOST_S, limit_process
from shared import blobs
from shared.contracts import ArticleImages, ModeratedArticle
from shared.db import read_session
from shared.pipeline import MODERATE
from shared.settings import settings
from shared.stage import stage_task
from shared.store import images
from shared.store.bank import bank_version, load_bank
from shared.web.pace import WAIT_MOST_S
from shared.web.polite import polite_get

if TYPE_CHECKING:
    from services.moderator.bank import Bank

ACCEPT = "image/avif,image/webp,image/png,image/jpeg,image/gif;q=0.8"


@stage_task(MODERATE, load=images.load_article_images, save=images.save_moderated)
def moderate_article(article: ArticleImages) -> ModeratedArticle:
    """Download and decide on the article's pictures; thumbnails are kept by their content hash."""
    from services.moderator.moderate import moderate

    paces = {image.url: image.pace_s for image in article.images}

    def download(url: str, referer: str) -> bytes:
        blobs.require_store()
        answer = polite_get(
            url,
            pace_s=paces[url],
            max_bytes=settings().image_max_bytes,
            accept=ACCEPT,
            referer=referer,
            identity=True,  # a picture is compressed already: an encoding would be a bomb
        )
        return answer.content

    return moderate(
        article,
        download,
        blobs.put,
        _engines(),
        _current_bank(),
        image_max_pixels=settings().image_max_pixels,
        seconds=seconds_for_pictures(),
    )


def seconds_for_pictures() -> float:
    """How long pictures are begun: the last one may take a robots.txt, a turn, a download and a decoding."""
    last_s = 2 * settings().fetch_timeout_s + WAIT_MOST_S + CPU_MOST_S
    return max(0.0, MODERATE.limit_s - last_s)


@cache
def _engines() -> tuple[ModerationEngine, ...]:
    return load_engines(settings().moderator_engines)


def _current_bank() -> "Bank":
    """The process's bank, read anew when an operator has decided since."""
    from services.moderator.bank import Bank
    from services.moderator.pdq import PDQ_VERSION

    global _bank  # noqa: PLW0603 - a matrix of megabytes, kept between tasks
    with read_session() as session:
        version = bank_version(session)
        if _bank is None or _bank.version != version:
            _bank = Bank(load_bank(session, PDQ_VERSION), version)
    return _bank


_bank: "Bank | None" = None


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def _limit_child(**_: Any) -> None:
    limit_process()
