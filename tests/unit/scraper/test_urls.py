"""The one form of an article's address."""

import pytest

from services.scraper.urls import canonical_url
from shared.errors import Unprocessable

BASE = "https://courrier.example/rubrique/"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://Courrier.EXAMPLE:443/A?b=1#c", "https://courrier.example/A?b=1"),
        ("http://courrier.example", "http://courrier.example/"),
        ("https://courrier.example/a/../b/./c", "https://courrier.example/b/c"),
        ("https://courrier.example/%7euser/%c3%a9", "https://courrier.example/~user/%C3%A9"),
        ("https://courrier.example/أخبار", "https://courrier.example/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1"),
        ("https://صحافة.example/", "https://xn--mgbek5a3d.example/"),
        ("https://courrier.example/a?utm_source=rss&id=7&utm_medium=x", "https://courrier.example/a?id=7"),
        ("https://courrier.example/a?fbclid=1&gclid=2&mc_cid=3", "https://courrier.example/a"),
        ("https://courrier.example/a?xtor=RSS-1&at_medium=rss", "https://courrier.example/a"),
        ("https://courrier.example/a?UTM_Source=rss&ut%6d_term=x", "https://courrier.example/a"),
        ("https://courrier.example/a?amp=1", "https://courrier.example/a"),
        ("https://courrier.example/a?amp", "https://courrier.example/a"),
        ("https://courrier.example/a?amp=2", "https://courrier.example/a?amp=2"),
        ("https://courrier.example/a?&&b=1&", "https://courrier.example/a?b=1"),
        ("\n  https://courrier.example/a \u200f\u00a0", "https://courrier.example/a"),
    ],
)
def test_an_address_has_one_form_and_keeps_it(text: str, expected: str) -> None:
    assert canonical_url(text) == expected
    assert canonical_url(expected) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://courrier.example/article.php?sid=1", "https://courrier.example/article.php?sid=2"),
        ("https://courrier.example/article.php?cid=1", "https://courrier.example/article.php?cid=2"),
        ("https://courrier.example/?source=a", "https://courrier.example/?source=b"),
        ("https://courrier.example/?p=1", "https://courrier.example/?p=2"),
        ("https://courrier.example/Rabat", "https://courrier.example/rabat"),
        ("https://courrier.example/a", "https://courrier.example/a/"),
        ("https://courrier.example/a?b=1&c=2", "https://courrier.example/a?c=2&b=1"),
        ("http://courrier.example/a", "https://courrier.example/a"),
        ("https://courrier.example/a", "https://www.courrier.example/a"),
    ],
)
def test_what_may_be_two_articles_stays_two(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("a.html", "https://courrier.example/rubrique/a.html"),
        ("/a.html?utm_source=x", "https://courrier.example/a.html"),
        ("//images.example/a", "https://images.example/a"),
        ("?p=7", "https://courrier.example/rubrique/?p=7"),
        ("../sport/à lire", "https://courrier.example/sport/%C3%A0%20lire"),
    ],
)
def test_a_relative_address_is_resolved_where_it_was_found(reference: str, expected: str) -> None:
    assert canonical_url(reference, BASE) == expected


@pytest.mark.parametrize(
    "text", ["", "  \n", "mailto:a@b.example", "javascript:void(0)", "ftp://a.example/", "http://a b/", "https://u:p@a.example/"]
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused(text: str) -> None:
    with pytest.raises(Unprocessable, match="bad_url"):
        canonical_url(text)
    with pytest.raises(Unprocessable, match="bad_url"):
        canonical_url(text, BASE)
