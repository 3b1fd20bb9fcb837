"""One GET against servers that behave, and against those that do not."""

import contextlib
import gzip
import os
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shared.errors import Retryable, StageOutcome, Unprocessable
from shared.web import client as web
from shared.web.client import Request, WebClient


def ask(client: WebClient, url: str, max_bytes: int = 100_000, **options: object) -> web.Answer:
    return client.send(Request(url, max_bytes, **options))


def reason(client: WebClient, url: str, kind: type[StageOutcome], **options: object) -> str:
    with pytest.raises(kind) as caught:
        ask(client, url, **options)
    return caught.value.reason


def test_a_good_answer_comes_with_what_is_needed_of_its_headers(press, client, reply) -> None:
    press.answers["/a"] = reply(
        200,
        b"<p>",
        content_type="text/html; charset=utf-8",
        etag='W/"1"',
        last_modified="Tue, 24 Nov 2026 10:00:00 GMT",
    )
    assert ask(client, press.url("/a")) == web.Answer(
        url=press.url("/a"),
        status=200,
        content=b"<p>",
        content_type="text/html; charset=utf-8",
        etag='W/"1"',
        last_modified="Tue, 24 Nov 2026 10:00:00 GMT",
    )


def test_a_request_says_who_asks_and_nothing_more(press, client, reply, set_settings, monkeypatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    set_settings(private_addresses=f"127.0.0.1:{press.port}", user_agent="Kiosque/9 (+https://kiosque.example)")
    press.answers["/a"] = reply(200, b"x", set_cookie="a=1; Path=/")
    for _ in range(2):
        ask(
            client,
            press.url("/a"),
            accept="text/html",
            referer="https://news.example/أ",
            etag='"e"',
            last_modified="yes",
        )
    assert press.requests[1].split("\r\n") == [
        "GET /a HTTP/1.1",
        f"Host: 127.0.0.1:{press.port}",
        "User-Agent: Kiosque/9 (+https://kiosque.example)",
        "Accept: text/html",
        "Accept-Encoding: gzip",
        "Connection: close",
        'If-None-Match: "e"',
        "If-Modified-Since: yes",
        "Referer: https://news.example/%D8%A3",
    ]


def test_a_header_that_cannot_be_sent_is_left_out(press, client, reply) -> None:
    press.answers["/a"] = reply(200, b"x")
    ask(client, press.url("/a"), etag="a\r\nX: 1", last_modified="غد", referer="not a url")
    assert [press.header(name) for name in ("If-None-Match", "If-Modified-Since", "Referer", "X")] == [None] * 4


def test_validators_that_cannot_be_kept_are_dropped(press, client, reply) -> None:
    press.answers["/a"] = reply(200, b"x", etag='"' + "e" * 2000 + '"', last_modified="")
    answer = ask(client, press.url("/a"))
    assert (answer.etag, answer.last_modified) == (None, None)


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/أخبار/خبر", "/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1/%D8%AE%D8%A8%D8%B1"),
        ("/%D8%A3", "/%D8%A3"),
        ("/deux mots.jpg?q=à", "/deux%20mots.jpg?q=%C3%A0"),
    ],
)
def test_paths_in_any_script_arrive(press, client, reply, path: str, asked: str) -> None:
    press.answers[asked] = reply(200, b"here")
    assert ask(client, press.url(path)).content == b"here"


def test_a_host_name_in_arabic_is_asked_for_in_punycode(press, open_client, reply) -> None:
    press.answers["/"] = reply(200, b"here")
    client = open_client(resolve=lambda host, port: ("127.0.0.1",) if host == "xn--mgbek5a3d.xn--mgbc0a9azcg" else ())
    assert ask(client, press.url("/", host="صحافة.المغرب")).content == b"here"
    assert press.header("Host") == f"xn--mgbek5a3d.xn--mgbc0a9azcg:{press.port}"


