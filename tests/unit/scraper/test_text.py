"""Text and pictures out of the HTML that feeds carry."""

import pytest

from services.scraper.text import IMAGES_MAX, image_urls, plain_text

BASE = "https://courrier.example/a/"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("Rabat : le budget", "Rabat : le budget"),
        ("<p>Un <b>mot</b>.</p><p>Deux</p>", "Un mot. Deux"),
        ("L&#039;eau &amp; l&rsquo;&eacute;t&eacute;", "L'eau & l’été"),
        ("L&amp;#039;eau", "L'eau"),
        ("a < b > c", "a < b > c"),
        ("AT&T et R&D", "AT&T et R&D"),
        ("un\n\t deux   trois", "un deux trois"),
        ("dix\u00a0% et « cela\u202f»", "dix\u00a0% et « cela\u202f»"),
        ("e\u0301te\u0301", "été"),
        ("a\x00b\x1b\ud800c\x85d\u2028e", "abc d e"),
        ("<script>alert(1)</script>texte<style>p{}</style><noscript>non</noscript>", "texte"),
        ("<!-- rien -->texte", "texte"),
        ("un<br>deux<br/>trois<li>quatre</li>", "un deux trois quatre"),
        ("<p>نص <b>عربي</b></p>", "نص عربي"),
        ('<meta charset="latin1">é', "é"),
        ("<p", "<p"),
        ("", ""),
        ("<p></p>", ""),
    ],
)
def test_html_becomes_one_line_of_text(html: str, expected: str) -> None:
    assert plain_text(html, 500) == expected


def test_a_long_text_is_cut_at_a_word() -> None:
    assert plain_text("mot " * 100, 10) == "mot mot…"
    assert plain_text("mot mot", 7) == "mot mot"
    assert plain_text("m" * 20, 10) == "m" * 10 + "…"


def test_pictures_that_are_named_come_before_those_that_are_shown() -> None:
    html = (
        '<p><img src="b.jpg"><img src="/pixel.gif" width="1"><img src="data:image/gif;base64,R0">'
        '<img alt="none"><IMG SRC="//d.example/d"></p>'
    )
    assert image_urls([" /a.jpg "], html, BASE) == (
        "https://courrier.example/a.jpg",
        "https://courrier.example/a/b.jpg",
        "https://d.example/d",
    )


def test_pictures_are_each_named_once_and_ten_at_the_most() -> None:
    addresses = [f"{number}.jpg" for number in range(20)]
    assert len(image_urls([*addresses, *addresses], "", BASE)) == IMAGES_MAX
    assert image_urls(["a.jpg", "./a.jpg", "javascript:x", ""], "", BASE)[0] == "https://courrier.example/a/a.jpg"
    assert len(image_urls(["a.jpg", "./a.jpg", "javascript:x"], "", BASE)) == 1


@pytest.mark.timeout(60)
def test_a_search_for_markup_does_not_take_the_square_of_its_length() -> None:
    for _ in range(60):  # with [^>] in place of [^<>] each takes a second
        assert plain_text("<a" * 25_000, 5) == "<a<a<…"


@pytest.mark.parametrize("html", ["<" * 50_000, "&" * 50_000, "&a" * 25_000, "<div>" * 10_000, "<!--" * 12_000])
def test_hostile_html_is_read_all_the_same(html: str) -> None:
    assert len(plain_text(f"un {html}", 500)) <= 501
    assert image_urls([], f"{html}<img src=a.jpg>", BASE) in ((), ("https://courrier.example/a/a.jpg",))
