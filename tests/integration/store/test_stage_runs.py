"""The ledger, on SQLite and on PostgreSQL."""

import threading
from datetime import timedelta

import pytest
from press import add_article, add_source
from sqlalchemy import select, update

from shared.db import clock, now, read_session, write_session
from shared.ledger_models import RunState, StageAttempt, StageRun
from shared.pipeline import FETCH, MODERATE, PARSE, POLL, STAGES, TAG, TRANSLATE, Stage, Subject
from shared.stage import StageWork, run_once
from shared.store import by_hand, funnel, overdue, releases, stage_runs, totals
from shared.store.run_filters import RunFilter, find_runs
from shared.store.stage_runs import Stale

pytestmark = pytest.mark.usefixtures("database")


def take(stage=PARSE, subject_id=1, token="m/1", worker="w"):
    with write_session() as session:
        return stage_runs.claim(session, stage, subject_id, worker=worker, token=token)


def make_due(stage=PARSE, subject_id=1, **how):
    with write_session() as session:
        stage_runs.make_due(session, stage, [subject_id], **how)


def settle(held, state=RunState.DONE, reason="", detail=""):
    with write_session() as session:
        stage_runs.settle(session, held, state, reason, detail)


def row(stage=PARSE, subject_id=1, part=""):
    with read_session() as session:
        return session.scalars(select(StageRun).filter_by(stage=stage.name, subject_id=subject_id, part=part)).one()


def attempts(stage=PARSE, subject_id=1):
    with read_session() as session:
        found = select(StageAttempt).filter_by(stage=stage.name, subject_id=subject_id).order_by(StageAttempt.id)
        return [(one.outcome, one.reason) for one in session.scalars(found)]


def run_out(stage=PARSE, subject_id=1):
    with write_session() as session:
        session.execute(update(StageRun).filter_by(stage=stage.name, subject_id=subject_id).values(lease_until=now(-1)))


def test_a_due_row_is_claimed_once_and_its_attempt_counted_before_the_work():
    make_due()
    held = take(token="m/1")
    assert (held.attempts, held.part) == (1, "")
    assert take(token="m/2") is None
    assert row().state == RunState.RUNNING
    assert attempts() == [("running", "")]


def test_a_row_that_is_due_later_is_not_claimed():
    make_due(due_at=now(60))
    assert take() is None


