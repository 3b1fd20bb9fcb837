"""The scheduler's jobs over a real Redis and both databases."""

import json
import threading
from collections import Counter
from datetime import timedelta

import pytest
from press import add_article, add_source
from servers import redis_server, wait_until
from sqlalchemy import select, update

from services.scheduler import loop
from services.scheduler.dispatch import Dispatcher, publish_again
from services.scheduler.reconcile import mend_clock, reconcile
from shared.app import make_app
from shared.db import clock, now, read_session, write_session
from shared.ledger_models import Host, RunState, StageRun
from shared.models import ArticleImage
from shared.pipeline import FETCH, PARSE, POLL, TAG, TRANSLATE
from shared.queue import SHORT_LINE, forget_lengths, has_room, publish, queue_lengths, room
from shared.store.stage_runs import make_due


@pytest.fixture(autouse=True)
def queues(broker, database, set_settings):
    """Empty queues of five messages at most, and a client for their server."""
    set_settings(queue_cap=5)
    return broker


def add_due(count: int, stage=PARSE) -> list[int]:
    source_id = add_source(f"s{count}{stage.name}")
    article_ids = [add_article(source_id, f"{stage.name}/{count}/{number}") for number in range(count)]
    with write_session() as session:
        make_due(session, stage, article_ids)
    return article_ids


def unpublished() -> int:
    with read_session() as session:
        return len(session.scalars(select(StageRun.id).where(StageRun.published_at.is_(None))).all())


def test_dispatch_fills_each_queue_to_its_cap_and_leaves_the_rest_as_rows(queues):
    add_due(8, PARSE)
    add_due(3, TAG)
    dispatch = Dispatcher().dispatch
    assert dispatch() == 8
    assert queue_lengths(["parser", "tagger"]) == {"parser": 5, "tagger": 3}
    assert unpublished() == 3
    assert dispatch() == 0
    queues.ltrim("kiosque:parser", 2, -1)
    assert dispatch() == 2


def test_the_newest_overtakes_and_what_an_operator_asked_for_goes_first(queues):
    first, *_, last = add_due(7)
    with write_session() as session:
        make_due(session, PARSE, [first], priority=0)
    Dispatcher().dispatch()
    sent = [int(body.split(b"[[")[1].split(b"]")[0]) for body in _bodies(queues)]
    assert sent[:2] == [first, last]


def _bodies(client) -> list[bytes]:
    import base64
    import json

    # kombu pushes on the left and takes from the right
    return [base64.b64decode(json.loads(one)["body"]) for one in reversed(client.lrange("kiosque:parser", 0, -1))]


def test_a_flushed_redis_fills_again(queues):
    add_due(4)
    Dispatcher().dispatch()
    queues.flushall()
    assert publish_again() == 0  # not a minute old
    with write_session() as session:
        session.execute(update(StageRun).values(published_at=now(-61)))
    reconcile()
    assert queue_lengths(["parser"]) == {"parser": 4}


def test_a_clock_that_was_put_back_leaves_nothing_waiting_for_the_old_time(queues):
    due, running, later, sent, lapsed = add_due(5)
    hour = now(3600)
    with write_session() as session:
        changes = {
            due: {"due_at": hour, "published_at": hour, "changed_at": hour},
            running: {"state": RunState.RUNNING, "lease_until": hour, "published_at": hour, "changed_at": hour},
            later: {"due_at": hour},  # put off by the clock that is now
            sent: {"published_at": hour},  # of a backlog: only its message is of the later clock
            lapsed: {"state": RunState.RUNNING, "lease_until": now(-5), "published_at": hour},
        }
        for article_id, values in changes.items():
            session.execute(update(StageRun).where(StageRun.subject_id == article_id).values(**values))
        session.add(Host(name="https://papers.example:443", next_at=hour))
        session.add(Host(name="https://asked.example:443", next_at=now(30)))
        session.add(ArticleImage(article_id=due, url="http://papers.example/a.png", position=0, again_at=hour))
    mend_clock()
    with read_session() as session:
        rows = {row.subject_id: row for row in session.scalars(select(StageRun).filter_by(stage=PARSE.name))}
        soon = clock(session) + timedelta(seconds=60)
        hosts = {host.name: host.next_at for host in session.scalars(select(Host))}
        assert hosts["https://papers.example:443"] is None
        assert hosts["https://asked.example:443"] is not None
        assert session.scalars(select(ArticleImage.again_at)).one() < soon
    assert (rows[sent].due_at < soon, rows[sent].published_at) == (True, None)
    assert rows[lapsed].published_at < soon
    assert (rows[due].due_at < soon, rows[due].published_at) == (True, None)
    assert rows[running].state == RunState.RUNNING
    assert max(rows[running].lease_until, rows[running].published_at) < soon
    assert rows[later].due_at > soon


