"""A real worker over a real Redis: what a message does, and what becomes of work whose worker died."""

import signal

import pytest
from measuring import (
    add_articles,
    attempts_log,
    make_measure_due,
    outcomes,
    run_of,
    send,
    state_is,
)
from servers import wait_until
from sqlalchemy import select
from workers import measured, scheduler, worker

from shared.app import make_app
from shared.db import read_session, write_session
from shared.ledger_models import BadMessage, RunState, StageRun


def test_a_sixth_stage_is_one_file_and_one_line_and_reaches_articles_that_were_there_before(house, tmp_path):
    article_ids = add_articles(*["count"] * 10)
    with write_session() as session:
        for article_id in article_ids:
            session.add(StageRun(stage="parse", subject_id=article_id, state=RunState.DONE))
    log = tmp_path / "log"
    with worker("tagger", tree=house, log=log), scheduler(tree=house, log=tmp_path / "scheduler.log"):
        wait_until(lambda: len(measured()) >= 10, seconds=30, what="ten articles measured")
        wait_until(lambda: all(run_of(one).state == RunState.DONE for one in article_ids), what="all rows done")
    assert sorted(measured()) == article_ids


def test_a_message_delivered_ten_times_has_one_effect(house, tmp_path):
    first, last = add_articles("count", "count")
    make_measure_due([first, last])
    with worker("tagger", tree=house, log=tmp_path / "log"):
        send(first, times=10)
        send(last)  # one queue, one child: all ten have been met when this one is done
        wait_until(state_is(last, RunState.DONE))
    assert measured() == [first, last]
    assert (tmp_path / "log").read_text().count("stage.refused") == 9


def test_a_child_that_dies_gives_its_row_back_and_is_set_aside_after_its_tries(house, tmp_path):
    deadly, harmless = add_articles("die", "count")
    make_measure_due([deadly, harmless])
    with worker("tagger", tree=house, log=tmp_path / "log"), scheduler(tree=house, log=tmp_path / "scheduler.log"):
        send(deadly)
        wait_until(state_is(deadly, RunState.SET_ASIDE), seconds=40, what="the deadly article set aside")
        send(harmless)
        wait_until(state_is(harmless, RunState.DONE), what="the worker serving on")
    assert run_of(deadly).reason == "worker_lost"
    assert [outcome for outcome, _ in outcomes(deadly)] == ["lost", "lost", "set_aside"]
    assert attempts_log().count("die") == 3


@pytest.mark.parametrize("house", [2], indirect=True)
def test_work_past_its_limit_is_ended_and_its_attempt_counted(house, tmp_path):
    (article_id,) = add_articles("sleep 60")
    make_measure_due([article_id])
    with worker("tagger", tree=house, log=tmp_path / "log"):
        send(article_id)
        wait_until(lambda: ("lost", "time_limit") in outcomes(article_id), what="the attempt ended at its limit")
    assert run_of(article_id).state == RunState.DUE
    assert run_of(article_id).attempts == 1


def test_a_worker_told_to_stop_gives_back_what_it_holds_with_its_attempt(house, tmp_path):
    (article_id,) = add_articles("sleep 60")
    make_measure_due([article_id])
    with worker("tagger", tree=house, log=tmp_path / "log", REMAP_SIGTERM="SIGQUIT") as process:
        send(article_id)
        wait_until(lambda: "sleep" in attempts_log())
        process.send_signal(signal.SIGTERM)
        process.wait(45)
    assert (run_of(article_id).state, run_of(article_id).attempts) == (RunState.DUE, 0)


def test_what_never_works_is_set_aside_at_once_and_what_may_work_comes_back(house, tmp_path):
    never, later = add_articles("never", "later")
    make_measure_due([never, later])
    with worker("tagger", tree=house, log=tmp_path / "log"):
        send(never)
        send(later)
        wait_until(lambda: outcomes(later) == [("retry", "not_now")])
    assert (run_of(never).state, run_of(never).reason) == (RunState.SET_ASIDE, "too_odd")
    assert (run_of(later).state, run_of(later).attempts) == (RunState.DUE, 1)
    assert measured() == []


def test_messages_that_name_nothing_become_rows_and_the_worker_lives(house, tmp_path):
    (article_id,) = add_articles("count")
    make_measure_due([article_id])
    app = make_app()
    with worker("tagger", tree=house, log=tmp_path / "log"):
        for arguments in ([], ["12"], [1, 2], [-1], [True], [987654]):
            app.send_task("tagger.measure_article", args=arguments, queue="tagger")
        app.send_task("tagger.measure_article", kwargs={"article_id": article_id}, queue="tagger")
        send(article_id)
        wait_until(state_is(article_id, RunState.DONE))
    with read_session() as session:
        reasons = [row.reason for row in session.scalars(select(BadMessage).order_by(BadMessage.id))]
    assert sorted(reasons) == ["unknown_subject", *["wrong_arguments"] * 6]
    assert measured() == [article_id]
