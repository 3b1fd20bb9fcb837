"""Every way to publish that docs/messages.md names, each tried on a real Redis and a real worker."""

import os
import socket
import subprocess
import sys
import threading
from urllib.parse import quote

import pytest
from flower_server import flower
from measuring import MEASURE, add_articles, make_measure_due, run_of
from servers import free_port, own_redis, wait_until
from workers import copy_with_sixth_stage, measured, worker

from shared.ledger_models import RunState
from shared.pipeline import STAGES
from shared.settings import ROOT, settings

TASK = "tagger.measure_article"
EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture
def tree(sqlite, broker, tmp_path, monkeypatch):
    """A copy of the project with the sixth stage, SQLite and a Redis."""
    monkeypatch.setitem(STAGES, "measure", MEASURE)
    return copy_with_sixth_stage(tmp_path / "tree")


def call(*words: object, tree=ROOT, code: int = 0, **environment: str) -> str:
    """Run a command from a tree; what it said."""
    command = [str(word) for word in words]
    ran = subprocess.run(
        command, cwd=tree, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def by_kiosque(tree, tmp_path, article_id):
    call(sys.executable, "-m", "services.cli", "publish", "measure", article_id, tree=tree)


def by_celery(tree, tmp_path, article_id):
    make_measure_due([article_id])
    call(sys.executable, "-m", "celery", "-A", "services.worker", "call", TASK, f"--args=[{article_id}]", tree=tree)


def by_flower(tree, tmp_path, article_id):
    make_measure_due([article_id])
    with flower(tmp_path / "flower.log", tree=tree, KIOSQUE_FLOWER_WRITE="1") as server:
        status, said = server.ask(f"/api/task/send-task/{TASK}", method="POST", body={"args": [article_id]})
        assert status == 200, said


def by_shell(tree, tmp_path, article_id):
    make_measure_due([article_id])
    said = call("sh", EXAMPLES / "publish.sh", TASK, article_id, "-s", redis_path())
    assert said.endswith(" in tagger\n")


def by_node(tree, tmp_path, article_id):
    make_measure_due([article_id])
    said = call("node", EXAMPLES / "publish.mjs", TASK, article_id, redis_path())
    assert said.endswith(" in tagger\n")


def redis_path() -> str:
    return settings().broker.removeprefix("redis+socket://")


@pytest.mark.parametrize(
    "publish",
    [
        by_kiosque,
        by_celery,
        by_flower,
        pytest.param(by_shell, marks=pytest.mark.needs("redis-cli")),
        pytest.param(by_node, marks=pytest.mark.needs("node")),
    ],
)
def test_each_way_has_the_work_done(publish, tree, tmp_path):
    other, article_id = add_articles("count", "count")
    make_measure_due([other])
    with worker("tagger", tree=tree, log=tmp_path / "log"):
        publish(tree, tmp_path, article_id)
        wait_until(lambda: run_of(article_id).state == RunState.DONE, what="the work done")
    assert measured() == [article_id]
    assert "message.refused" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    "program",
    [pytest.param("sh", marks=pytest.mark.needs("redis-cli")), pytest.param("node", marks=pytest.mark.needs("node"))],
)
def test_the_examples_log_in_and_tell_what_was_refused(program, tmp_path):
    port = free_port()
    with own_redis(tmp_path / "redis", "--port", str(port), "--bind", "127.0.0.1") as server:
        server.client.config_set("requirepass", "pass:w@rd")

        def publish(password: str, article_id: object, code: int) -> str:
            if program == "sh":
                words = (TASK, article_id, "-h", "127.0.0.1", "-p", port)
                return call("sh", EXAMPLES / "publish.sh", *words, code=code, REDISCLI_AUTH=password)
            url = f"redis://{f':{quote(password)}@' if password else ''}127.0.0.1:{port}/0"
            return call("node", EXAMPLES / "publish.mjs", TASK, article_id, url, code=code)

        assert publish("pass:w@rd", 7, 0).endswith("1 in tagger\n")
        assert "NOAUTH" in publish("", 7, 1)
        for odd in ("seven", "007", "0", "-7", "7 8"):
            publish("pass:w@rd", odd, 2)
        server.client.execute_command("AUTH", "pass:w@rd")
        assert server.client.llen("kiosque:tagger") == 1


@pytest.mark.needs("redis-cli")
def test_the_example_in_sh_finds_the_password_of_the_container_that_it_is_handed_to(tmp_path):
    (tmp_path / "password").write_text("pass:w@rd\n", encoding="utf-8")
    port = free_port()
    with own_redis(tmp_path / "redis", "--port", str(port), "--bind", "127.0.0.1") as server:
        server.client.config_set("requirepass", "pass:w@rd")
        words = (EXAMPLES / "publish.sh", TASK, 7, "-h", "127.0.0.1", "-p", port)
        assert call("sh", *words, REDIS_PASSWORD="pass:w@rd", REDIS_PASSWORD_FILE="") == "1 in tagger\n"
        file = str(tmp_path / "password")
        assert call("sh", *words, REDIS_PASSWORD="", REDIS_PASSWORD_FILE=file) == "2 in tagger\n"


@pytest.mark.needs("node")
def test_the_example_in_node_calls_no_silence_a_success():
    """A Redis that has no more connections closes at once; so does a proxy before one that is away."""
    with socket.create_server(("127.0.0.1", 0)) as closing:

        def close_one() -> None:
            connection, _ = closing.accept()
            connection.recv(10_000)
            connection.close()

        thread = threading.Thread(target=close_one)
        thread.start()
        url = f"redis://127.0.0.1:{closing.getsockname()[1]}/0"
        assert "without an answer" in call("node", EXAMPLES / "publish.mjs", TASK, 7, url, code=1)
        thread.join()
    assert "is not spoken here" in call("node", EXAMPLES / "publish.mjs", TASK, 7, "rediss://127.0.0.1/0", code=2)
