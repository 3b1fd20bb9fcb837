"""pause, resume, and what status tells of the hour of an incident; with a real worker on both databases."""

import json
import os
import signal

import pytest
from click.testing import CliRunner
from measuring import MEASURE, add_articles, make_measure_due, run_of
from press import add_article, add_source
from servers import wait_until
from sqlalchemy import select, update
from workers import copy_with_sixth_stage, measured, scheduler, worker

from services.cli.__main__ import kiosque
from services.scheduler.dispatch import Dispatcher, publish_again
from shared.app import make_app
from shared.db import now, read_session, write_session
from shared.ledger_models import RunState, StageAttempt, StageRun, StageTotal
from shared.models import Source
from shared.pipeline import PARSE, STAGES, TAG
from shared.queue import queue_lengths
from shared.store import stage_runs, totals
from shared.store.refusals import Refusal, why_not

pytestmark = pytest.mark.usefixtures("broker", "database")


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(kiosque, [*arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout


def as_json(*arguments: str, code: int = 0):
    return json.loads(run(*arguments, "--json", code=code))


def make_due(stage, article_id: int, **columns) -> None:
    with write_session() as session:
        stage_runs.make_due(session, stage, [article_id])
        if columns:
            session.execute(update(StageRun).values(**columns))


def claim(stage, article_id: int):
    with write_session() as session:
        return stage_runs.claim(session, stage, article_id, worker="w", token="m/1")


def test_a_paused_stage_is_neither_dispatched_nor_claimed_and_the_others_go_on():
    article_id = add_article(add_source())
    make_due(PARSE, article_id)
    make_due(TAG, article_id)
    assert as_json("pause", "parse") == [{"name": "parse", "outcome": "paused"}]
    assert Dispatcher().dispatch() == 1
    assert queue_lengths(["parser", "tagger"]) == {"parser": 0, "tagger": 1}
    assert claim(PARSE, article_id) is None
    with read_session() as session:
        assert why_not(session, PARSE, article_id) == Refusal.PAUSED
    assert claim(TAG, article_id) is not None
    (refused,) = as_json("publish", "parse", str(article_id), code=2)
    assert refused["detail"] == "parse is paused: kiosque resume parse"


def test_what_was_sent_before_a_pause_is_not_sent_again_during_it():
    article_id = add_article(add_source())
    make_due(PARSE, article_id, published_at=now(-100))
    run("pause", "parse")
    assert publish_again() == 0
    run("resume", "parse")
    assert Dispatcher().dispatch() == 1


def test_a_resumed_stage_goes_on_at_once_also_with_what_was_refused():
    article_id = add_article(add_source())
    make_due(PARSE, article_id)
    assert Dispatcher().dispatch() == 1
    run("pause", "parse")
    assert claim(PARSE, article_id) is None  # and with it its message is gone
    assert as_json("resume", "parse") == [{"name": "parse", "outcome": "resumed"}]
    assert Dispatcher().dispatch() == 1
    assert claim(PARSE, article_id) is not None
    assert as_json("resume", "parse") == [{"name": "parse", "outcome": "was not paused"}]


def test_a_paused_source_is_asked_no_more_until_it_is_resumed():
    source_id = add_source()

    def state() -> str:
        with read_session() as session:
            return session.scalars(select(Source.state).where(Source.id == source_id)).one()

    run("pause", "courrier")
    assert state() == "paused"
    run("resume", "courrier")
    assert state() == "active"


def test_a_name_that_is_no_stage_and_no_source_is_refused_with_the_names():
    from shared.store.source_packs import BadSourceError

    add_source()
    with pytest.raises(BadSourceError, match="no source 'fetsh'; there are: courrier"):
        run("pause", "fetsh")


def test_status_shows_what_is_paused():
    add_source()
    run("pause", "parse")
    run("pause", "courrier")
    assert [(row["paused"], row["name"]) for row in as_json("status")["paused"]] == [
        ("stage", "parse"),
        ("source", "courrier"),
    ]
    assert "kiosque resume NAME" in run("status")


def article_set_aside() -> int:
    article_id = add_article(add_source())
    make_due(PARSE, article_id)
    held = claim(PARSE, article_id)
    with write_session() as session:
        stage_runs.settle(session, held, RunState.SET_ASIDE, "language", "de")
    return article_id


def test_status_tells_drops_by_source_and_reason():
    article_set_aside()
    with write_session() as session:
        totals.count_attempts(session)
    assert as_json("status")["drops"] == [{"source": "courrier", "stage": "parse", "reason": "language", "drops": 1}]


def test_status_tells_that_blobs_are_not_to_be_had():
    assert as_json("status")["storage"] == []
    article_id = add_article(add_source())
    make_due(PARSE, article_id)
    held = claim(PARSE, article_id)
    with write_session() as session:
        away = ("postponed", "storage_away", "KIOSQUE_BLOBS_URL does not answer")
        stage_runs.come_back(session, held, *away, due_at=now(30), attempts=0)
        totals.count_attempts(session)
    assert as_json("status")["storage"] == [{"stage": "parse", "reason": "storage_away", "attempts": 1}]
    assert "for want of the blobs' store" in run("status")
    with write_session() as session:
        session.execute(update(StageTotal).values(hour=now(-2 * 3600)))
    assert as_json("status")["storage"] == []


def test_why_tells_the_worker_and_the_duration_of_each_attempt():
    article_id = article_set_aside()
    with write_session() as session:
        session.execute(update(StageAttempt).values(started_at=now(-20)))
    (attempt,) = as_json("why", str(article_id))["attempts"]
    assert (attempt["worker"], attempt["outcome"], attempt["reason"]) == ("w", "set_aside", "language")
    assert 10 < attempt["seconds"] <= 20


def without_worker() -> list[str]:
    return [row["service"] for row in as_json("status")["no_worker"]]


@pytest.mark.slow
def test_status_says_when_work_is_due_and_no_worker_consumes(tmp_path, monkeypatch):
    monkeypatch.setitem(STAGES, "measure", MEASURE)
    tree = copy_with_sixth_stage(tmp_path / "tree")
    (busy,) = add_articles("sleep 8")
    make_measure_due([busy])
    with write_session() as session:
        session.execute(update(StageRun).values(due_at=now(-60)))
    (told,) = as_json("status")["no_worker"]
    assert (told["service"], told["due"], told["oldest_due_s"] >= 60) == ("tagger", 1, True)
    assert "NO WORKER CONSUMES tagger: 1 due, the oldest for 60 s" in run("status")
    run("pause", "measure")
    assert without_worker() == []
    run("resume", "measure")

    with worker("tagger", tree=tree, log=tmp_path / "log") as process:
        assert without_worker() == []
        make_app().send_task("tagger.measure_article", args=(busy,), queue="tagger")
        wait_until(lambda: run_of(busy).state == "running", what="a claim")
        (other,) = add_articles("Titre")
        make_measure_due([other])
        assert without_worker() == []
        os.kill(process.pid, signal.SIGSTOP)  # connected, and deaf
        wait_until(lambda: without_worker() == ["tagger"], 60, what="the line in status")
        make_app().control.broadcast("ping")  # as Flower does: that Redis sends it something makes no worker of it
        assert without_worker() == ["tagger"]


@pytest.mark.slow
def test_a_resumed_stage_of_real_processes_goes_on_at_once(tmp_path, monkeypatch):
    monkeypatch.setitem(STAGES, "measure", MEASURE)
    tree = copy_with_sixth_stage(tmp_path / "tree")
    article_ids = add_articles("Un", "Deux", "Trois")
    run("pause", "measure")
    make_measure_due(article_ids)
    with worker("tagger", tree=tree, log=tmp_path / "log"), scheduler(tree=tree, log=tmp_path / "scheduler"):
        make_app().send_task("tagger.measure_article", args=(article_ids[0],), queue="tagger")
        wait_until(lambda: "reason=paused" in plain(tmp_path / "log"), what="the refusal")
        assert measured() == []
        run("resume", "measure")
        wait_until(lambda: sorted(measured()) == article_ids, 10, what="the work")


def plain(log) -> str:
    """Without the colours of a console."""
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(errors="replace"))
