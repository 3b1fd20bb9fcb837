"""Fault 37: readers report a picture while the moderator runs again."""

import pytest
from press import add_article, add_source
from servers import wait_until
from sqlalchemy import func, select, update
from stored_pictures import add_image, at_once, audits_of, image_of, state_of
from workers import worker

from shared.app import make_app
from shared.db import read_session, write_session
from shared.ledger_models import StageAttempt
from shared.models import ArticleImage, Report
from shared.pipeline import MODERATE
from shared.store.reports import report_image
from shared.store.stage_runs import make_due

PEOPLE, CLICKS, AGAIN = 6, 4, 20


def report(image_id: int, reporter: str) -> None:
    with write_session() as session:
        report_image(session, image_id, reporter=reporter)


def ends() -> int:
    """Attempts of the moderator that came to an end."""
    with read_session() as session:
        ended = select(func.count()).where(StageAttempt.stage == "moderate", StageAttempt.finished_at.is_not(None))
        return session.scalar(ended) or 0


@pytest.mark.slow
@pytest.mark.fault(37)
def test_a_reported_picture_stays_blocked_while_the_moderator_runs_again(broker, database, tmp_path):
    article_id = add_article(add_source())
    image_id = add_image(articles=(article_id,))
    with write_session() as session:
        session.execute(update(ArticleImage).values(state="ready"))

    def moderate_again() -> None:
        for _ in range(AGAIN):
            with write_session() as session:
                make_due(session, MODERATE, [article_id], published=True)
            make_app().send_task(MODERATE.task, args=(article_id,), queue="moderator")

    def click(person: int) -> None:
        for _ in range(CLICKS):
            report(image_id, f"reader {person}")

    with worker("moderator", log=tmp_path / "worker.log"):
        at_once(moderate_again, *[lambda person=person: click(person) for person in range(PEOPLE)])
        wait_until(lambda: broker.llen("kiosque:moderator") == 0, 60, what="the moderator's end")
        before = ends()
        moderate_again()  # and after the block
        wait_until(lambda: ends() > before, 60, what="another run")
    assert state_of(image_id) == "auto_blocked"
    assert image_of(image_id).reports == PEOPLE
    assert [audit.action for audit in audits_of(image_id)] == ["image.auto_blocked"]
    with read_session() as session:
        assert session.scalar(select(func.count()).select_from(Report)) == PEOPLE
