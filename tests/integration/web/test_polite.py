"""A polite GET against a real server: its robots.txt, its pace, its wish for peace, and workers that share all that."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asker import ask_all
from loopback import LoopbackServer
from servers import python_process
from sqlalchemy import select

from shared.db import read_session, write_session
from shared.errors import Postponed, Retryable, StageOutcome, Unprocessable
from shared.ledger_models import Host
from shared.settings import ROOT, settings
from shared.web import polite
from shared.web.pace import host_of
from shared.web.polite import polite_get

FORBIDS = b"User-agent: *\nDisallow: /private/\n"


def reason_of(url: str, kind: type[StageOutcome], pace_s: float = 0.0, **wishes: object) -> str:
    with pytest.raises(kind) as caught:
        polite_get(url, pace_s=pace_s, **wishes)
    return caught.value.reason


def set_host(press: LoopbackServer, **columns: object) -> None:
    with write_session() as session:
        host = session.scalars(select(Host).where(Host.name == host_of(press.url()))).one()
        for name, value in columns.items():
            setattr(host, name, value)


def left_alone_s(press: LoopbackServer) -> float:
    with read_session() as session:
        next_at = session.scalar(select(Host.next_at).where(Host.name == host_of(press.url())))
    return (next_at - datetime.now(UTC)).total_seconds() if next_at else 0.0


def test_a_page_comes_after_the_rules_of_its_host_which_are_asked_for_once(press, reply) -> None:
    press.answers["/robots.txt"] = reply(200, FORBIDS)
    press.answers["/a"] = reply(200, b"here", etag='"1"')
    assert polite_get(press.url("/a"), pace_s=0).content == b"here"
    polite_get(press.url("/a"), pace_s=0, etag='"1"', referer=press.url("/"))
    assert press.paths == ["/robots.txt", "/a", "/a"]
    assert (press.header("If-None-Match"), press.header("Referer")) == ('"1"', press.url("/"))
    assert press.header("User-Agent") == settings().user_agent


def test_what_the_rules_forbid_is_not_asked_for(press, reply) -> None:
    press.answers["/robots.txt"] = reply(200, FORBIDS)
    assert reason_of(press.url("/private/a"), Unprocessable) == "robots"
    assert press.paths == ["/robots.txt"]


def test_a_redirect_is_held_to_the_rules_of_where_it_leads(press, reply, set_settings) -> None:
    other = LoopbackServer()
    set_settings(private_addresses=f"127.0.0.1:{press.port},127.0.0.1:{other.port}")
    other.answers["/robots.txt"] = reply(200, FORBIDS)
    other.answers["/open"] = reply(200, b"there")
    press.answers["/a"] = reply(302, location=other.url("/open"))
    press.answers["/b"] = reply(302, location=other.url("/private/b"))
    assert polite_get(press.url("/a"), pace_s=0).content == b"there"
    assert reason_of(press.url("/b"), Unprocessable) == "robots"
    assert other.paths == ["/robots.txt", "/open"]
    other.close()


def test_rules_that_cannot_be_had_put_everything_off(press, reply) -> None:
    press.answers["/robots.txt"] = reply(503)
    assert reason_of(press.url("/a"), Retryable) == "robots_unreachable"
    assert press.paths == ["/robots.txt"]


def test_rules_of_yesterday_are_asked_for_again(press, reply) -> None:
    press.answers["/robots.txt"] = reply(404)
    press.answers["/private/a"] = reply(200, b"here")
    polite_get(press.url("/private/a"), pace_s=0)
    press.answers["/robots.txt"] = reply(200, FORBIDS)
    set_host(press, robots_at=datetime.now(UTC) - timedelta(hours=25))
    assert reason_of(press.url("/private/a"), Unprocessable) == "robots"


def test_old_rules_hold_while_new_ones_cannot_be_had_and_are_asked_for_each_ten_minutes(press, reply) -> None:
    press.answers["/robots.txt"] = reply(200, FORBIDS)
    press.answers["/a"] = reply(200, b"here")
    polite_get(press.url("/a"), pace_s=0)
    press.answers["/robots.txt"] = reply(500)
    set_host(press, robots_at=datetime.now(UTC) - timedelta(hours=25))
    assert polite_get(press.url("/a"), pace_s=0).content == b"here"
    assert reason_of(press.url("/private/a"), Unprocessable) == "robots"
    assert press.paths.count("/robots.txt") == 2
    with read_session() as session:
        age = datetime.now(UTC) - session.scalars(select(Host.robots_at)).one()
    assert timedelta(hours=23, minutes=49) < age < timedelta(hours=24)


@pytest.mark.parametrize(
    ("answer", "reason", "least", "most"),
    [
        ({"status": 429, "retry_after": "600"}, "rate_limited", 590, 601),
        ({"status": 503, "retry_after": "600"}, "server_error", 590, 601),
        ({"status": 429}, "rate_limited", 20, 31),
        ({"status": 500}, "server_error", -1, 0),
    ],
)
def test_a_host_that_asks_for_peace_gets_it_at_any_pace(press, reply, answer, reason, least, most) -> None:
    press.answers["/a"] = reply(**answer)
    press.answers["/b"] = reply(200, b"here")
    assert reason_of(press.url("/a"), Retryable) == reason
    assert least <= left_alone_s(press) <= most
    if most > 0:
        assert reason_of(press.url("/b"), Postponed) == "host_busy"
        assert reason_of(press.url("/b"), Postponed, pace_s=0.1, is_urgent=True) == "host_busy"
        assert "/b" not in press.paths
    else:
        assert polite_get(press.url("/b"), pace_s=0).content == b"here"


def test_peace_goes_to_the_host_that_asked_for_it_not_to_who_led_there(press, reply, set_settings) -> None:
    other = LoopbackServer()
    set_settings(private_addresses=f"127.0.0.1:{press.port},127.0.0.1:{other.port}")
    press.answers["/a"] = reply(302, location=other.url("/a"))
    other.answers["/a"] = reply(429, retry_after="600")
    assert reason_of(press.url("/a"), Retryable) == "rate_limited"
    assert left_alone_s(press) <= 0
    assert left_alone_s(other) > 590
    other.close()


def test_a_slow_host_is_asked_the_more_seldom(press, reply, monkeypatch) -> None:
    monkeypatch.setattr(polite, "SLOW_S", 0.05)

    def late(connection, stopping: threading.Event) -> None:
        stopping.wait(0.3)
        connection.sendall(reply(200, b"here", connection="close"))

    press.answers["/robots.txt"] = reply(404)
    press.answers["/a"] = late
    polite_get(press.url("/a"), pace_s=0.01)
    assert 0.5 < left_alone_s(press) <= 0.9 + 1
    set_host(press, next_at=None)
    polite_get(press.url("/a"), pace_s=0)
    assert left_alone_s(press) <= 0


def test_a_crawl_delay_wider_than_our_pace_is_kept(press, reply) -> None:
    press.answers["/robots.txt"] = reply(200, b"User-agent: *\nCrawl-delay: 30\n")
    press.answers["/a"] = reply(200, b"here")
    polite_get(press.url("/a"), pace_s=0)
    with pytest.raises(Postponed) as caught:
        polite_get(press.url("/b"), pace_s=0.1)
    assert 25 < (caught.value.until - datetime.now(UTC)).total_seconds() <= 31


def test_the_limits_of_a_page_are_the_settings_unless_given(press, reply, set_settings) -> None:
    set_settings(private_addresses=f"127.0.0.1:{press.port}", page_max_bytes=1000, database_url=settings().database)
    press.answers["/a"] = reply(200, b"x" * 1001)
    assert reason_of(press.url("/a"), Unprocessable) == "too_large"
    assert len(polite_get(press.url("/a"), pace_s=0, max_bytes=1001).content) == 1001


def test_rules_pages_and_redirects_of_one_host_are_a_pace_apart(press, reply) -> None:
    press.answers["/a"] = reply(302, location="/b")
    press.answers["/b"] = reply(200, b"here")
    assert polite_get(press.url("/a"), pace_s=0.4).content == b"here"
    assert press.paths == ["/robots.txt", "/a", "/b"]
    assert min(press.gaps()) >= 0.3


def test_threads_and_processes_share_one_pace(press, reply, tmp_path: Path) -> None:
    pace_s, share = 0.25, 4
    addresses = [f"/{number}" for number in range(3 * share)]
    press.answers = {"/robots.txt": reply(404)} | {path: reply(200, b"x") for path in addresses}
    environment = {
        "PYTHONPATH": str(ROOT),
        "KIOSQUE_DATABASE_URL": settings().database,
        "KIOSQUE_PRIVATE_ADDRESSES": ",".join(settings().private_addresses),
    }
    urls = [press.url(path) for path in addresses]
    script, log = str(Path(__file__).parents[2] / "asker.py"), tmp_path / "asker.log"
    with (
        python_process(script, str(pace_s), *urls[:share], environment=environment, log=log) as one,
        python_process(script, str(pace_s), *urls[share : 2 * share], environment=environment, log=log) as two,
    ):
        ask_all(urls[2 * share :], pace_s)
        assert (one.wait(60), two.wait(60)) == (0, 0), log.read_text()
    assert sorted(press.paths) == sorted([*addresses, *["/robots.txt"] * press.paths.count("/robots.txt")])
    # on a busy machine one may be late, and the next then follows closely; three apart are thrice as fast
    gaps = press.gaps()
    assert min(sum(gaps[start : start + 4]) for start in range(len(gaps) - 3)) >= 4 * pace_s * 0.6
    assert sum(gaps) >= pace_s * len(gaps) * 0.95