def test_a_304_is_an_answer_without_content(press, client) -> None:
    press.answers["/a"] = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
    answer = ask(client, press.url("/a"), etag='"1"')
    assert (answer.status, answer.content, answer.etag) == (304, b"", '"1"')
    assert reason(client, press.url("/a"), Retryable) == "bad_answer"


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (400, Unprocessable, "unexpected_status"), (401, Unprocessable, "forbidden"), (403, Unprocessable, "forbidden"),
        (404, Unprocessable, "not_found"), (410, Unprocessable, "gone"), (451, Unprocessable, "forbidden"),
        (206, Unprocessable, "unexpected_status"), (300, Unprocessable, "unexpected_status"),
        (302, Unprocessable, "unexpected_status"), (501, Unprocessable, "unexpected_status"),
        (408, Retryable, "timeout"), (429, Retryable, "rate_limited"), (500, Retryable, "server_error"),
        (502, Retryable, "server_error"), (503, Retryable, "server_error"), (504, Retryable, "server_error"),
        (522, Retryable, "server_error"), (524, Retryable, "server_error"),
    ],
)  # fmt: skip
def test_a_status_that_is_no_answer_has_a_reason(press, client, reply, status, kind, expected) -> None:
    press.answers["/a"] = reply(status, b"<html>Sorry</html>")
    with pytest.raises(kind) as caught:
        ask(client, press.url("/a"))
    assert (caught.value.reason, web.status_of(caught.value)) == (expected, status)
    assert press.url("/a") in caught.value.detail


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("120", 120, 120),
        ("0", 0, 0),
        ("9999999", 86_400, 86_400),
        (format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True), 6_000, 7_200),
        (format_datetime(datetime.now(UTC) + timedelta(days=9), usegmt=True), 86_400, 86_400),
        ("Tue, 24 Nov 2020 10:00:00 GMT", 0, 0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_seconds_or_a_date_and_a_day_at_most(press, client, reply, status, header, least, most) -> None:
    press.answers["/a"] = reply(status, retry_after=header)
    with pytest.raises(Retryable) as caught:
        ask(client, press.url("/a"))
    assert least <= caught.value.delay_s <= most


@pytest.mark.parametrize(
    "header",
    [
        "soon",
        "-5",
        "",
        "99999999999999999999",
        "1.5",
        "Tue, 99999999999999999999 Nov 2020 10:00:00 GMT",
        "Tue, 24 Nov 99999999999999999999 10:00:00 GMT",
        "24 Nov 2020 10:00:00 +99999999999999999999",
    ],
)
def test_a_retry_after_that_says_nothing_is_no_delay(press, client, reply, header: str) -> None:
    press.answers["/a"] = reply(429, retry_after=header)
    with pytest.raises(Retryable) as caught:
        ask(client, press.url("/a"))
    assert caught.value.delay_s is None


# --- how much, how long ---------------------------------------------------------------------------------------------
def test_a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(press, client, reply) -> None:
    press.answers["/a"] = reply(200, b"x" * 1000)
    assert len(ask(client, press.url("/a"), max_bytes=1000).content) == 1000
    assert reason(client, press.url("/a"), Unprocessable, max_bytes=999) == "too_large"


def test_a_body_announced_as_too_large_is_not_read(press, client) -> None:
    press.answers["/a"] = b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"  # and nothing follows
    assert reason(client, press.url("/a"), Unprocessable) == "too_large"


@pytest.mark.parametrize("head", [b"", b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n"])
def test_an_endless_body_ends_at_the_limit(press, client, head: bytes) -> None:
    empty_blocks = b"\x00\x00\x00\xff\xff" * 1000  # deflate that makes no output at all

    def pour(connection: socket.socket, stopping: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        if b"gzip" in head:
            connection.sendall(b"\x1f\x8b\x08\0\0\0\0\0\0\x03")
        while not stopping.is_set():
            connection.sendall(b"5000\r\n" + b"x" * 0x5000 + b"\r\n" if b"chunked" in head else empty_blocks)

    press.answers["/a"] = pour
    assert reason(client, press.url("/a"), Unprocessable, max_bytes=300_000) == "too_large"


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_a_byte_now_and_then_meets_the_deadline(press, client, begin: bytes) -> None:
    def drip(connection: socket.socket, stopping: threading.Event) -> None:
        connection.sendall(begin)
        while not stopping.wait(0.02):
            connection.sendall(b"H")  # each byte well within any time limit of a single read

    press.answers["/a"] = drip
    assert reason(client, press.url("/a"), Retryable, deadline_s=0.3) == "timeout"


def test_silence_meets_the_deadline(press, client) -> None:
    press.answers["/a"] = lambda _, stopping: stopping.wait(30)
    assert reason(client, press.url("/a"), Retryable, deadline_s=0.2) == "timeout"


def test_the_deadline_is_the_setting_s_unless_given(press, client, set_settings) -> None:
    set_settings(private_addresses=f"127.0.0.1:{press.port}", fetch_timeout_s=0.2)
    press.answers["/a"] = lambda _, stopping: stopping.wait(30)
    assert reason(client, press.url("/a"), Retryable) == "timeout"


def test_redirects_share_one_deadline(press, client, reply) -> None:
    def late(connection: socket.socket, stopping: threading.Event) -> None:
        stopping.wait(0.25)
        connection.sendall(reply(302, location="/a", connection="close"))

    press.answers["/a"] = late
    assert reason(client, press.url("/a"), Retryable, deadline_s=0.4) == "timeout"


def test_a_resolver_that_hangs_meets_the_deadline(press, open_client) -> None:
    client = open_client(resolve=lambda host, port: (press.stopping.wait(30), ())[1])
    assert reason(client, "http://news.example/", Retryable, deadline_s=0.2) == "dns_failed"


@pytest.mark.parametrize("length", ["1000", "5"])
def test_a_body_shorter_than_announced_is_not_believed(press, client, length: str) -> None:
    press.answers["/a"] = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\nabc".encode()
    assert reason(client, press.url("/a"), Retryable) == "bad_answer"


def test_bytes_after_the_announced_length_are_not_the_next_answer(press, client, reply) -> None:
    forged = reply(200, b"forged")
    press.answers["/a"] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc" + forged
    press.answers["/b"] = reply(200, b"honest")
    assert ask(client, press.url("/a")).content == b"abc"
    assert ask(client, press.url("/b")).content == b"honest"


def test_a_body_without_a_length_ends_with_the_connection(press, client) -> None:
    press.answers["/a"] = b"HTTP/1.0 200 OK\r\n\r\nabc"
    assert ask(client, press.url("/a")).content == b"abc"


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b"\x16\x03\x01\r\n\r\n"],
)
def test_what_is_not_http_is_a_bad_answer(press, client, answer: bytes) -> None:
    press.answers["/a"] = answer
    assert reason(client, press.url("/a"), Retryable) == "bad_answer"


def test_headers_without_end_are_a_bad_answer(press, client) -> None:
    press.answers["/a"] = b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 50_000
    assert reason(client, press.url("/a"), Retryable) == "bad_answer"


# --- compressed bodies ----------------------------------------------------------------------------------------------
def test_gzip_is_asked_for_and_undone(press, client, reply) -> None:
    press.answers["/a"] = reply(200, gzip.compress("مرحبا".encode()), content_encoding="gzip")
    assert ask(client, press.url("/a")).content.decode() == "مرحبا"
    assert press.header("Accept-Encoding") == "gzip"


def test_a_gzip_bomb_stops_at_the_limit(press, client, reply) -> None:
    press.answers["/a"] = reply(200, gzip.compress(b"\0" * 20_000_000), content_encoding="gzip")
    assert reason(client, press.url("/a"), Unprocessable) == "too_large"


def test_a_picture_is_asked_for_as_it_is(press, client, reply) -> None:
    press.answers["/a"] = reply(200, gzip.compress(b"JFIF"), content_encoding="gzip")
    assert reason(client, press.url("/a"), Unprocessable, identity=True) == "bad_encoding"
    assert press.header("Accept-Encoding") == "identity"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "deflate"])
