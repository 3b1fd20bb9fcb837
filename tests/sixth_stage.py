"""Measure: a sixth stage, in one file; an article's headline tells it how to misbehave."""

import os
import re
import signal
import time
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.contracts import ArticleText
from shared.errors import Retryable, Unprocessable
from shared.models import Audit
from shared.pipeline import STAGES
from shared.settings import settings
from shared.stage import stage_task
from shared.store import articles
from shared.store.stage_runs import FallsDue

_leaked: list[bytearray] = []


@dataclass(frozen=True, slots=True)
class Measured:
    """How long an article is."""

    words: int


def save_measured(session: Session, article_id: int, measure: Measured) -> FallsDue:
    """One row more each time, so that an effect that happened twice shows."""
    session.add(
        Audit(
            actor="measure", action="article.measured", subject="article", subject_id=article_id,
            evidence={"words": measure.words},
        )
    )  # fmt: skip
    return FallsDue([article_id])


@stage_task(STAGES["measure"], load=articles.load_text, save=save_measured)
def measure_article(text: ArticleText) -> Measured:
    """Count the words of an article."""
    order, _, value = text.headline.partition(" ")
    tell(f"{order} {text.article_id} {os.getpid()}")
    if order == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "crash":
        os.killpg(0, signal.SIGKILL)  # the worker and all its children
    if order == "sleep":
        time.sleep(float(value))
    if order == "regex":
        re.match(r"(a+)+$", "a" * 40 + "b")  # no end, and no other thread runs meanwhile
    if order == "leak":
        _leaked.append(bytearray(int(value) * 1_000_000))
    if order == "never":
        raise Unprocessable("too_odd", "this one never works")
    if order == "later":
        raise Retryable("not_now", "perhaps later")
    return Measured(len(text.body.split()))


def tell(line: str) -> None:
    """Append to the log of attempts, which no transaction rolls back."""
    settings().var.mkdir(exist_ok=True)
    with (settings().var / "measure.log").open("a", encoding="utf-8") as log:
        log.write(line + "\n")
