"""The translator's task: a field of an article in another language; and what makes waiting translations due."""

import threading
from functools import cache

import structlog
from celery import signals

from services.translator import apertium_fetch
from services.translator.engine import TranslationEngine, load_engines
from services.translator.translate import served_pairs, translate
from shared.contracts import Translation, TranslationRequest
from shared.db import write_session
from shared.pipeline import TRANSLATE
from shared.settings import settings
from shared.stage import stage_task
from shared.store import releases, translations

log = structlog.get_logger()

#: How often the parent looks whether an engine serves a pair that it did not serve before.
LOOK_AGAIN_S = 30.0


@stage_task(TRANSLATE, load=translations.load_translation_request, save=translations.save_translation)
def translate_article(request: TranslationRequest) -> Translation:
    """Put one field of an article into one language."""
    return translate(request, _engines())


@cache
def _engines() -> tuple[TranslationEngine, ...]:
    return load_engines(settings().translator_engines)


@signals.worker_ready.connect  # type: ignore[untyped-decorator]
def _watch_engines(**_: object) -> None:
    """In the parent only: fetch Apertium where it is wanted, and release what waits for a pair once it is served."""
    threading.Thread(target=_fetch_apertium, name="apertium", daemon=True).start()
    threading.Thread(target=_release_served, name="released", daemon=True).start()


def _fetch_apertium() -> None:
    if "apertium" not in settings().translator_engines or settings().apertium != "auto":
        return
    try:
        apertium_fetch.fetch_if_missing()
    except apertium_fetch.ApertiumUnavailableError as error:
        log.warning("apertium.unavailable", detail=str(error))


def _release_served() -> None:
    served: frozenset[str] = frozenset()
    stopped = threading.Event()
    while not stopped.wait(0.0 if not served else LOOK_AGAIN_S):
        now_served = served_pairs(_engines())
        fresh = now_served - served
        if fresh:
            with write_session() as session:
                released = releases.release_waiting(session, TRANSLATE, "no_engine", sorted(fresh))
            log.info("translations.released", pairs=sorted(fresh), rows=released)
        served = now_served
        if not served:
            stopped.wait(5.0)