def test_an_encoding_that_was_not_asked_for_is_refused(press, client, reply, encoding: str) -> None:
    press.answers["/a"] = reply(200, b"x", content_encoding=encoding)
    assert reason(client, press.url("/a"), Unprocessable) == "bad_encoding"


# --- redirects ------------------------------------------------------------------------------------------------------
def test_a_redirect_is_followed_to_where_the_content_is(press, client, reply) -> None:
    press.answers["/a"] = reply(302, location="/b")
    press.answers["/b"] = reply(303, location=f"//127.0.0.1:{press.port}/أ ب")
    press.answers["/%D8%A3%20%D8%A8"] = reply(200, b"here")
    answer = ask(client, press.url("/a"))
    assert (answer.url, answer.content) == (press.url("/%D8%A3%20%D8%A8"), b"here")


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [((302,), None), ((301,), "/1"), ((308,), "/1"), ((301, 308), "/2"), ((301, 302), "/1"), ((307, 301), None)],
)
def test_a_permanent_move_is_told_as_far_as_it_is_permanent(press, client, reply, statuses, moved_to) -> None:
    for hop, status in enumerate(statuses):
        press.answers[f"/{hop}"] = reply(status, location=f"/{hop + 1}")
    press.answers[f"/{len(statuses)}"] = reply(200, b"here")
    assert ask(client, press.url("/0")).location_permanent == (press.url(moved_to) if moved_to else None)


