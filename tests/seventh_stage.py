"""Weigh: a seventh stage, which follows the sixth."""

from sqlalchemy.orm import Session

from shared.contracts import ArticleText
from shared.models import Audit
from shared.pipeline import STAGES
from shared.stage import stage_task
from shared.store import articles
from shared.store.stage_runs import FallsDue


def save_weight(session: Session, article_id: int, letters: int) -> FallsDue:
    """One row more each time, so that an effect that happened twice shows."""
    session.add(
        Audit(
            actor="weigh", action="article.weighed", subject="article", subject_id=article_id,
            evidence={"letters": letters},
        )
    )  # fmt: skip
    return FallsDue([article_id])


@stage_task(STAGES["weigh"], load=articles.load_text, save=save_weight)
def weigh_article(text: ArticleText) -> int:
    """Count the letters of an article."""
    return len(text.body)
