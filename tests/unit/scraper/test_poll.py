"""A poll of every feed of a source, with a press that is faked."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest

from services.scraper.poll import FEED_MAX_BYTES, TIME_MOST_S, poll
from shared.contracts import FeedRequest, PolledFeed, SourceRequest
from shared.errors import Postponed, Retryable, StageOutcome, Unprocessable
from shared.web.client import Answer, HttpRetryable, HttpUnprocessable

SITE = "https://courrier.example"


def rss(*names: str) -> bytes:
    rows = "".join(f"<item><title>{name}</title><link>{SITE}/{name}</link></item>" for name in names)
    return f'<rss version="2.0"><channel>{rows}</channel></rss>'.encode()


def sitemap(*names: str) -> bytes:
    return ("<urlset>" + "".join(f"<url><loc>{SITE}/{name}</loc></url>" for name in names) + "</urlset>").encode()


def index(*names: str) -> bytes:
    rows = "".join(f"<sitemap><loc>{SITE}/{name}</loc></sitemap>" for name in names)
    return f"<sitemapindex>{rows}</sitemapindex>".encode()


class FakePress:
    """Answers by path, with bytes, an answer, an error, or several of them in turn; time passes when it is told to."""

    def __init__(self, **answers: object) -> None:
        self.answers = {f"/{name}": given if isinstance(given, list) else [given] for name, given in answers.items()}
        self.asked: list[str] = []
        self.wishes: list[dict[str, object]] = []
        self.slept: list[float] = []
        self.now = 0.0
        self.takes_s = 0.0

    def get(self, url: str, **wishes: object) -> Answer:
        path = url.removeprefix(SITE)
        self.asked.append(path)
        self.wishes.append(wishes)
        self.now += self.takes_s
        given = self.answers[path]
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, StageOutcome):
            raise answer
        return Answer(url, 200, answer, etag='"new"') if isinstance(answer, bytes) else answer

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def poll(self, *feeds: str, **validators: str):
        requests = tuple(FeedRequest(number, f"{SITE}/{name}", **validators) for number, name in enumerate(feeds, 1))
        return poll(SourceRequest(3, requests), self.get, self.sleep, lambda: self.now)


def in_seconds(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def names_of(answer: PolledFeed) -> list[str]:
    return [entry.url.removeprefix(f"{SITE}/") for entry in answer.entries]


def test_every_feed_is_asked_in_order_and_its_entries_told() -> None:
    press = FakePress(a=rss("1", "2"), b=rss("3"))
    polled = press.poll("a", "b")
    assert press.asked == ["/a", "/b"]
    assert [(answer.feed_id, names_of(answer)) for answer in polled.feeds] == [(1, ["1", "2"]), (2, ["3"])]
    assert (polled.source_id, polled.feeds[0].status, polled.feeds[0].etag) == (3, 200, '"new"')


def test_validators_are_sent_and_a_304_keeps_them() -> None:
    press = FakePress(a=Answer(f"{SITE}/a", 304, b""))
    polled = press.poll("a", etag='"1"', last_modified="yesterday")
    assert (press.wishes[0]["etag"], press.wishes[0]["last_modified"]) == ('"1"', "yesterday")
    assert polled.feeds == (PolledFeed(1, 304, '"1"', "yesterday"),)


def test_a_feed_is_asked_for_within_limits() -> None:
    press = FakePress(a=rss("1"))
    press.poll("a")
    assert press.wishes[0]["max_bytes"] == FEED_MAX_BYTES
    assert "application/rss+xml" in str(press.wishes[0]["accept"])
    assert press.wishes[0]["deadline_s"] == 30.0


def test_a_permanent_move_is_told() -> None:
    press = FakePress(a=Answer(f"{SITE}/b", 200, rss("1"), location_permanent=f"{SITE}/b"))
    assert press.poll("a").feeds[0].moved_to == f"{SITE}/b"


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (HttpUnprocessable(404, "not_found", "x: HTTP 404"), 404, "not_found: x: HTTP 404"),
        (HttpRetryable(503, "server_error", "x: HTTP 503", 60), 503, "server_error: x: HTTP 503"),
        (Retryable("dns_failed", "no such host"), 0, "dns_failed: no such host"),
        (Unprocessable("robots", "forbidden"), 0, "robots: forbidden"),
        (Retryable("bad_answer", "x" * 1000), 0, f"bad_answer: {'x' * 488}"),
    ],
)
def test_a_feed_that_fails_is_told_and_does_not_lose_the_others(error, status: int, told: str) -> None:
    press = FakePress(a=error, b=rss("1"))
    failed, good = press.poll("a", "b").feeds
    assert (failed.feed_id, failed.status, failed.error, failed.entries) == (1, status, told, ())
    assert (good.error, names_of(good)) == (None, ["1"])


def test_a_source_whose_every_feed_fails_is_told_too_for_it_must_be_polled_again() -> None:
    press = FakePress(a=Retryable("timeout"), b=Unprocessable("not_found"))
    assert [answer.error for answer in press.poll("a", "b").feeds] == ["timeout", "not_found"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "not_a_feed"),
        (b"garbage", "bad_feed"),
        (b"", "bad_feed"),
        (gzip.compress(rss("1"))[:-12], "bad_answer"),
        (gzip.compress(b" " * 11_000_000), "too_large"),
    ],
)
def test_what_is_no_feed_is_an_error_of_that_feed(content: bytes, reason: str) -> None:
    bad, good = FakePress(a=content, b=rss("1")).poll("a", "b").feeds
    assert str(bad.error).partition(":")[0] == reason
    assert names_of(good) == ["1"]


# --- turns ----------------------------------------------------------------------------------------------------------
def test_a_feed_waits_for_its_turn_within_the_poll() -> None:
    press = FakePress(a=[Postponed("host_busy", in_seconds(5)), rss("1")], b=rss("2"))
    polled = press.poll("a", "b")
    assert [names_of(answer) for answer in polled.feeds] == [["1"], ["2"]]
    assert press.slept == [pytest.approx(5, abs=0.5)]


def test_a_clock_behind_the_database_s_does_not_spin() -> None:
    press = FakePress(a=[*[Postponed("host_busy", in_seconds(-60))] * 3, rss("1")])
    press.poll("a")
    assert press.slept == [0.1, 0.1, 0.1]


def test_a_feed_whose_turn_is_far_is_left_out_and_is_no_failure() -> None:
    press = FakePress(a=Postponed("host_busy", in_seconds(600)), b=rss("1"))
    assert [answer.feed_id for answer in press.poll("a", "b").feeds] == [2]
    assert press.slept == []


def test_a_poll_is_put_off_to_the_first_turn_if_none_has_come() -> None:
    soon = in_seconds(300)
    press = FakePress(a=Postponed("host_busy", in_seconds(600)), b=Postponed("host_busy", soon))
    with pytest.raises(Postponed) as caught:
        press.poll("a", "b")
    assert caught.value.until == soon


def test_a_poll_ends_in_its_time_and_leaves_the_rest_to_the_next() -> None:
    press = FakePress(**{name: rss(name) for name in "abcdefgh"})
    press.takes_s = 12
    assert [answer.feed_id for answer in press.poll(*"abcdefgh").feeds] == [1, 2, 3, 4]
    assert press.now <= TIME_MOST_S
    deadlines = [wish["deadline_s"] for wish in press.wishes]
    assert deadlines == [30.0, 30.0, pytest.approx(TIME_MOST_S - 24), pytest.approx(TIME_MOST_S - 36)]


def test_waiting_for_turns_counts_as_time() -> None:
    press = FakePress(**{name: [Postponed("host_busy", in_seconds(20)), rss(name)] for name in "abc"})
    assert [answer.feed_id for answer in press.poll(*"abc").feeds] == [1, 2]


# --- sitemaps -------------------------------------------------------------------------------------------------------
def test_a_sitemap_plain_or_gzipped_is_a_feed() -> None:
    press = FakePress(a=sitemap("1"), b=gzip.compress(sitemap("2")), c=gzip.compress(rss("3")))
    polled = press.poll("a", "b", "c")
    assert [names_of(answer) for answer in polled.feeds] == [["1"], ["2"], ["3"]]
    assert polled.feeds[0].etag == '"new"'


def test_of_an_index_the_two_first_sitemaps_are_read_and_no_validators_kept() -> None:
    press = FakePress(a=index("x", "y", "z"), x=sitemap("1", "2"), y=gzip.compress(sitemap("2", "3")))
    (answer,) = press.poll("a").feeds
    assert press.asked == ["/a", "/x", "/y"]
    assert (names_of(answer), answer.etag) == (["1", "2", "3"], None)


def test_an_index_of_a_slow_host_tells_what_it_has_or_the_remedy() -> None:
    late = Postponed("host_busy", in_seconds(60))
    (answer,) = FakePress(a=index("x", "y"), x=sitemap("1"), y=late).poll("a").feeds
    assert names_of(answer) == ["1"]
    (answer,) = FakePress(a=index("x", "y"), x=late).poll("a").feeds
    assert answer.error == f"slow_index: {SITE}/x came too late: make it a feed in place of its index"


def test_an_index_whose_sitemap_fails_is_an_error() -> None:
    (answer,) = FakePress(a=index("x"), x=HttpUnprocessable(404, "not_found", "gone")).poll("a").feeds
    assert (answer.status, answer.error) == (404, "not_found: gone")


def test_dates_are_read_in_the_zone_of_the_source() -> None:
    content = f"<urlset><url><loc>{SITE}/1</loc><lastmod>2026-11-24 10:30</lastmod></url></urlset>".encode()
    request = SourceRequest(3, (FeedRequest(1, f"{SITE}/a"),), time_zone="Africa/Algiers")
    polled = poll(request, FakePress(a=content).get)
    assert polled.feeds[0].entries[0].updated_at == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def test_a_source_without_feeds_has_nothing_to_tell() -> None:
    assert FakePress().poll().feeds == ()