def test_three_redirects_are_followed_and_four_are_not(press, client, reply) -> None:
    for hop in range(4):
        press.answers[f"/{hop}"] = reply(302, location=f"/{hop + 1}")
    press.answers["/4"] = reply(200, b"here")
    assert ask(client, press.url("/1")).content == b"here"
    assert reason(client, press.url("/0"), Unprocessable) == "too_many_redirects"


def test_a_redirect_loop_ends(press, client, reply) -> None:
    press.answers["/a"] = reply(301, location="/a")
    assert reason(client, press.url("/a"), Unprocessable) == "too_many_redirects"
    assert len(press.requests) == 4


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("http://127.0.0.1/", "private_address"),
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
        ("http://[::1]/", "private_address"),
        ("http://[::ffff:127.0.0.1]/", "private_address"),
        ("http://[64:ff9b::7f00:1]/", "private_address"),
        ("http://2130706433/", "private_address"),
        ("http://0x7f.1/", "private_address"),
        ("http://①②⑦.⓪.⓪.①/", "private_address"),
        ("http://127.0.0.1:6379/", "bad_port"),
        ("http://redis:6379/", "bad_port"),
        ("http://db:5432/", "bad_port"),
        ("http://news.example:22/", "bad_port"),
        ("http://news.example:25/", "bad_port"),
        ("http://user:word@127.0.0.1/", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("ftp://news.example/", "bad_url"),
        ("data:text/html,x", "bad_url"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "bad_url"),
        ("//[", "bad_url"),
    ],
)
def test_a_redirect_is_held_to_the_same_rules(press, client, reply, target: str, expected: str) -> None:
    press.answers["/a"] = reply(302, location=target)
    assert reason(client, press.url("/a"), Unprocessable) == expected
    assert reason(client, target, Unprocessable) == ("bad_url" if target == "//[" else expected)
    assert len(press.requests) == 1


