"""The task over the real network code: what hosts may do to it, and an article's pictures from page to portal."""

import gzip
import subprocess
import sys
from urllib.parse import quote

import pytest
from drawings import photo
from loopback import reply
from press import add_article, add_source
from stored_pictures import add_image, state_of

from services.moderator import tasks
from services.moderator.tasks import moderate_article, seconds_for_pictures
from shared import blobs
from shared.contracts import ArticleImages, ImageRequest, PageImage
from shared.db import read_session, write_session
from shared.pipeline import MODERATE
from shared.settings import ROOT, child_environment
from shared.store import images
from shared.store.bank import bank_version
from shared.store.decisions import decide_image
from shared.store.stage_runs import FallsDue

WITHOUT_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"


def verdicts(*urls: str, pace_s: float = 0.0) -> dict[str, tuple[str, str]]:
    """State and reason by address."""
    requests = tuple(ImageRequest(url, "https://courrier.example/1", pace_s) for url in urls)
    return {one.url: (one.state, one.reason) for one in moderate_article(ArticleImages(1, requests)).verdicts}


def ask(host, answers: dict[str, object]) -> dict[str, tuple[str, str]]:
    """The verdicts on a host's answers, by path."""
    host.answers.update(answers)
    found = verdicts(*(host.url(path) for path in answers))
    return {path: found[host.url(path)] for path in answers}


def test_whatever_length_a_host_claims_half_a_picture_is_none(host):
    content = photo()
    assert ask(host, {
        "/right": reply(body=content),
        "/missing": WITHOUT_LENGTH + content,
        "/too-small": reply(body=content, content_length=str(len(content) - 500)),
        "/too-large": reply(body=content, content_length=str(len(content) + 500), connection="close"),
    }) == {
        "/right": ("visible", ""),
        "/missing": ("visible", ""),
        "/too-small": ("unavailable", "truncated"),
        "/too-large": ("pending", "bad_answer"),
    }  # fmt: skip


def test_a_picture_over_the_limit_is_refused_with_and_without_a_length(host, set_settings):
    set_settings(image_max_bytes=20_000)
    large = b"\xff\xd8" + b"\0" * 50_000

    def endless(connection, ending):
        connection.sendall(WITHOUT_LENGTH)
        while not ending.is_set():
            connection.sendall(b"\0" * 65_536)

    answers = {"/large": reply(body=large), "/lengthless": WITHOUT_LENGTH + large, "/endless": endless}
    assert set(ask(host, answers).values()) == {("unavailable", "too_large")}


def test_a_host_that_drips_is_given_up_for_now(host, set_settings):
    set_settings(fetch_timeout_s=0.3)

    def drip(connection, ending):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not ending.wait(0.05):
            connection.sendall(b"\xff")

    assert ask(host, {"/drip": drip}) == {"/drip": ("pending", "timeout")}


def test_an_encoded_picture_is_refused_unread(host):
    bomb = gzip.compress(b"\0" * 5_000_000)
    assert ask(host, {"/bomb": reply(body=bomb, content_encoding="gzip")}) == {"/bomb": ("unavailable", "bad_encoding")}
    assert host.header("Accept-Encoding") == "identity"


def test_what_a_host_answers_in_place_of_a_picture_becomes_the_reason(host):
    assert ask(host, {
        "/captcha": reply(body=b"<!doctype html><title>Are you human?</title>", content_type="text/html"),
        "/empty": reply(),
        "/401": reply(401),
        "/403": reply(403),
        "/404": reply(404),
        "/410": reply(410),
        "/500": reply(500),
        "/503": reply(503),
        "/429": reply(429),  # the last: the host is left alone then
    }) == {
        "/captcha": ("unavailable", "not_an_image"),
        "/empty": ("unavailable", "not_an_image"),
        "/401": ("unavailable", "forbidden"),
        "/403": ("unavailable", "forbidden"),
        "/404": ("unavailable", "not_found"),
        "/410": ("unavailable", "gone"),
        "/429": ("pending", "rate_limited"),
        "/500": ("pending", "server_error"),
        "/503": ("pending", "server_error"),
    }  # fmt: skip


