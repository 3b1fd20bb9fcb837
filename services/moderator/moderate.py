"""Decides on an article's pictures: a verdict for each address, whatever comes from there."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from services.moderator.bank import Bank
from services.moderator.engine import HELD_FROM, ModerationEngine
from services.moderator.pdq import PDQ_VERSION, hash_picture
from services.moderator.pictures import Pixels, encode_thumbnail, read_picture
from shared.contracts import ArticleImages, ImageRequest, ImageVerdict, ModeratedArticle
from shared.errors import Postponed, Retryable, Unprocessable
from shared.likeness import apply_match

log = structlog.get_logger()

#: From address and referer to the bytes that are there, under shared/web's rules.
Download = Callable[[str, str], bytes]


#: From a thumbnail's bytes to the key that they are kept under.
KeepThumbnail = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class _Checks:
    """What every picture goes through."""

    keep_thumbnail: KeepThumbnail
    engines: Sequence[ModerationEngine]
    bank: Bank
    max_pixels: int


def moderate(
    article: ArticleImages,
    download: Download,
    keep_thumbnail: KeepThumbnail,
    engines: Sequence[ModerationEngine],
    bank: Bank,
    *,
    image_max_pixels: int,
    seconds: float = 60.0,
) -> ModeratedArticle:
    """A verdict for each picture; none is begun after `seconds`, but for the first, so that each call gets somewhere.

    What the host's pace or the time left out is pending with the moment of its turn. Postponed if that is all there is.
    """
    checks = _Checks(keep_thumbnail, engines, bank, image_max_pixels)
    began_at = time.monotonic()
    verdicts: list[ImageVerdict] = []
    for image in article.images:
        if verdicts and time.monotonic() - began_at > seconds:
            verdicts.append(ImageVerdict(image.url, "pending", "out_of_time", until=datetime.now(UTC)))
        else:
            verdicts.append(_decide(image, download, checks))
    _postpone_if_all_wait(verdicts)
    return ModeratedArticle(article.article_id, tuple(verdicts), bank.version)


def _decide(image: ImageRequest, download: Download, checks: _Checks) -> ImageVerdict:
    try:
        return _look_at(image.url, download(image.url, image.referer), checks)
    except Postponed as later:
        return ImageVerdict(image.url, "pending", later.reason, until=later.until)
    except Retryable as failed:
        log.info("image.failed", url=image.url, reason=failed.reason, detail=failed.detail)
        return ImageVerdict(image.url, "pending", failed.reason)
    except Unprocessable as never:
        log.info("image.refused", url=image.url, reason=never.reason, detail=never.detail)
        return ImageVerdict(image.url, "unavailable", never.reason)


def _look_at(url: str, content: bytes, checks: _Checks) -> ImageVerdict:
    picture = read_picture(content, checks.max_pixels)
    pdq, quality = hash_picture(picture.rgb)
    score, reason = _score(picture.rgb, checks.engines)
    height, width = picture.rgb.shape[:2]
    verdict = ImageVerdict(
        url=url,
        state="held" if reason else "visible",
        reason=reason,
        content_hash=hashlib.sha256(content).hexdigest(),
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        thumbnail_hash=checks.keep_thumbnail(encode_thumbnail(picture.rgb)),
        thumbnail_width=width,
        thumbnail_height=height,
        pdq=pdq,
        pdq_quality=quality,
        pdq_version=PDQ_VERSION,
        engine=",".join(engine.name for engine in checks.engines),
        engine_version=",".join(engine.version for engine in checks.engines),
        score=score,
    )
    verdict = apply_match(verdict, checks.bank.match(pdq, quality))
    if verdict.state != "visible":
        log.info(f"image.{verdict.state}", url=url, reason=verdict.reason, like=verdict.matched_id, score=score)
    return verdict


def _score(rgb: Pixels, engines: Sequence[ModerationEngine]) -> tuple[float, str]:
    """The highest score, and why the picture is held, "" if it is not; an engine that fails has not looked at it."""
    highest = 0.0
    for engine in engines:
        try:
            highest = max(highest, engine.score(rgb))
        except Exception:
            log.exception("image.not_scored", engine=engine.name)
            return highest, "engine_failed"
    return highest, "engine" if highest >= HELD_FROM else ""


def _postpone_if_all_wait(verdicts: Sequence[ImageVerdict]) -> None:
    waits = [verdict.until for verdict in verdicts if verdict.until is not None]
    if waits and len(waits) == len(verdicts):
        raise Postponed(verdicts[0].reason, min(waits), f"none of {len(waits)} pictures could be asked for yet")