def test_without_a_broker_nothing_is_published_and_nothing_is_lost(set_settings, tmp_path):
    add_due(2)
    with redis_server(tmp_path / "other") as url:
        set_settings(broker_url=url)
        make_app()
        assert room("parser", fresh=True) > 0
    assert room("parser", fresh=True) == 0
    assert publish([(PARSE, 1), (TAG, 2)]) == [(PARSE, 1), (TAG, 2)]
    assert Dispatcher().dispatch() == 0
    assert unpublished() == 2


def test_two_schedulers_send_each_row_once(queues, set_settings):
    set_settings(queue_cap=SHORT_LINE)
    add_due(SHORT_LINE)
    start = threading.Barrier(3)

    def run():
        start.wait()
        Dispatcher().dispatch()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bodies = _bodies(queues)
    assert len(bodies) == SHORT_LINE
    assert len(set(bodies)) == SHORT_LINE


def test_a_queue_is_filled_to_what_its_workers_take(queues, set_settings):
    set_settings(queue_cap=100)
    add_due(400)
    dispatch, lengths = Dispatcher().dispatch, []
    for left in (0, 0, 0, 0, 90, 45, 20, 20):  # messages that the workers leave each second: fast, then slow
        dispatch()
        lengths.append(queues.llen("kiosque:parser"))
        queues.ltrim("kiosque:parser", 0, left - 1) if left else queues.delete("kiosque:parser")
    assert lengths == [20, 40, 80, 100, 100, 90, 45, 20]


def test_an_article_of_many_parts_is_one_message_to_the_mark(queues, set_settings):
    set_settings(queue_cap=100)
    add_due(150, TRANSLATE)
    assert unpublished() > 150
    dispatch, lengths = Dispatcher().dispatch, []
    for _ in range(3):
        dispatch()
        lengths.append(queues.llen("kiosque:translator"))
        queues.delete("kiosque:translator")
    assert lengths == [20, 40, 80]


def test_many_sources_do_not_keep_pages_from_being_fetched(queues, set_settings):
    set_settings(queue_cap=100)
    source_ids = [add_source(f"paper{number}") for number in range(60)]
    with write_session() as session:
        make_due(session, POLL, source_ids)
    add_due(30, FETCH)
    dispatch, sent = Dispatcher().dispatch, queues.lrange("kiosque:scraper", 0, -1)
    for _ in range(40):  # one message a second is taken
        dispatch()
        sent.append(queues.rpop("kiosque:scraper"))
    tasks = Counter(json.loads(item)["headers"]["task"] for item in sent)
    assert tasks[FETCH.task] >= 8


def test_a_trickle_does_not_look_like_fast_workers(queues, set_settings):
    set_settings(queue_cap=100)
    dispatcher = Dispatcher()
    for number in range(4):
        add_due(number + 1)
        dispatcher.dispatch()
        queues.delete("kiosque:parser")
    add_due(90)
    dispatcher.dispatch()
    assert queues.llen("kiosque:parser") == SHORT_LINE


def test_what_falls_due_is_handed_on_at_once_only_to_a_short_line(queues, set_settings):
    set_settings(queue_cap=100)
    assert has_room("parser")
    publish([(PARSE, number) for number in range(SHORT_LINE)])
    forget_lengths()
    assert not has_room("parser")


def test_the_loop_outlives_a_job_that_fails_and_stops_when_told():
    ran, stopping = [], threading.Event()

    def fail():
        ran.append("fail")
        raise RuntimeError("the database is away")

    def count():
        ran.append("count")

    thread = threading.Thread(
        target=loop.run_forever, args=([loop.Job("fail", 0.01, fail), loop.Job("count", 0.01, count)], stopping)
    )
    thread.start()
    wait_until(lambda: ran.count("fail") > 2 and ran.count("count") > 2, what="three rounds")
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()


def test_rows_that_are_done_are_left_alone():
    add_due(1)
    with write_session() as session:
        session.execute(update(StageRun).values(state=RunState.DONE, published_at=None))
    assert Dispatcher().dispatch() == 0
