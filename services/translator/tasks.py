"""The translator's task: a field of an article in another language; and what makes waiting translations due.

The map runs translate beside tag: a field that is translated before the tagger is through has fewer names to keep.
"""

import os
import sys
import threading
import time
from collections.abc import Sequence
from functools import cache

import structlog
from celery import signals
from sqlalchemy.exc import SQLAlchemyError

from services.translator import apertium_fetch
from services.translator.engine import TranslationEngine, load_engines, served_pairs
from services.translator.remembered import Remembered
from services.translator.translate import translate
from shared.contracts import Translation, TranslationRequest
from shared.db import write_session
from shared.errors import SettingError
from shared.pipeline import TRANSLATE
from shared.settings import settings
from shared.stage import stage_task
from shared.store import releases, translations

log = structlog.get_logger()

#: How often the parent makes due what waits for a pair that is served: one UPDATE by an index.
LOOK_AGAIN_S = 15.0
#: How often it tries to fetch Apertium where it could not be had: the network may be back.
FETCH_AGAIN_S = 3600.0


@stage_task(TRANSLATE, load=translations.load_translation_request, save=translations.save_translation)
def translate_article(request: TranslationRequest) -> Translation:
    """Put one field of an article into one language."""
    return translate(request, _engines_of(os.getpid()))


def release_served(engines: Sequence[TranslationEngine]) -> int:
    """Make due what waits for a pair that is served now; returns how many rows.

    For all such pairs each time, not for those alone that are new: a child that found no engine saves its row as
    waiting a moment later, and the engine's arrival, with its release, may fall between the two.
    """
    served = served_pairs(engines)
    if not served:
        return 0
    with write_session() as session:
        return releases.release_waiting(session, TRANSLATE, "no_engine", sorted(served))


@cache
def _engines_of(pid: int) -> tuple[Remembered, ...]:
    """The process's own: pipes and connections must not be taken through a fork."""
    return tuple(Remembered(engine) for engine in load_engines(settings().translator_engines))


@signals.worker_init.connect  # type: ignore[untyped-decorator]
def _check_setting(**_: object) -> None:
    try:
        _engines_of(os.getpid())
    except SettingError as error:
        sys.exit(str(error))  # at once, in one line: not at every article


@signals.worker_ready.connect  # type: ignore[untyped-decorator]
def _watch_engines(**_: object) -> None:
    """In the parent only: fetch Apertium where it is wanted, and release what waits for a pair once it is served."""
    arrived = threading.Event()
    threading.Thread(target=_fetch_apertium, args=(arrived,), name="apertium", daemon=True).start()
    threading.Thread(target=_keep_releasing, args=(arrived,), name="released", daemon=True).start()


def _fetch_apertium(arrived: threading.Event) -> None:
    if "apertium" not in settings().translator_engines or settings().apertium != "auto":
        return
    told = ""
    while True:
        try:
            if apertium_fetch.fetch_if_missing():
                arrived.set()
            return
        except apertium_fetch.ApertiumUnavailableError as error:
            if str(error) != told:
                log.warning("apertium.unavailable", detail=str(error))
            told = str(error)
        time.sleep(FETCH_AGAIN_S)


def _keep_releasing(arrived: threading.Event) -> None:
    while True:
        try:
            if released := release_served(_engines_of(os.getpid())):
                log.info("translations.released", rows=released)
        except (SQLAlchemyError, SettingError) as error:
            log.warning("translations.not_released", error=str(error))
        arrived.wait(LOOK_AGAIN_S)
        arrived.clear()
