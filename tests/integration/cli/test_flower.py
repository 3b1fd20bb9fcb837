"""Flower as Kiosque starts it: who may ask it what, what it remembers, and what it leaves behind."""

import json
import signal
import subprocess
import sys

import pytest
from flower_server import LOGIN, flower, wait_for_worker
from measuring import MEASURE, add_articles, make_measure_due, outcomes, send
from servers import free_port, own_redis, wait_until
from workers import copy_with_sixth_stage, worker

from shared.pipeline import STAGES
from shared.queue import queue_lengths
from shared.settings import ROOT

pytestmark = pytest.mark.usefixtures("broker", "sqlite")


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setitem(STAGES, "measure", MEASURE)
    return copy_with_sixth_stage(tmp_path / "tree")


def changing_paths() -> list[str]:
    """Every path of Flower's own API that takes a POST."""
    from flower.urls import handlers

    rows = [(row.regex.pattern, row.handler_class) if hasattr(row, "regex") else row[:2] for row in handlers]
    asked = [path for path, handler in rows if path.startswith("/api/") and "post" in vars(handler)]
    return [path.replace("(.+)", "tagger@here").replace("(.*)", "tagger@here").rstrip("$") for path in asked]


def test_nobody_sees_anything_without_the_login(tmp_path):
    with flower(tmp_path / "log") as server:
        assert server.ask("/healthcheck", login=None) == (200, "OK")
        for path in ("/", "/tasks", "/api/tasks", "/api/workers", "/metrics", "/static/favicon.ico", "/nowhere"):
            assert server.ask(path, login=None)[0] == 401, path
            assert server.ask(path, login="operator:another")[0] == 401, path
        assert server.ask("/api/tasks", login="operator:пароль")[0] == 401
        assert server.ask("/api/worker/shutdown/tagger@here", method="POST", login=None)[0] == 401
        assert [server.ask(path)[0] for path in ("/", "/tasks", "/api/tasks", "/metrics")] == [200] * 4


def test_it_only_shows_unless_it_is_told_otherwise(tmp_path):
    paths = changing_paths()
    assert len(paths) >= 14
    assert "/api/task/send-task/tagger@here" in paths
    with flower(tmp_path / "log") as server:
        for path in [*paths, "/api/new", "/"]:
            status, said = server.ask(path, method="POST", body={"args": [1]})
            assert (path, status, "KIOSQUE_FLOWER_WRITE=1" in said) == (path, 403, True)
        assert len(server.shown()) == 0
    assert set(queue_lengths(["scraper", "parser", "tagger"]).values()) == {0}


def test_a_message_that_no_worker_could_take_is_not_sent(tmp_path):
    with flower(tmp_path / "log", KIOSQUE_FLOWER_WRITE="1") as server:

        def post(path: str, body) -> tuple[int, str]:
            return server.ask(f"/api/task/{path}", method="POST", body=body)

        status, said = post("send-task/parser.read_article", {"args": [1]})
        assert (status, "parser.parse_article" in said) == (404, True)
        for body in ({}, {"args": ["1"]}, {"args": [1, 2]}, {"args": [1], "kwargs": {"article_id": 1}}):
            status, said = post("send-task/parser.parse_article", body)
            assert (status, "the id of its article" in said) == (400, True), body
        status, said = post("send-task/parser.parse_article", {"args": [1], "countdown": 60})
        assert (status, "countdown" in said) == (400, True)
        status, said = post("async-apply/parser.parse_article", {"args": [1]})
        assert (status, "send-task/parser.parse_article" in said) == (404, True)
        assert queue_lengths(["parser"]) == {"parser": 0}
        assert post("send-task/parser.parse_article", {"args": [1]})[0] == 200
        assert queue_lengths(["parser"]) == {"parser": 1}


@pytest.mark.parametrize("header", [{"Origin": "http://elsewhere.example"}, {"Sec_Fetch_Site": "cross-site"}])
def test_another_site_s_page_changes_nothing_with_the_operator_s_login(header, tmp_path):
    """A browser that knows the login sends it along, whoever's form it is."""
    with flower(tmp_path / "log", KIOSQUE_FLOWER_WRITE="1") as server:
        for path in ("/api/task/send-task/parser.parse_article", "/api/worker/shutdown/parser@here"):
            status, said = server.ask(path, method="POST", body={"args": [1]}, **header)
            assert (path, status, "forbidden" in said) == (path, 403, True)
    assert queue_lengths(["parser"]) == {"parser": 0}