def test_redirects_are_followed_three_times_and_nowhere_inside(host):
    def to(target):
        return reply(302, location=target)

    answers = {
        "/0": reply(body=photo()), "/1": to("/0"), "/2": to("/1"), "/3": to("/2"), "/4": to("/3"), "/loop": to("/loop"),
        "/loopback": to("http://127.0.0.1:80/"), "/six": to("http://[::1]/"), "/cloud": to("http://169.254.169.254/"),
        "/redis": to("http://127.0.0.1:6379/"),
        "/file": to("file:///etc/passwd"), "/ftp": to("ftp://127.0.0.1/"), "/data": to("data:image/png;base64,AAAA"),
        "/gopher": to("gopher://127.0.0.1:6379/_FLUSHALL"),
    }  # fmt: skip
    found = ask(host, answers)
    assert {found[f"/{hops}"] for hops in range(4)} == {("visible", "")}
    assert {found["/4"], found["/loop"]} == {("unavailable", "too_many_redirects")}
    inside = ("/loopback", "/six", "/cloud")
    assert {found[path] for path in inside} == {("unavailable", "private_address")}
    assert found["/redis"] == ("unavailable", "bad_port")
    assert {found[path] for path in ("/file", "/ftp", "/data", "/gopher")} == {("unavailable", "bad_url")}


REFUSED = {
    "private_address": [
        "http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/",
        "http://①②⑦.⓪.⓪.①/", "http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/", "http://0.0.0.0/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
        "http://[fec0::1]/", "http://[::127.0.0.1]/", "http://224.0.0.1/",
    ],
    "bad_port": [
        "http://redis:6379/", "http://db:5432/", "http://192.0.2.1:22/", "http://192.0.2.1:25/",
        "http://127.0.0.1:8000/fr/",  # our own portal
    ],
    "bad_url": [
        "http://user:secret@192.0.2.1/", "http://192.0.2.1\\@127.0.0.1/", "http://192.0.2.1/\r\nX: y", "/relative.jpg",
        "http://192.0.2.1/" + "a" * 10_000, "javascript:alert(1)", "data:image/png;base64,AAAA", "http:///", "",
    ],
}  # fmt: skip


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("reason", REFUSED)
def test_addresses_that_nobody_may_be_sent_to_are_refused(reason):
    found = verdicts(*REFUSED[reason])
    assert found == dict.fromkeys(REFUSED[reason], ("unavailable", reason))


def test_addresses_in_arabic_with_spaces_and_with_escapes_work(host):
    paths = ("/صور/ميناء.jpg", "/photo du port.jpg", "/a%20b.jpg", "/é?taille=grande&q=ميناء")
    host.answers.update(dict.fromkeys((quote(path, safe="/%?=&") for path in paths), reply(body=photo())))
    assert set(verdicts(*(host.url(path) for path in paths)).values()) == {("visible", "")}


def test_a_site_that_forbids_its_pictures_to_robots_is_obeyed(host):
    host.answers["/robots.txt"] = reply(body=b"User-agent: *\nDisallow: /private/\n", content_type="text/plain")
    assert ask(host, {"/private/a.jpg": reply(body=photo()), "/b.jpg": reply(body=photo())}) == {
        "/private/a.jpg": ("unavailable", "robots"), "/b.jpg": ("visible", ""),
    }  # fmt: skip


def test_at_a_slow_pace_the_first_picture_is_had_and_the_others_wait_for_their_turns(host):
    paths = ["/a.jpg", "/b.jpg", "/c.jpg"]
    verdicts(host.url("/known.jpg"))  # its robots.txt has had its turn
    host.answers.update(dict.fromkeys(paths, reply(body=photo())))
    requests = tuple(ImageRequest(host.url(path), "", 60.0) for path in paths)
    first, second, third = moderate_article(ArticleImages(1, requests)).verdicts
    assert [(one.state, one.reason) for one in (first, second, third)] == [
        ("visible", ""), ("pending", "host_busy"), ("pending", "host_busy"),
    ]  # fmt: skip
    assert third.until > second.until
    assert host.paths == ["/robots.txt", "/known.jpg", "/a.jpg"]