def test_of_many_workers_at_once_one_gets_the_row():
    make_due()
    got, start = [], threading.Barrier(8)

    def contend(number):
        start.wait()
        if held := take(token=f"m/{number}"):
            got.append(held)

    threads = [threading.Thread(target=contend, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert row().attempts == 1


def test_a_row_whose_lease_ran_out_is_claimed_again_and_the_first_finish_is_refused():
    make_due()
    first = take(token="m/1")
    run_out()
    second = take(token="m/2")
    assert second.attempts == 2
    with pytest.raises(Stale):
        settle(first)
    settle(second)
    assert row().state == RunState.DONE
    assert attempts() == [("lost", "lease_expired"), ("done", "")]


def test_a_renewed_lease_keeps_others_away():
    make_due()
    held = take()
    run_out()
    with write_session() as session:
        stage_runs.renew(session, [held])
    assert take(token="m/2") is None


def test_making_due_again_refuses_the_worker_that_is_still_on_the_old_text():
    make_due()
    held = take()
    make_due()
    with pytest.raises(Stale):
        settle(held)
    again = take(token="m/2")
    assert again.attempts == 1


def test_a_row_that_no_attempt_ever_finished_is_set_aside_after_the_stages_tries():
    make_due()
    for number in range(PARSE.tries):
        assert take(token=f"m/{number}") is not None
        run_out()
    never = StageWork(PARSE, load=None, work=None, save=None)
    run_once(never, take(token="m/last"))
    assert (row().state, row().reason) == (RunState.SET_ASIDE, "worker_lost")


def test_a_postponed_attempt_is_given_back():
    make_due()
    held = take()
    with write_session() as session:
        stage_runs.come_back(session, held, "postponed", "host_busy", "", due_at=now(-1), attempts=held.attempts - 1)
    assert (row().state, row().attempts, row().published_at) == (RunState.DUE, 0, None)
    assert take(token="m/2").attempts == 1
    assert attempts()[0] == ("postponed", "host_busy")


def test_what_recurs_is_a_matter_of_routine_again_after_it_was_done_by_hand():
    make_due(POLL, 1, priority=0)
    held = take(POLL, 1)
    with write_session() as session:
        stage_runs.come_back(session, held, RunState.DONE, "", "", due_at=now(60), attempts=0)
    assert (row(POLL, 1).state, row(POLL, 1).priority) == (RunState.DUE, 5)


def test_the_parts_of_translate_are_the_written_fields_into_the_other_languages():
    article_id = add_article(add_source(), standfirst="")
    make_due(TRANSLATE, article_id)
    taken = []
    while held := take(TRANSLATE, article_id, token=f"m/{len(taken)}"):
        taken.append(held.part)
        settle(held)
    assert taken == ["ar/body", "ar/headline", "en/body", "en/headline", "es/body", "es/headline"]


def test_an_edited_article_loses_the_parts_that_it_has_no_text_for():
    article_id = add_article(add_source(), standfirst="Chapeau")
    make_due(TRANSLATE, article_id)
    with write_session() as session:
        from shared.models import Article

        session.get(Article, article_id).standfirst = ""
        session.flush()
        stage_runs.make_due(session, TRANSLATE, [article_id])
    with read_session() as session:
        parts = session.scalars(select(StageRun.part).filter_by(stage="translate")).all()
    assert len(parts) == 6
    assert not any("standfirst" in part for part in parts)


def hand_on(stage, article_id, has_output=True):
    with write_session() as session:
        stage_runs.lock_subject(session, stage, article_id)
        made = stage_runs.make_followers_due(
            session, stage, [article_id], priority=5, published=frozenset({"parser"}), has_output=has_output
        )
    return [(later.name, subject_id) for later, subject_id in made]


def test_followers_fall_due_and_the_published_ones_are_marked():
    article_id = add_article(add_source())
    assert hand_on(FETCH, article_id) == [("parse", article_id)]
    assert row(PARSE, article_id).published_at is not None
    assert hand_on(PARSE, article_id) == [("translate", article_id), ("tag", article_id), ("moderate", article_id)]
    assert row(TAG, article_id).published_at is None


def test_nothing_follows_a_stage_that_was_set_aside_without_an_output():
    article_id = add_article(add_source())
    assert hand_on(PARSE, article_id, has_output=False) == []


@pytest.fixture
def digest(monkeypatch):
    """A stage that waits for two others."""
    stage = Stage("digest", service="tagger", subject=Subject.ARTICLE, after=(TAG, MODERATE), limit_s=10, tries=3)
    monkeypatch.setitem(STAGES, "digest", stage)
    return stage


def finish(stage, article_id, state=RunState.DONE):
    held = take(stage, article_id, token=f"{stage.name}/{article_id}")
    with write_session() as session:
        stage_runs.lock_subject(session, stage, article_id)
        stage_runs.settle(session, held, state, "because" if state != RunState.DONE else "")
        return stage_runs.make_followers_due(
            session, stage, [article_id], priority=5, published=frozenset(), has_output=state == RunState.DONE
        )


def test_a_stage_after_two_others_falls_due_when_both_are_settled(digest):
    article_id = add_article(add_source())
    make_due(TAG, article_id)
    make_due(MODERATE, article_id)
    assert finish(TAG, article_id) == []
    assert finish(MODERATE, article_id, RunState.SET_ASIDE) == [(digest, article_id)]


def test_a_stage_after_two_that_were_both_set_aside_does_not_fall_due(digest):
    article_id = add_article(add_source())
    make_due(TAG, article_id)
    make_due(MODERATE, article_id)
    finish(TAG, article_id, RunState.SET_ASIDE)
    assert finish(MODERATE, article_id, RunState.SET_ASIDE) == []


def test_a_parent_whose_child_died_for_the_last_time_lets_the_follower_of_two_fall_due(digest):
    article_id = add_article(add_source())
    make_due(TAG, article_id)
    make_due(MODERATE, article_id)
    finish(TAG, article_id)
    with write_session() as session:
        session.execute(update(StageRun).filter_by(stage="moderate").values(attempts=MODERATE.tries - 1))
    take(MODERATE, article_id, token="message/x")
    with write_session() as session:
        releases.release_lost(
            session, MODERATE, article_id, message_id="message", worker="w", reason="worker_lost", detail=""
        )
    assert row(MODERATE, article_id).state == RunState.SET_ASIDE
    assert row(digest, article_id).state == RunState.DUE


def test_two_parents_that_finish_at_once_make_their_follower_due_once(digest):
    source_id = add_source()
    for number in range(10):
        article_id = add_article(source_id, number)
        make_due(TAG, article_id)
        make_due(MODERATE, article_id)
        made, start = [], threading.Barrier(2)

        def end(stage, article_id=article_id, made=made, start=start):
            start.wait()
            made.extend(finish(stage, article_id))

        threads = [threading.Thread(target=end, args=(stage,)) for stage in (TAG, MODERATE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [(digest, article_id)]


def test_what_waits_is_released_for_the_pairs_that_are_served():
    article_id = add_article(add_source(), body="")
    make_due(TRANSLATE, article_id)
    for number in range(3):
        held = take(TRANSLATE, article_id, token=f"m/{number}")
        settle(held, RunState.WAITING, "no_engine", f"fr>{held.part[:2]}")
    with write_session() as session:
        assert releases.release_waiting(session, TRANSLATE, "no_engine", ["fr>es", "en>fr"]) == 1
    assert row(TRANSLATE, article_id, "es/headline").state == RunState.DUE
    assert row(TRANSLATE, article_id, "ar/headline").state == RunState.WAITING


def test_a_worker_that_stops_gives_back_what_it_holds_and_nothing_else():
    make_due(PARSE, 1)
    make_due(PARSE, 2)
    mine, other = take(PARSE, 1, token="m/1", worker="mine"), take(PARSE, 2, token="m/2", worker="other")
    with write_session() as session:
        assert releases.release_held_by(session, "mine") == 1
    assert (row(PARSE, 1).state, row(PARSE, 1).attempts) == (RunState.DUE, 0)
    assert row(PARSE, 2).state == RunState.RUNNING
    with pytest.raises(Stale):
        settle(mine)
    settle(other)


def test_a_lost_childs_row_comes_back_until_its_tries_are_used_up():
    make_due()
    for number in range(1, PARSE.tries + 1):
        held = take(token=f"message{number}/x")
        assert held.attempts == number
        with write_session() as session:
            lost = {"message_id": f"message{number}", "reason": "worker_lost", "detail": "signal 9"}
            releases.release_lost(session, PARSE, 1, worker="another", **lost)
        assert row().state == RunState.RUNNING
        with write_session() as session:
            releases.release_lost(session, PARSE, 1, worker="w", **lost)
        if number < PARSE.tries:
            with write_session() as session:
                session.execute(update(StageRun).values(due_at=now(-1)))
    assert (row().state, row().reason) == (RunState.SET_ASIDE, "worker_lost")


def dispatch(stages=(PARSE,), most=100):
    with write_session() as session:
        return [(stage.name, subject_id) for stage, subject_id in overdue.take_due(session, stages, most)]


def test_dispatch_takes_what_is_due_by_priority_newest_first_within_its_room():
    for subject_id in (1, 2, 3):
        make_due(PARSE, subject_id)
    make_due(PARSE, 4, priority=9)
    make_due(PARSE, 5, due_at=now(60))
    make_due(PARSE, 6, published=True)
    make_due(PARSE, 0, priority=0)
    assert dispatch(most=3) == [("parse", 0), ("parse", 3), ("parse", 2)]
    assert dispatch() == [("parse", 1), ("parse", 4)]
    assert dispatch() == []


def test_a_poll_goes_before_the_articles_of_its_queue():
    make_due(POLL, 1)
    make_due(FETCH, 900)
    make_due(FETCH, 901)
    assert dispatch((POLL, FETCH), most=2) == [("poll", 1), ("fetch", 901)]


def test_dispatch_takes_a_row_whose_lease_ran_out_once():
    make_due(published=True)
    take()
    assert dispatch() == []
    run_out()
    with write_session() as session:
        session.execute(update(StageRun).values(published_at=now(-30)))
    assert dispatch() == [("parse", 1)]
    assert dispatch() == []


def test_what_was_published_and_not_claimed_is_published_again_after_a_minute():
    make_due(published=True)

    def again():
        with write_session() as session:
            return overdue.take_unclaimed(session, [PARSE], 10)

    assert again() == []
    with write_session() as session:
        session.execute(update(StageRun).values(published_at=now(-61)))
    assert again() == [(PARSE, 1)]
    assert again() == []


def missing(stage):
    with write_session() as session:
        return overdue.make_missing(session, stage, overdue.subjects_without(session, stage))


def test_rows_that_the_map_asks_for_are_made_for_old_articles(digest):
    source_id = add_source()
    articles = [add_article(source_id, number) for number in range(3)]
    for article_id in articles[:2]:
        make_due(TAG, article_id)
        make_due(MODERATE, article_id)
        finish(TAG, article_id)
    assert missing(digest) == 0
    with write_session() as session:
        session.execute(update(StageRun).where(StageRun.stage == "moderate").values(state=RunState.DONE))
    assert missing(digest) == 2
    assert missing(digest) == 0


def test_a_source_without_a_poll_and_an_article_without_a_fetch_get_their_rows():
    source_id = add_source()
    add_source("ferme", state="paused")
    article_id = add_article(source_id)
    assert missing(POLL) == 1
    assert missing(FETCH) == 1
    assert row(FETCH, article_id).priority == 9


def test_rows_that_two_schedulers_miss_at_once_are_made_once_and_nobody_loses_a_claim():
    source_id = add_source()
    article_ids = [add_article(source_id, number) for number in range(20)]
    start, made = threading.Barrier(2), []

    def make():
        start.wait()
        made.append(missing(FETCH))
        for article_id in article_ids:
            take(FETCH, article_id, token=f"{threading.get_ident()}/{article_id}")

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 20
    assert {row(FETCH, article_id).attempts for article_id in article_ids} == {1}


def test_a_poll_that_was_set_aside_is_tried_again_after_an_hour():
    source_id = add_source()
    make_due(POLL, source_id)
    settle(take(POLL, source_id), RunState.SET_ASIDE, "error")

    def revived():
        with write_session() as session:
            return overdue.revive(session, POLL)

    assert (missing(POLL), revived()) == (0, 0)
    with write_session() as session:
        session.execute(update(StageRun).values(changed_at=now(-overdue.RECURS_S - 1)))
    assert revived() == 1
    assert row(POLL, source_id).state == RunState.DUE


def test_attempts_are_counted_once_by_hour_stage_source_outcome_and_reason():
    source_id = add_source()
    for number in range(3):
        article_id = add_article(source_id, number)
        make_due(PARSE, article_id)
        settle(take(PARSE, article_id, token=f"m/{number}"))
    with write_session() as session:
        assert totals.count_attempts(session) == 3
    with write_session() as session:
        assert totals.count_attempts(session) == 0
    from shared.ledger_models import StageTotal

    with read_session() as session:
        (total,) = session.scalars(select(StageTotal)).all()
    assert (total.stage, total.source_id, total.outcome, total.attempts) == ("parse", source_id, "done", 3)


def test_an_attempt_that_nobody_will_close_is_closed():
    make_due()
    take()
    make_due()
    with write_session() as session:
        assert totals.close_abandoned(session) == 0
        long_ago = clock(session) - totals.OPEN_MOST - timedelta(minutes=1)
        session.execute(update(StageAttempt).values(started_at=long_ago))
        assert totals.close_abandoned(session) == 1
    assert attempts() == [("lost", "worker_lost")]


def test_publishing_by_hand_runs_what_is_set_aside_and_refuses_what_is_done():
    article_id = add_article(add_source())
    make_due(TAG, article_id)
    settle(take(TAG, article_id), RunState.SET_ASIDE, "error")
    with write_session() as session:
        by_hand.run_now(session, TAG, article_id, again=False)
    assert (row(TAG, article_id).state, row(TAG, article_id).priority) == (RunState.DUE, 0)
    settle(take(TAG, article_id, token="m/2"))
    with write_session() as session, pytest.raises(by_hand.NothingDueError, match="--again"):
        by_hand.run_now(session, TAG, article_id, again=False)
    with write_session() as session:
        by_hand.run_now(session, TAG, article_id, again=True)
    assert take(TAG, article_id, token="m/3").attempts == 1


def test_retry_finds_by_filter_and_makes_due():
    source_id = add_source()
    first, second = add_article(source_id, 1), add_article(source_id, 2)
    for number, (article_id, reason) in enumerate([(first, "timeout"), (second, "language")]):
        make_due(PARSE, article_id)
        settle(take(PARSE, article_id, token=f"m/{number}"), RunState.SET_ASIDE, reason)

    def found(**filters):
        with read_session() as session:
            return find_runs(session, stage=None, states=["set_aside"], wanted=RunFilter(**filters))

    assert found(reason="timeout") == [(PARSE, first)]
    assert found(source_key="courrier") == [(PARSE, second), (PARSE, first)]
    assert found(source_key="autre") == []
    with write_session() as session:
        assert by_hand.retry(session, PARSE, [second], ["set_aside"]) == [second]
    assert row(PARSE, second).state == RunState.DUE
    assert row(PARSE, first).state == RunState.SET_ASIDE


def test_a_life_tells_every_attempt():
    article_id = add_article(add_source())
    make_due(PARSE, article_id)
    held = take(PARSE, article_id)
    with write_session() as session:
        stage_runs.come_back(session, held, "retry", "error", "x", due_at=now(-1), attempts=1)
    settle(take(PARSE, article_id, token="m/2"))
    with read_session() as session:
        life = funnel.life_of(session, article_id)
    assert [one["outcome"] for one in life["attempts"]] == ["retry", "done"]
    assert [(one["stage"], one["state"]) for one in life["stages"]] == [("parse", "done")]


def test_status_counts_rows_by_stage_and_state():
    make_due(PARSE, 1)
    make_due(PARSE, 2)
    settle(take(PARSE, 1), RunState.WAITING, "no_engine", "fr>ar")
    with read_session() as session:
        parse = next(one for one in funnel.stage_counts(session) if one["stage"] == "parse")
        waiting = funnel.reasons(session, RunState.WAITING)
    assert (parse["due"], parse["waiting"]) == (1, 1)
    assert parse["oldest_due_s"] == 0
    assert waiting == [{"stage": "parse", "reason": "no_engine", "rows": 1, "example": "fr>ar"}]