def test_no_page_shows_a_secret(tmp_path, environment):
    port = free_port()
    with own_redis(tmp_path / "redis", "--port", str(port), "--bind", "127.0.0.1") as own:
        own.client.config_set("requirepass", "word-of-redis")
        secrets = {
            "KIOSQUE_BROKER_URL": f"redis://:word-of-redis@127.0.0.1:{port}/0",
            "KIOSQUE_SECRET_KEY": "word-of-cookies",
            "KIOSQUE_LIBRETRANSLATE_API_KEY": "word-of-libretranslate",
        }
        with (
            flower(tmp_path / "log", **secrets) as server,
            worker("tagger", log=tmp_path / "worker.log", **secrets),
        ):

            def shows(path: str) -> bool:
                status, page = server.ask(path)
                assert "word-of" not in page, path
                return status == 200

            wait_for_worker(server, "tagger")
            # Flower gives a worker a second to answer, and has no page of one that does not
            (name,) = wait_until(lambda: json.loads(server.ask("/api/workers?refresh=1")[1]), what="its answer")
            wait_until(lambda: shows(f"/worker/{name}"), what="the worker's page")
            for path in ("/", "/broker", "/tasks", "/api/workers", "/metrics", "/api/queues/length"):
                assert shows(path), path
        own.client.execute_command("AUTH", "word-of-redis")
    assert "word-of" not in (tmp_path / "log").read_text() + (tmp_path / "worker.log").read_text()


def test_it_shows_tasks_readably_and_still_does_after_a_restart(tree, tmp_path):
    (article_id,) = add_articles("count")
    make_measure_due([article_id])
    with flower(tmp_path / "log", tree=tree) as server:
        with worker("tagger", tree=tree, log=tmp_path / "worker.log"):
            wait_for_worker(server, "tagger")
            wait_until(lambda: "enabled by remote" in (tmp_path / "worker.log").read_text(), what="events asked for")
            send(article_id)
            wait_until(lambda: any(one["state"] == "SUCCESS" for one in server.tasks().values()), what="the task shown")
        (before,) = server.shown()
        assert (before["name"], before["args"]) == ("tagger.measure_article", f"article {article_id}")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
    with flower(tmp_path / "log-2", tree=tree) as server:
        assert server.shown() == [before]


def test_a_worker_tells_of_its_tasks_only_while_flower_asks(tree, tmp_path, broker):
    log = tmp_path / "worker.log"
    heard: list[str] = []  # the kinds of events that the worker sent, in their order

    def hears(kind: str):
        def is_heard() -> bool:
            while message := events.get_message():
                if message["type"] == "pmessage":
                    envelope = json.loads(message["data"])
                    heard.append(envelope["properties"]["delivery_info"]["routing_key"])
            return any(key.startswith(kind) for key in heard)

        return is_heard

    first, second = add_articles("count", "count")
    make_measure_due([first, second])
    with worker("tagger", tree=tree, log=log, KIOSQUE_TIME_SCALE="0.1"), broker.pubsub() as events:
        events.psubscribe("*celeryev*")
        assert "enabled by remote" not in log.read_text()
        with flower(tmp_path / "log", tree=tree) as server:
            wait_until(lambda: "enabled by remote" in log.read_text(), what="events asked for")
            send(first)
            wait_until(hears("task."), what="an event of the task")
            server.process.kill()
        wait_until(lambda: "events.stopped" in log.read_text(), what="events no more sent")
        hears("")()
        heard.clear()
        send(second)
        wait_until(lambda: outcomes(second) == [("done", "")])
        hears("")()
        so_far = len(heard)
        wait_until(lambda: hears("")() and "worker.heartbeat" in heard[so_far:], what="a heartbeat after it")
        assert [key for key in heard if key.startswith("task.")] == []


def test_production_asks_for_a_login_and_says_how(tmp_path, environment):
    variables = {
        "KIOSQUE_ENV": "production", "KIOSQUE_DATABASE_URL": "sqlite:///x", "KIOSQUE_BLOBS_URL": "x",
        "KIOSQUE_SECRET_KEY": "x", "FLOWER_BASIC_AUTH": "",
    }  # fmt: skip
    for name, value in variables.items():
        environment.setenv(name, value)
    ran = subprocess.run(
        [sys.executable, "-m", "services.cli.flower"], capture_output=True, text=True, cwd=ROOT, timeout=30, check=False
    )
    assert ran.returncode == 1
    assert "FLOWER_BASIC_AUTH is not set" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert LOGIN not in ran.stderr
