"""One strict reading of an http(s) URL."""

import pytest

from shared.errors import Unprocessable
from shared.web.urls import URL_MAX_LENGTH, join_url, parse_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HTTP://News.EXAMPLE:80", "http://news.example/"),
        ("https://news.example:443/A/b", "https://news.example/A/b"),
        ("https://news.example:8443/", "https://news.example:8443/"),
        ("https://news.example:/x", "https://news.example/x"),
        ("https://news.example./x", "https://news.example/x"),
        ("https://news.example/أخبار/خبر", "https://news.example/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1/%D8%AE%D8%A8%D8%B1"),
        ("https://news.example/%d8%a3%d8%ae", "https://news.example/%D8%A3%D8%AE"),
        ("https://news.example/deux mots?q=a b", "https://news.example/deux%20mots?q=a%20b"),
        ("https://news.example/%7Euser/%41", "https://news.example/~user/A"),
        ("https://news.example/a%2Fb", "https://news.example/a%2Fb"),
        ("https://news.example/100%", "https://news.example/100%25"),
        ("https://news.example/a/./b/../c", "https://news.example/a/c"),
        ("https://news.example/../../c/.", "https://news.example/c/"),
        ("https://news.example/a%2F..%2Fb/%2e%2e/c", "https://news.example/c"),
        ("https://news.example//a//b", "https://news.example//a//b"),
        ("https://news.example/a\\b", "https://news.example/a%5Cb"),
        ("https://news.example?q=1#top", "https://news.example/?q=1"),
        ("https://news.example/?u=https://x.example/a?b", "https://news.example/?u=https://x.example/a?b"),
        ("https://صحافة.المغرب/", "https://xn--mgbek5a3d.xn--mgbc0a9azcg/"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
        ("https://img_1.news.example/a.jpg", "https://img_1.news.example/a.jpg"),
        ("http://[2001:DB8::0:1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://①②⑦.⓪.⓪.①/", "http://127.0.0.1/"),
    ],
)
def test_a_url_is_put_in_one_form(text: str, expected: str) -> None:
    assert str(parse_url(text)) == expected
    assert str(parse_url(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "/a", "a", "//news.example/", "news.example", "http:", "http:/news.example/", "http://", "http:///a",
        "file:///etc/passwd", "ftp://news.example/", "data:text/html,x", "gopher://127.0.0.1:6379/_x", "javascript:a()",
        "http://user@news.example/", "http://user:word@news.example/", "http://news.example@127.0.0.1/",
        "http://127.0.0.1\\@news.example/", "http://news.example\\.evil.example/", "http:\\\\news.example/",
        "http://news.example:0/", "http://news.example:65536/", "http://news.example:http/", "http://a:1:2/",
        "http://news.example/\r\nX: 1", "http://news.example/\n", "http://news\t.example/", "http://news.example/\x00",
        "http://news..example/", "http://-news.example/", "http://ne ws.example/", "http://news%2Eexample/",
        "http://[::1/", "http://[fe80::1%25eth0]/", "http://[v1.x]/", "http://::1/", "http://[127.0.0.1]/",
        "http://" + "a" * 64 + ".example/", "http://" + "a." * 130 + "example/", "http://xn--\u0301.example/",
        "http://news.example/\ud800", "http://news.example/" + "a" * 10_000, "http://news.example/" + "ع" * 1000,
    ],
)  # fmt: skip
def test_what_two_readers_could_read_differently_is_refused(text: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        parse_url(text)
    assert caught.value.reason == "bad_url"


def test_the_longest_url_is_taken() -> None:
    text = "http://news.example/"
    assert str(parse_url(text.ljust(URL_MAX_LENGTH, "a"))).endswith("a")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("/b", "https://news.example/b"),
        ("c.jpg", "https://news.example/dir/c.jpg"),
        ("../c", "https://news.example/c"),
        ("?p=2", "https://news.example/dir/page?p=2"),
        ("//img.example/d.jpg", "https://img.example/d.jpg"),
        ("http://other.example", "http://other.example/"),
        ("صورة.jpg", "https://news.example/dir/%D8%B5%D9%88%D8%B1%D8%A9.jpg"),
        ("a b.jpg", "https://news.example/dir/a%20b.jpg"),
    ],
)
def test_a_reference_is_resolved_against_its_page(reference: str, expected: str) -> None:
    assert str(join_url("https://news.example/dir/page", reference)) == expected


@pytest.mark.parametrize(
    "reference", ["file:///etc/passwd", "//user@news.example/", "//[::1/", "/a\r\nb", "/" + "a" * 10_000]
)
def test_a_reference_is_held_to_the_same_rules(reference: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        join_url("https://news.example/dir/page", reference)
    assert caught.value.reason == "bad_url"
