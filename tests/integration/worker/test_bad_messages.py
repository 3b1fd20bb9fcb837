"""Whatever stands in a queue: the worker lives, the next message is run, and the odd one is a row with its reason."""

import base64
import json
import pickle

import pytest
from kombu import Queue
from measuring import add_articles, make_measure_due, send
from servers import wait_until
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from workers import measured, set_pool, worker

from shared.app import make_app
from shared.broker import transport
from shared.db import read_session
from shared.ledger_models import BadMessage
from shared.store import bad_messages

TASK = "tagger.measure_article"


def envelope(content, *, headers=None, properties=None, content_type="application/json", changes=None) -> bytes:
    """A message as kombu writes it, with these parts of it changed."""
    written = content if isinstance(content, bytes) else json.dumps(content).encode()
    whole = {
        "body": base64.b64encode(written).decode(),
        "content-encoding": "utf-8",
        "content-type": content_type,
        "headers": {"lang": "py", "task": TASK, "id": "an-id", "argsrepr": "", "kwargsrepr": ""} | (headers or {}),
        "properties": {
            "correlation_id": "an-id",
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": "tagger"},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": "a-tag",
        }
        | (properties or {}),
    } | (changes or {})
    return json.dumps(whole).encode()


GOOD = [[1], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]

ODD = {
    "text": (b"hello", "not_json"),
    "bytes": (b"\x80\x04\x95\xff", "not_json"),
    "empty": (b"", "not_json"),
    "deep": (b"[" * 200_000, "not_json"),
    "number": (b"1234", "no_envelope"),
    "null": (b"null", "no_envelope"),
    "object": (b"{}", "no_envelope"),
    "list": (b"[1234]", "no_envelope"),
    "odd type": (b'{"__type__": "nothing", "__value__": 1}', "not_json"),
    "no tag": (envelope(GOOD, properties={"delivery_tag": None}), "no_envelope"),
    "no delivery info": (envelope(GOOD, properties={"delivery_info": {}}), "no_envelope"),
    "delivery info a text": (envelope(GOOD, properties={"delivery_info": "here"}), "no_envelope"),
    "unknown body encoding": (envelope(GOOD, properties={"body_encoding": "rot13"}), "no_envelope"),
    "body not base64": (envelope(GOOD, changes={"body": "QQ"}), "no_envelope"),
    "body not JSON": (envelope(b"{"), "undecodable"),
    "body none": (envelope(GOOD, changes={"body": None}), "wrong_arguments"),
    "unknown encoding": (envelope(GOOD, changes={"content-encoding": "klingon"}), None),
    "pickle": (envelope(pickle.dumps(GOOD), content_type="application/x-python-serialize"), "content_refused"),
    "no headers": (envelope(GOOD, changes={"headers": None}), "no_task"),
    "body a number": (envelope(5), "wrong_arguments"),
    "body null": (envelope(None), "wrong_arguments"),
    "arguments a number": (envelope([5, {}, {}]), "wrong_arguments"),
    "arguments an object": (envelope([{"0": 5}, {}, {}]), "wrong_arguments"),
    "keywords a list": (envelope([[5], [], {}]), "wrong_arguments"),
    "keywords null": (envelope([[5], None, {}]), "wrong_arguments"),
    "a fraction": (envelope([[5.0], {}, {}]), "wrong_arguments"),
    "beyond any id": (envelope([[2**63], {}, {}]), "wrong_arguments"),
    "nobody": (envelope([[2**63 - 1], {}, {}]), "unknown_subject"),
    "unknown task": (envelope(GOOD, headers={"task": "tagger.sing"}), "unknown_task"),
    "task a number": (envelope(GOOD, headers={"task": 5}), "unknown_task"),
    "task an object": (envelope(GOOD, headers={"task": {}}), "unknown_task"),
    "Celery's own task": (envelope(GOOD, headers={"task": "celery.backend_cleanup"}), "unknown_task"),
    "another queue's": (envelope(GOOD, headers={"task": "parser.parse_article"}), "wrong_queue"),
    "eta no time": (envelope(GOOD, headers={"eta": "tomorrow"}), "unreadable"),
    "eta an object": (envelope(GOOD, headers={"eta": {}}), "unreadable"),
    "expires no time": (envelope(GOOD, headers={"expires": "never"}), "unreadable"),
    "no id": (envelope(GOOD, headers={"id": None}), None),
    "retries a text": (envelope(GOOD, headers={"retries": "x"}), None),
    "limits a text": (envelope(GOOD, headers={"timelimit": "x"}), None),
    "limits odd": (envelope(GOOD, headers={"timelimit": ["x", {}]}), None),
    "group odd": (envelope(GOOD, headers={"group": {}, "parent_id": 5, "root_id": []}), None),
    "reply odd": (envelope(GOOD, properties={"reply_to": 5, "correlation_id": None}), None),
    "embedded odd": (envelope([[1], {}, 5]), "unreadable"),
    "embedded callbacks": (
        envelope([[1], {}, {"callbacks": 5, "chain": "x", "chord": 1, "errbacks": {}}]),
        "unreadable",
    ),
    "half a character": (envelope(GOOD, content_type="\ud800"), "content_refused"),
    "NUL": (envelope(GOOD, content_type="a\x00b"), "content_refused"),
    "a queue of another name": (
        envelope(GOOD, properties={"delivery_info": {"exchange": "", "routing_key": "x" * 70}}),
        "wrong_queue",
    ),
    "another exchange": (
        envelope(GOOD, properties={"delivery_info": {"exchange": "x", "routing_key": "tagger"}}),
        "wrong_queue",
    ),
    "priority a text": (envelope(GOOD, properties={"priority": "high"}), None),
}


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_no_item_of_a_queue_ends_the_worker_or_vanishes(house, broker, tmp_path, pool):
    article_id, last_id = add_articles("count", "count")
    make_measure_due([article_id, last_id])
    set_pool(house, pool)
    with worker("tagger", tree=house, log=tmp_path / "log") as process:
        for name, (item, reason) in ODD.items():
            before = len(_kept())
            broker.lpush("kiosque:tagger", item)
            if reason is not None:
                wait_until(lambda n=before: len(_kept()) > n, what=f"a row for {name}")
                (row,) = _kept()[before:]
                assert (name, row.reason) == (name, reason)
                assert item in row.content if reason in {"not_json", "no_envelope"} else row.content
        send(last_id)
        wait_until(lambda: last_id in measured(), what="the good message run")
        assert process.poll() is None
        wait_until(lambda: broker.hlen("kiosque:unacked") == 0, what="nothing left unacked")
    log = (tmp_path / "log").read_text(errors="replace")
    assert "Unrecoverable" not in log


