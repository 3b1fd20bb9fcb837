"""An article's page, as it came."""

import pytest

from services.scraper.fetch import fetch
from shared.contracts import PageRequest
from shared.errors import Retryable, Unprocessable
from shared.web.client import Answer

URL = "https://courrier.example/a"
REQUEST = PageRequest(7, URL, etag='"1"', last_modified="yesterday")


class FakeGet:
    """Gives one answer, and keeps what it was asked."""

    def __init__(self, **answer: object) -> None:
        self.answer = Answer(**({"url": URL, "status": 200, "content": b"<p>", "content_type": "text/html"} | answer))
        self.asked: list[object] = []

    def __call__(self, url: str, *, etag: str | None = None, last_modified: str | None = None) -> Answer:
        self.asked = [url, etag, last_modified]
        return self.answer


def test_a_page_is_kept_as_it_came() -> None:
    content = "<p>é".encode("latin-1") + b"\xff\x00"
    get = FakeGet(
        url="https://courrier.example/b", content=content, content_type="text/html; charset=latin-1", etag='"2"',
        last_modified="today",
    )  # fmt: skip
    page = fetch(REQUEST, get)
    assert page is not None
    assert (page.article_id, page.url, page.content) == (7, "https://courrier.example/b", content)
    assert (page.content_type, page.etag, page.last_modified) == ("text/html; charset=latin-1", '"2"', "today")
    assert page.fetched_at.tzinfo is not None
    assert get.asked == [URL, '"1"', "yesterday"]


def test_a_page_that_did_not_change_is_none() -> None:
    assert fetch(REQUEST, FakeGet(status=304, content=b"", content_type="")) is None


@pytest.mark.parametrize("content", [b"", b" \r\n\t"])
def test_an_empty_page_may_be_filled_later(content: bytes) -> None:
    with pytest.raises(Retryable, match="empty_page"):
        fetch(REQUEST, FakeGet(content=content))


@pytest.mark.parametrize(
    "content_type", ["text/html", "TEXT/HTML;charset=x", "application/xhtml+xml", " text/html ", ""]
)
def test_pages_of_these_types_are_taken(content_type: str) -> None:
    assert fetch(REQUEST, FakeGet(content_type=content_type)) is not None


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("application/pdf", b"%PDF"),
        ("image/jpeg", b"x"),
        ("text/plain", b"<p>"),
        ("", b"%PDF"),
        ("application/json", b"{}"),
    ],
)
def test_what_is_no_page_never_will_be(content_type: str, content: bytes) -> None:
    with pytest.raises(Unprocessable, match="not_html"):
        fetch(REQUEST, FakeGet(content_type=content_type, content=content))


@pytest.mark.parametrize(
    "front", ["https://courrier.example/", "http://courrier.example/", "https://www.courrier.example/"]
)
def test_a_redirect_to_the_front_page_is_no_article(front: str) -> None:
    with pytest.raises(Unprocessable, match="moved_home"):
        fetch(REQUEST, FakeGet(url=front))


@pytest.mark.parametrize(
    ("asked", "came"),
    [
        ("https://courrier.example/?p=7", "https://courrier.example/?p=7"),
        ("https://courrier.example/a", "https://courrier.example/?p=7"),
        ("https://courrier.example/", "https://www.courrier.example/"),
        ("https://clicks.example/1", "https://courrier.example/a/"),
    ],
)
def test_other_redirects_lead_to_the_article(asked: str, came: str) -> None:
    assert fetch(PageRequest(7, asked), FakeGet(url=came)) is not None
