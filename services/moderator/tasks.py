"""The moderator's task: a decision on each picture of an article."""

from functools import cache

from celery import signals

from services.moderator.bank import Bank
from services.moderator.engine import ModerationEngine, load_engines
from services.moderator.moderate import limit_process, moderate
from shared import blobs
from shared.contracts import ArticleImages, ModeratedArticle
from shared.db import read_session
from shared.pipeline import MODERATE
from shared.settings import settings
from shared.stage import stage_task
from shared.store import images
from shared.web.polite import polite_get


@stage_task(MODERATE, load=images.load_article_images, save=images.save_moderated)
def moderate_article(article: ArticleImages) -> ModeratedArticle:
    """Download and decide on the article's pictures; thumbnails are kept by their content hash."""
    with read_session() as session:
        bank = Bank(images.load_bank(session))
    paces = {image.url: image.pace_s for image in article.images}

    def download(url: str, referer: str) -> bytes:
        answer = polite_get(
            url,
            pace_s=paces[url],
            max_bytes=settings().image_max_bytes,
            accept="image/avif,image/webp,image/png,image/jpeg,image/gif;q=0.8",
            referer=referer,
            identity=True,
        )
        return answer.content

    return moderate(article, download, blobs.put, _engines(), bank, image_max_pixels=settings().image_max_pixels)


@cache
def _engines() -> tuple[ModerationEngine, ...]:
    return load_engines(settings().moderator_engines)


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def _limit_child(**_: object) -> None:
    limit_process()
