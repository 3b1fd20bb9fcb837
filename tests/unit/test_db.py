"""The process's one engine."""

import threading
from concurrent.futures import ThreadPoolExecutor

from shared import db


def test_threads_that_are_first_at_once_share_one_engine(monkeypatch):
    make_engine, both_make = db.make_engine, threading.Barrier(2, timeout=30)

    def make_together(url: str):
        both_make.wait()
        return make_engine(url)

    monkeypatch.setattr(db, "make_engine", make_together)
    with ThreadPoolExecutor(2) as threads:
        one, other = (threads.submit(db.engine) for _ in range(2))
        assert one.result() is other.result() is db.engine()
