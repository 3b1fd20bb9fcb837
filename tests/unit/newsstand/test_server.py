"""The newsstand over HTTP, asked by Kiosque's own client: what is served, validators, and every misbehaviour."""

import contextlib
import json
import socket
import urllib.error
import urllib.request

import pytest
from newsstand_press import Press, newsstand_press
from servers import wait_until

from services.newsstand.server import Server, TakenAddressError
from services.scraper.fetch import fetch
from services.scraper.poll import poll
from shared.contracts import FeedRequest, PageRequest, SourceRequest
from shared.errors import Retryable, StageOutcome, Unprocessable
from shared.web import client
from shared.web.robots import fetch_robots, is_allowed

PHARE = "/courrier-du-littoral/culture/phare.html"
FEED = "/courrier-du-littoral/rss.xml"


@pytest.fixture
def press(article_folder, set_settings):
    """The tiny press on a port that the settings allow to be reached."""
    with newsstand_press(article_folder) as press:
        set_settings(private_addresses=press.address, fetch_timeout_s=20)
        yield press


@pytest.fixture
def ask(press):
    """GET a path as Kiosque does."""

    def send(path: str, **options) -> client.Answer:
        return client.send(client.Request(press.url + path, **({"max_bytes": 1_000_000} | options)))

    return send


def failure(ask, path: str, **options) -> StageOutcome:
    with pytest.raises((Retryable, Unprocessable)) as caught:
        ask(path, **options)
    return caught.value


def control(press: Press, method: str, path: str, row: object = None) -> tuple[int, object]:
    request = urllib.request.Request(press.url + path, method=method, data=json.dumps(row).encode() if row else None)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def open_request(press: Press, path: str) -> socket.socket:
    """A connection with a request sent and nothing read."""
    host, _, port = press.address.rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def test_the_scraper_polls_and_fetches_all_four_papers(press):
    def get(url: str, **options) -> client.Answer:
        wanted = {name: options[name] for name in ("accept", "etag", "last_modified") if name in options}
        return client.send(client.Request(url, max_bytes=1_000_000, **wanted))

    for row in press.source_rows():
        stories = press.stories(row["key"])
        (polled,) = poll(SourceRequest(1, (FeedRequest(7, row["feeds"][0]),), 0.0, row["time_zone"]), get).feeds
        assert [entry.url for entry in polled.entries] == [press.address_of(story) for story in stories]
        again = FeedRequest(7, row["feeds"][0], polled.etag, polled.last_modified)
        assert poll(SourceRequest(1, (again,), 0.0), get).feeds[0].status == 304
        for entry, story in zip(polled.entries, stories, strict=True):
            page = fetch(PageRequest(3, entry.url), get)
            assert story.article.paragraphs[-1] in page.content.decode()
            assert fetch(PageRequest(3, entry.url, page.etag, page.last_modified), get) is None


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/courrier-du-littoral/", "text/html; charset=utf-8"),
        ("/courrier-du-littoral/economie/", "text/html; charset=utf-8"),
        ("/courrier-du-littoral/economie/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/courrier-du-littoral/revue/", "text/html; charset=utf-8"),
        ("/courrier-du-littoral/defi/ministre", "text/html; charset=utf-8"),
        ("/courrier-du-littoral/recherche?q=lampe", "text/html; charset=utf-8"),
        ("/courrier-du-littoral/a-propos", "text/html; charset=utf-8"),
        ("/courrier-du-littoral/style.css", "text/css; charset=utf-8"),
        ("/courrier-du-littoral/emblem.png", "image/png"),
        ("/courrier-du-littoral/pixel.gif", "image/gif"),
        ("/courrier-du-littoral/sitemap-news.xml", "application/xml; charset=utf-8"),
        ("/sahifat-al-atlas/%D8%B7%D9%82%D8%B3/thalj/", "text/html; charset=utf-8"),
        ("/sahifat-al-atlas/feed/", "text/xml; charset=utf-8"),
        ("/el-faro-del-estrecho/atom.xml", "application/atom+xml; charset=utf-8"),
        ("/maghreb-ledger/feeds/latest.atom", "application/atom+xml"),
    ],
)
def test_everything_that_a_paper_has_is_served_and_not_sent_twice(ask, path, media_type):
    answer = ask(path)
    assert (answer.status, answer.content_type) == (200, media_type)
    assert ask(path, etag=answer.etag).status == 304
    assert ask(path, last_modified=answer.last_modified).status == 304
    assert ask(path, etag='"other"').status == 200