@pytest.mark.parametrize("name", ["text", "a queue of another name", "another exchange"])
def test_a_bad_item_goes_back_to_the_line_where_it_lay_while_the_database_is_away(broker, monkeypatch, name):
    item, reason = ODD[name]

    def away(*_):
        raise OperationalError("INSERT", {}, Exception("the database is away"))

    kept = []
    monkeypatch.setattr(transport, "PAUSE_S", 0.0)
    monkeypatch.setattr(bad_messages, "keep", away)
    broker.lpush("kiosque:tagger", item)
    with make_app().connection_for_read() as connection, connection.channel() as channel:
        consumer = connection.Consumer([Queue("tagger")], callbacks=[], channel=channel)
        with consumer, pytest.raises(TimeoutError):
            connection.drain_events(timeout=0.5)
        assert broker.lrange("kiosque:tagger", 0, -1) == [item]
        monkeypatch.setattr(bad_messages, "keep", lambda *row: kept.append(row))
        with consumer, pytest.raises(TimeoutError):
            connection.drain_events(timeout=0.5)
    assert [row[:3] for row in kept] == [("tagger", item, reason)]
    assert broker.llen("kiosque:tagger") == 0


def _kept() -> list[BadMessage]:
    with read_session() as session:
        return list(session.scalars(select(BadMessage).order_by(BadMessage.id)))
