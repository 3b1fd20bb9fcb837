"""Faults of other people's servers: each bears its own, and the rest of the press comes in."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.house import scaled
from loopback import LoopbackServer, reply
from servers import wait_until
from sqlalchemy import select
from workers import scheduler, worker

from shared.db import read_session, write_session
from shared.ledger_models import StageAttempt, StageRun
from shared.models import Article, Source
from shared.store import source_rows

#: What a page may weigh here; the large answers are a hundred times as long.
PAGE_MAX_BYTES = 1_000_000
#: A scraper at work weighs 110 MB; a bomb that was unpacked would weigh as much again.
RSS_MOST_KB = 200_000


def feed_of(server: LoopbackServer) -> bytes:
    """A feed that announces one article of this server."""
    link = server.url("/article")
    return f"<rss version='2.0'><channel><item><title>One</title><link>{link}</link></item></channel></rss>".encode()


def hang(connection, stopping) -> None:
    """The beginning of an answer, and no end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<html>")
    stopping.wait(600)


def hundred_megabytes(connection, stopping) -> None:
    """Without saying so beforehand."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
    for _ in range(100):
        connection.sendall(bytes(1_000_000))


BOMB = reply(200, gzip.compress(bytes(100_000_000)), content_encoding="gzip", content_type="text/html")
#: What each bad host answers to a request for its article, and the reason by which the ledger knows it.
BAD = {
    "busy": (reply(429, retry_after="600"), "rate_limited"),
    "ill": (reply(503), "server_error"),
    "hanging": (hang, "timeout"),
    "endless": (hundred_megabytes, "too_large"),
    "bomb": (BOMB, "too_large"),
}


@pytest.fixture
def hosts(set_settings) -> Iterator[dict[str, LoopbackServer]]:
    """A host for each kind of badness, and a good one; each announces one article."""
    made = {name: LoopbackServer() for name in (*BAD, "good")}
    for name, server in made.items():
        server.answers["/feed"] = reply(200, feed_of(server), content_type="application/rss+xml")
        server.answers["/article"] = BAD[name][0] if name in BAD else reply(200, b"<p>Good", content_type="text/html")
    addresses = ",".join(f"127.0.0.1:{server.port}" for server in made.values())
    set_settings(private_addresses=addresses, page_max_bytes=PAGE_MAX_BYTES, fetch_timeout_s=scaled(30))
    yield made
    for server in made.values():
        server.close()


@pytest.mark.fault(32)
@pytest.mark.slow
def test_bad_sources_are_bounded_and_good_ones_come_in(tmp_path: Path, broker, sqlite, hosts):
    with write_session() as session:
        for name, server in hosts.items():
            row = {"key": name, "name": name, "home_url": server.url(), "languages": ["fr"], "pace_s": 0.0}
            source_rows.save_source(session, row | {"feeds": [server.url("/feed")]})
    with worker("scraper", log=tmp_path / "worker.log") as scraper, scheduler(log=tmp_path / "scheduler.log"):
        wait_until(lambda: state_of("good") == "done", 30, what="the good source")
        wait_until(lambda: all(told(name) for name in BAD), scaled(150) + 10, what="a reason for each of the bad")
        assert peak_kb(scraper.pid) < RSS_MOST_KB
        assert scraper.poll() is None
    assert {name: told(name) for name in BAD} == {name: reason for name, (_, reason) in BAD.items()}
    for name in BAD:
        assert hosts[name].paths.count("/article") <= 3  # left alone for a while, not asked without end


def state_of(source: str) -> str | None:
    with read_session() as session:
        return session.scalar(_rows(StageRun.state, StageRun, source))


def told(source: str) -> str | None:
    """The reason of the first failed attempt at the source's article."""
    with read_session() as session:
        rows = _rows(StageAttempt.reason, StageAttempt, source).where(StageAttempt.reason.not_in(("", "host_busy")))
        return session.scalar(rows.order_by(StageAttempt.id).limit(1))


def _rows(column, table, source: str):
    of_source = select(Article.id).join(Source).where(Source.key == source)
    return select(column).where(table.stage == "fetch", table.subject_id.in_(of_source))


def peak_kb(pid: int) -> int:
    """The most memory that a process ever held."""
    return int(re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0])