@pytest.mark.parametrize("path", ["/nothing", "/le-monde/", "/sahifat-al-atlas/sitemap-news.xml", "/moved/nothing"])
def test_what_is_not_there_is_not_found(ask, path):
    assert failure(ask, path).reason == "not_found"


@pytest.mark.parametrize("path", ["/courrier-du-littoral", "/sahifat-al-atlas/%D8%B7%D9%82%D8%B3/thalj"])
def test_an_address_without_its_last_slash_leads_to_the_one_with_it(ask, press, path):
    assert ask(path).url == f"{press.url}{path}/"


def test_robots_allows_articles_and_feeds_and_forbids_the_rest(press, ask):
    rules = fetch_robots(press.url).text
    agent = "Kiosque/0.1"
    for story in press.stories():
        assert is_allowed(rules, press.address_of(story), agent)
        assert is_allowed(rules, press.url + story.picture_path, agent)
    for path in (
        "/admin/",
        "/courrier-du-littoral/admin/x",
        "/recherche",
        "/maghreb-ledger/recherche?q=x",
        "/-/faults",
    ):
        assert not is_allowed(rules, press.url + path, agent), path
    assert failure(ask, "/courrier-du-littoral/admin/x").reason == "forbidden"


def test_robots_can_be_replaced(article_folder, set_settings):
    with newsstand_press(article_folder, robots="User-agent: *\nDisallow: /\n") as press:
        set_settings(private_addresses=press.address)
        assert not is_allowed(fetch_robots(press.url).text, press.url + PHARE, "Kiosque")


def test_addresses_in_pages_and_feeds_are_those_that_the_reader_came_by(press):
    for path in (FEED, PHARE, "/courrier-du-littoral/sitemap-news.xml", "/robots.txt"):
        request = urllib.request.Request(press.url + path, headers={"Host": "kiosk.example:99"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read().decode()
        assert "http://kiosk.example:99/courrier-du-littoral/" in text
        assert press.address not in text


def test_the_edit_changes_page_feed_and_their_validators(press, ask):
    before = {path: ask(path) for path in (PHARE, FEED)}
    press.edit()
    for path, answer in before.items():
        changed = ask(path, etag=answer.etag, last_modified=answer.last_modified)
        assert changed.status == 200
        assert "éteint de nouveau" in changed.content.decode()
        assert changed.last_modified != answer.last_modified


def test_every_request_is_written_down(press, ask):
    ask(PHARE)
    ask("/sahifat-al-atlas/%D8%B7%D9%82%D8%B3/thalj/", etag='"x"')
    failure(ask, "/nothing?q=1")
    assert [(visit.path, visit.status, visit.is_conditional) for visit in press.requests] == [
        (PHARE, 200, False),
        ("/sahifat-al-atlas/%D8%B7%D9%82%D8%B3/thalj/", 200, True),
        ("/nothing?q=1", 404, False),
    ]
    assert {visit.user_agent.partition("/")[0] for visit in press.requests} == {"Kiosque"}
    assert press.requests[0].at < press.requests[1].at
    assert len(press.requests_for("/sahifat-al-atlas/طقس/thalj/")) == len(press.requests_for("/nothing")) == 1


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("403", "forbidden"), ("404", "not_found"), ("410", "gone"), ("429", "rate_limited"), ("500", "server_error")],
)
def test_an_http_error_comes_as_often_as_it_was_asked_for(press, ask, kind, reason):
    press.faults.add(PHARE, kind, times=2)
    assert [failure(ask, PHARE).reason for _ in range(2)] == [reason, reason]
    assert ask(PHARE).status == 200
    assert [visit.fault for visit in press.requests] == [kind, kind, ""]


def test_503_says_when_to_come_back(press, ask):
    press.faults.add(PHARE, "503", retry_after=7)
    error = failure(ask, PHARE)
    assert (error.reason, error.delay_s) == ("server_error", 7.0)


def test_304_comes_to_those_who_have_nothing_too(press, ask):
    press.faults.add(PHARE, "304")
    assert failure(ask, PHARE).reason == "bad_answer"
    assert ask(PHARE, etag='"old"').status == 304