# --- addresses ------------------------------------------------------------------------------------------------------
def test_a_loopback_server_that_no_setting_names_is_not_asked(press, client, set_settings) -> None:
    set_settings(private_addresses="")
    assert reason(client, press.url("/"), Unprocessable) == "bad_port"
    set_settings(private_addresses=f"newsstand.example:{press.port}")
    assert reason(client, press.url("/"), Unprocessable) == "bad_port"
    assert press.connections == 0


@pytest.mark.parametrize("found", [("127.0.0.1", "10.0.0.1"), ("10.0.0.1", "127.0.0.1"), ("127.0.0.1", "fd00::1")])
def test_a_host_with_one_address_inside_is_not_asked_at_any(press, open_client, found: tuple[str, ...]) -> None:
    client = open_client(resolve=lambda host, port: found)
    assert reason(client, press.url("/", host="news.example"), Unprocessable) in ("private_address", "bad_port")
    assert press.connections == 0


def test_an_address_that_changes_after_the_check_is_not_connected_to(press, open_client, reply, monkeypatch) -> None:
    answers = iter([("127.0.0.1",), ("127.0.0.2",)])
    client = open_client(resolve=lambda host, port: next(answers))
    # the machine's own resolver would now say something else: nobody may ask it for the name
    ask_system = socket.getaddrinfo

    def refuse_names(host: str, *args: object, **kwargs: object) -> object:
        assert host == "127.0.0.1", f"resolved {host} a second time"
        return ask_system(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", refuse_names)
    press.answers["/a"] = reply(302, location="/b", connection="close")
    press.answers["/b"] = reply(200, b"inside")
    # the second hop needs a connection of its own, so it is resolved and tested again
    assert reason(client, press.url("/a", host="news.example"), Unprocessable) == "bad_port"
    assert [request.split(" ")[1] for request in press.requests] == ["/a"]


def test_the_next_address_is_tried_when_one_does_not_answer(press, open_client, reply, set_settings) -> None:
    set_settings(private_addresses=f"news.example:{press.port}")
    press.answers["/"] = reply(200, b"here")
    client = open_client(resolve=lambda host, port: ("127.0.0.2", "127.0.0.1"))
    assert ask(client, press.url("/", host="news.example")).content == b"here"


def test_a_host_that_refuses_is_tried_later(open_client, set_settings) -> None:
    with socket.socket() as taken:  # held, so that nobody else listens there, and not listening itself
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        set_settings(private_addresses=address)
        assert reason(open_client(), f"http://{address}/", Retryable) == "connection_failed"


def test_a_host_that_is_not_known_is_tried_later(open_client) -> None:
    def resolve(host: str, port: int) -> tuple[str, ...]:
        raise Retryable("dns_failed", host)

    assert reason(open_client(resolve=resolve), "http://news.example/", Retryable) == "dns_failed"


# --- TLS ------------------------------------------------------------------------------------------------------------
def https(press, path: str = "/", host: str = "news.example") -> str:
    return f"https://{host}:{press.port}{path}"


def test_a_self_signed_certificate_is_refused(tls_press, open_client) -> None:
    client = open_client(resolve=lambda host, port: ("127.0.0.1",))
    assert reason(client, https(tls_press), Unprocessable) == "bad_tls"


def test_the_certificate_is_checked_against_the_name_not_the_address(
    tls_press, open_client, certificate, reply
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    client = open_client(resolve=lambda host, port: ("127.0.0.1",), tls=trusting)
    tls_press.answers["/"] = reply(200, b"here")
    assert ask(client, https(tls_press)).content == b"here"
    assert reason(client, https(tls_press, host="other.example"), Unprocessable) == "bad_tls"


def test_a_plain_server_behind_https_is_refused(press, client) -> None:
    press.converse = lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert reason(client, https(press, host="127.0.0.1"), Unprocessable) == "bad_tls"


def test_a_handshake_that_hangs_meets_the_deadline(press, client) -> None:
    press.converse = lambda connection: press.stopping.wait(30)
    assert reason(client, https(press, host="127.0.0.1"), Retryable, deadline_s=0.2) == "timeout"


def test_a_handshake_that_is_cut_is_tried_later(press, client) -> None:
    press.converse = lambda connection: connection.recv(1000)
    assert reason(client, https(press, host="127.0.0.1"), Retryable) == "connection_failed"


# --- processes and threads ------------------------------------------------------------------------------------------
def test_threads_share_one_client(press, client, reply) -> None:
    for number in range(8):
        press.answers[f"/{number}"] = reply(200, f"page {number}".encode())
    wrong: list[object] = []

    def work(number: int) -> None:
        for _ in range(10):
            content = ask(client, press.url(f"/{number}")).content
            if content != f"page {number}".encode():
                wrong.append(content)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(press.requests) == 80


def test_one_thread_s_deadline_is_not_another_s(press, client, reply) -> None:
    press.answers["/slow"] = lambda _, stopping: stopping.wait(30)
    press.answers["/b"] = reply(200, b"x")
    slow = threading.Thread(target=reason, args=(client, press.url("/slow"), Retryable), kwargs={"deadline_s": 0.3})
    slow.start()
    assert ask(client, press.url("/b"), deadline_s=20).content == b"x"
    slow.join()
    assert ask(client, press.url("/b"), deadline_s=20).content == b"x"


def test_a_process_has_one_client_and_a_child_another(press, reply, monkeypatch, open_client) -> None:
    press.answers["/a"] = reply(200, b"x")
    made: list[WebClient] = []
    monkeypatch.setattr(web, "WebClient", lambda: made.append(open_client()) or made[-1])
    monkeypatch.setattr(os, "getpid", lambda: -1)  # as no process is called
    for _ in range(2):
        web.send(Request(press.url("/a"), 10))
    assert len(made) == 1
    monkeypatch.setattr(os, "getpid", lambda: -2)
    web.send(Request(press.url("/a"), 10))
    assert len(made) == 2


def test_nothing_is_left_behind_by_a_hundred_requests(press, client, reply) -> None:
    press.answers["/a"] = reply(200, b"x" * 1000)
    press.answers["/b"] = reply(302, location="/a")
    press.answers["/c"] = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\nshort"

    def work() -> None:
        for number in range(25):
            with contextlib.suppress(StageOutcome):
                ask(client, press.url(["/a", "/b", "/c", "/gone"][number % 4]), deadline_s=10)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client._pool.connections == []
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("resolve")] == []


def test_a_hop_is_told_before_it_is_asked_and_may_be_refused(press, client, reply) -> None:
    press.answers["/a"] = reply(302, location="/b")
    press.answers["/b"] = reply(301, location="/c")
    press.answers["/c"] = reply(200, b"here")
    told: list[tuple[str, int]] = []
    client.send(Request(press.url("/a"), 100), lambda url: told.append((url, len(press.requests))))
    assert told == [(press.url("/b"), 1), (press.url("/c"), 2)]

    def refuse(url: str) -> None:
        raise Unprocessable("robots", url)

    with pytest.raises(Unprocessable, match="robots"):
        client.send(Request(press.url("/a"), 100), refuse)
    assert press.paths == ["/a", "/b", "/c", "/a"]


def test_a_deadline_inside_another_ends_with_it(press, client, reply) -> None:
    def late(connection: socket.socket, stopping: threading.Event) -> None:
        stopping.wait(1)
        connection.sendall(reply(200, b"late", connection="close"))

    press.answers["/a"] = reply(302, location="/b")
    press.answers["/robots.txt"] = late
    inner: list[str] = []

    def ask_robots(_: str) -> None:
        inner.append(reason(client, press.url("/robots.txt"), Retryable, deadline_s=20))

    with pytest.raises(Retryable, match="timeout"):
        client.send(Request(press.url("/a"), 100, deadline_s=0.3), ask_robots)
    assert inner == ["timeout"]