def test_the_page_is_named_as_the_referer(host):
    ask(host, {"/a.jpg": reply(body=photo())})
    assert host.header("Referer") == "https://courrier.example/1"


def moderate_stored(article_id: int) -> FallsDue:
    """What the stage does: load, work, save."""
    with read_session() as session:
        article = images.load_article_images(session, article_id)
    moderated = moderate_article(article)
    with write_session() as session:
        return images.save_moderated(session, article_id, moderated)


def add_pictured_article(number: int, *urls: str) -> int:
    article_id = add_article(1, number)
    with write_session() as session:
        images.save_page_images(session, article_id, [PageImage(url) for url in urls])
    return article_id


def test_an_article_s_pictures_go_from_the_page_to_the_portal(host):
    host.answers.update({"/a.jpg": reply(body=photo(1, size=(1280, 800))), "/b.jpg": reply(body=photo(2))})
    add_source()
    article_id = add_pictured_article(1, host.url("/a.jpg"), host.url("/b.jpg"), host.url("/gone.jpg"))
    assert moderate_stored(article_id) == FallsDue([article_id])
    with read_session() as session:
        first, second = images.shown_images(session, [article_id])[article_id]
    assert (first.width, first.height, second.width, second.height) == (640, 400, 480, 320)
    assert blobs.get(first.thumbnail_hash)[8:12] == b"WEBP"


def test_a_blocked_picture_and_its_copy_stay_hidden_when_another_article_brings_them(host):
    content = photo(5, size=(900, 600))
    host.answers.update({
        "/a.jpg": reply(body=content), "/same.jpg": reply(body=content),
        "/smaller.webp": reply(body=photo(5, "WEBP", size=(900, 600), quality=40)),
        "/other.jpg": reply(body=photo(6)),
    })  # fmt: skip
    add_source()
    moderate_stored(add_pictured_article(1, host.url("/a.jpg")))
    with write_session() as session:
        decide_image(session, 1, "block", "not for our readers")
    article_id = add_pictured_article(2, *(host.url(path) for path in ("/same.jpg", "/smaller.webp", "/other.jpg")))
    moderate_stored(article_id)
    with read_session() as session:
        shown = images.shown_images(session, [article_id])[article_id]
    assert [(one.image_id, one.is_placeholder) for one in shown] == [(1, True), (2, True), (3, False)]
    assert [state_of(image_id) for image_id in (1, 2, 3)] == ["blocked", "blocked", "visible"]


def test_the_bank_is_read_again_when_an_operator_has_decided_and_only_then(sqlite, monkeypatch):
    monkeypatch.setattr(tasks, "_bank", None)
    first = tasks._current_bank()
    assert tasks._current_bank() is first
    image_id = add_image()
    with write_session() as session:
        decide_image(session, image_id, "block", "because")
    second = tasks._current_bank()
    assert second is not first
    with read_session() as session:
        assert second.version == bank_version(session)


def test_pictures_are_begun_only_while_the_last_one_can_still_end_within_the_stage_s_limit(set_settings):
    assert 0 < seconds_for_pictures() < MODERATE.limit_s - 60
    set_settings(fetch_timeout_s=500)
    assert seconds_for_pictures() == 0


def test_a_worker_at_rest_has_loaded_no_libraries_for_pictures():
    said = "import sys, services.worker; print('celery' in sys.modules, sorted({'numpy', 'PIL'} & set(sys.modules)))"
    environment = child_environment(SERVICE="moderator")
    loaded = subprocess.run([sys.executable, "-c", said], env=environment, cwd=ROOT, capture_output=True, check=True)
    assert loaded.stdout == b"True []\n"