@pytest.mark.parametrize("path", [PHARE, FEED, "/sahifat-al-atlas/%D8%B7%D9%82%D8%B3/thalj/"])
def test_what_has_moved_is_the_same_at_its_new_address(press, ask, path):
    before = ask(path)
    press.faults.add(path, "moved")
    answer = ask(path)
    assert answer.location_permanent == answer.url == f"{press.url}/moved{path}"
    assert answer.content == before.content


def test_garbage_calls_itself_what_was_asked_for(press, ask):
    press.faults.add(FEED, "garbage")
    answer = ask(FEED)
    assert answer.content_type.startswith("application/rss+xml")
    assert answer.content == ask(FEED).content
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode()


def test_what_is_huge_is_longer_than_any_limit(press, ask):
    press.faults.add(PHARE, "huge")
    assert failure(ask, PHARE, max_bytes=10_000_000).reason == "too_large"


def test_a_reset_connection_breaks_off_in_the_middle(press):
    press.faults.add(PHARE, "reset")
    received: list[bytes] = []
    with open_request(press, PHARE) as connection, pytest.raises(ConnectionResetError):
        received.extend(iter(lambda: connection.recv(65_536), b""))
    assert b"</html>" not in b"".join(received)


@pytest.mark.parametrize("kind", ["slow", "drip"])
def test_an_answer_that_dawdles_outlasts_its_readers_patience(press, ask, set_settings, kind):
    press.faults.add(PHARE, kind, seconds=600)
    set_settings(private_addresses=press.address, fetch_timeout_s=0.5)
    assert failure(ask, PHARE).reason == "timeout"


def test_a_slow_answer_is_the_right_one(press, ask):
    before = ask(PHARE)
    press.faults.add(PHARE, "slow", seconds=0.01)
    assert ask(PHARE).content == before.content


def test_a_dripping_answer_is_the_right_one(press, ask):
    before = ask("/robots.txt")
    press.faults.add("/robots.txt", "drip", seconds=0)
    assert ask("/robots.txt").content == before.content


def test_closing_does_not_wait_for_answers_that_dawdle(article_folder):
    with contextlib.ExitStack() as stack, newsstand_press(article_folder) as press:
        press.faults.add(PHARE, "slow", times=1, seconds=3600)
        stack.enter_context(open_request(press, PHARE))
        wait_until(lambda: not press.faults.rows(), what="the request")
        assert press.requests == []
    assert [visit.fault for visit in press.requests] == ["slow"]  # answered at once when it closed


def test_faults_can_be_put_listed_and_cleared_over_http(press, ask):
    status, rows = control(press, "PUT", "/-/faults", {"path": PHARE, "kind": "404", "times": 5})
    assert (status, rows[0]["path"], rows[0]["times"]) == (200, PHARE, 5)
    assert failure(ask, PHARE).reason == "not_found"
    assert control(press, "GET", "/-/faults")[1][0]["times"] == 4
    assert control(press, "DELETE", "/-/faults") == (204, None)
    assert ask(PHARE).status == 200


def test_a_fault_that_is_badly_described_is_refused_over_http(press):
    status, answer = control(press, "PUT", "/-/faults", {"path": PHARE, "kind": "rude"})
    assert status == 400
    assert "kind 'rude' is neither" in answer["error"]


def test_requests_can_be_listed_and_forgotten_over_http(press, ask):
    ask(PHARE)
    ask(FEED)
    assert [row["path"] for row in control(press, "GET", "/-/requests")[1]] == [PHARE, FEED]
    assert [row["status"] for row in control(press, "GET", f"/-/requests?path={FEED}")[1]] == [200]
    assert control(press, "DELETE", "/-/requests") == (204, None)
    assert press.requests == []


def test_the_edit_can_be_made_over_http(press):
    status, answer = control(press, "POST", "/-/edit")
    assert status == 200
    assert answer["edited_at"] == str(press.newsstand.edited_at)


def test_an_address_in_use_is_named_with_the_remedy(press, newsstand):
    host, _, port = press.address.rpartition(":")
    with pytest.raises(TakenAddressError, match=f"{press.address} cannot be listened on .*KIOSQUE_NEWSSTAND_ADDRESS"):
        Server(newsstand, host, int(port))
