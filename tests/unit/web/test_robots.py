"""robots.txt: fetched, and read as RFC 9309 says."""

import pytest

from shared.errors import Retryable, Unprocessable
from shared.web import client as web
from shared.web.robots import ROBOTS_MAX_BYTES, crawl_delay, fetch_robots, is_allowed, product_token, robots_url

AGENT = "Kiosque/0.1 (+https://example.org/kiosque; news portal)"
RULES = """
User-agent: *
Disallow: /admin/
Crawl-delay: 7

User-agent: Kiosque
Disallow: /private/
Allow: /private/open.html
Crawl-delay: 2.5

User-agent: Other
Disallow: /
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", True), ("/private/", False), ("/private/a.html", False), ("/private/open.html", True),
        ("/admin/", True),  # our own group stands in place of the one for all
        ("/%70rivate/a", False),  # the same path, escaped without need
    ],
)  # fmt: skip
def test_our_own_group_holds_for_us(path: str, expected: bool) -> None:
    assert is_allowed(RULES, f"https://courrier.example{path}", AGENT) is expected


@pytest.mark.parametrize(("path", "expected"), [("/admin/", False), ("/private/", True)])
def test_the_group_for_all_holds_for_who_has_none(path: str, expected: bool) -> None:
    assert is_allowed(RULES, f"https://courrier.example{path}", "Lecteur/2.0") is expected


def test_a_group_for_a_word_of_our_description_is_not_ours() -> None:
    assert is_allowed("User-agent: news\nDisallow: /", "https://courrier.example/a", AGENT)


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?page=1", True),
        ("User-agent: *\nDisallow: /*/feed/", "/rabat/feed/", False),
        ("User-agent: *\nDisallow: /أخبار/", "/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1/1", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("", "/a", True),
        ("what is this", "/a", True),
    ],
)
def test_patterns_are_read_as_the_standard_has_them(rules: str, path: str, expected: bool) -> None:
    assert is_allowed(rules, f"https://courrier.example{path}", AGENT) is expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (RULES, 2.5),
        ("User-agent: *\nCrawl-delay: 7", 7.0),
        ("User-agent: *\nCrawl-delay: 86400", 60.0),
        ("User-agent: *\nCrawl-delay: soon", None),
        ("User-agent: *\nDisallow: /", None),
        ("", None),
    ],
)
def test_a_crawl_delay_is_a_minute_at_most(rules: str, expected: float | None) -> None:
    assert crawl_delay(rules, AGENT) == expected


@pytest.mark.parametrize(("agent", "token"), [(AGENT, "Kiosque"), ("Kiosque", "Kiosque"), ("", "*"), ("/", "*")])
def test_a_robot_is_known_by_its_first_word(agent: str, token: str) -> None:
    assert product_token(agent) == token


def test_the_rules_of_a_host_are_at_its_root() -> None:
    assert robots_url("https://courrier.example:8443/a/b?c#d") == "https://courrier.example:8443/robots.txt"


def test_rules_are_fetched_whole(press, reply) -> None:
    press.answers["/robots.txt"] = reply(200, b"\xef\xbb\xbfUser-agent: *\nDisallow: /a\0", content_type="text/plain")
    fetched = fetch_robots(press.url("/x/y"))
    assert (fetched.host, fetched.status, fetched.text) == (press.url(""), 200, "User-agent: *\nDisallow: /a")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_host_without_rules_allows_everything(press, reply, status: int) -> None:
    press.answers["/robots.txt"] = reply(status, b"Disallow: /")
    fetched = fetch_robots(press.url("/x"))
    assert (fetched.status, fetched.text) == (status, "")


def test_a_page_in_place_of_the_rules_allows_everything(press, reply) -> None:
    press.answers["/robots.txt"] = reply(200, b"\n <!doctype html><p>User-agent: *\nDisallow: /")
    assert fetch_robots(press.url("/x")).text == ""


@pytest.mark.parametrize("status", [500, 501, 503, 599])
def test_a_host_whose_rules_cannot_be_had_now_is_asked_later(press, reply, status: int) -> None:
    press.answers["/robots.txt"] = reply(status, retry_after="7")
    with pytest.raises(Retryable) as caught:
        fetch_robots(press.url("/x"))
    assert (caught.value.reason, web.status_of(caught.value)) == ("robots_unreachable", status)


def test_the_time_that_a_host_asks_for_is_passed_on(press, reply) -> None:
    press.answers["/robots.txt"] = reply(503, retry_after="7")
    with pytest.raises(Retryable) as caught:
        fetch_robots(press.url("/x"))
    assert caught.value.delay_s == 7


def test_too_many_questions_are_no_leave(press, reply) -> None:
    press.answers["/robots.txt"] = reply(429)
    with pytest.raises(Retryable) as caught:
        fetch_robots(press.url("/x"))
    assert caught.value.reason == "rate_limited"


def test_five_redirects_of_the_rules_are_followed_and_more_mean_none(press, reply) -> None:
    for hop in range(1, 6):
        press.answers[f"/{hop}"] = reply(302, location=f"/{hop + 1}")
    press.answers["/6"] = reply(200, b"User-agent: *\nDisallow: /")
    press.answers["/robots.txt"] = reply(301, location="/2")
    assert fetch_robots(press.url("/x")).text == "User-agent: *\nDisallow: /"
    press.answers["/robots.txt"] = reply(301, location="/1")
    fetched = fetch_robots(press.url("/x"))
    assert (fetched.status, fetched.text) == (0, "")


def test_rules_without_end_are_cut(press, reply) -> None:
    press.answers["/robots.txt"] = reply(200, b"User-agent: *\nDisallow: /a\n" + b"#" * 2_000_000)
    text = fetch_robots(press.url("/x")).text
    assert len(text) == ROBOTS_MAX_BYTES
    assert not is_allowed(text, press.url("/a"), AGENT)


def test_the_rules_of_a_private_address_are_not_asked_for(press, set_settings) -> None:
    set_settings(private_addresses="")
    with pytest.raises(Unprocessable, match="bad_port"):
        fetch_robots(press.url("/x"))
    assert press.connections == 0
