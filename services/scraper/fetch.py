"""Fetch: an article's page as it came, bytes untouched."""

from datetime import UTC, datetime
from typing import Protocol

from shared.contracts import FetchedPage, PageRequest
from shared.errors import Retryable, Unprocessable
from shared.web.client import Answer
from shared.web.urls import parse_url

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})


class GetPage(Protocol):
    """A polite GET: robots.txt, pace and limits are its business."""

    def __call__(self, url: str, *, etag: str | None = None, last_modified: str | None = None) -> Answer: ...


def fetch(request: PageRequest, get: GetPage) -> FetchedPage | None:
    """The page of an article, None if the server says that it has not changed."""
    answer = get(request.url, etag=request.etag, last_modified=request.last_modified)
    if answer.status == 304:
        return None
    if not answer.content.strip():
        raise Retryable("empty_page", f"{answer.url}: HTTP {answer.status} without content")
    _check_type(answer)
    _check_place(answer, request.url)
    return FetchedPage(
        article_id=request.article_id,
        url=answer.url,
        content=answer.content,
        content_type=answer.content_type,
        fetched_at=datetime.now(UTC),
        etag=answer.etag,
        last_modified=answer.last_modified,
    )


def _check_type(answer: Answer) -> None:
    media_type = answer.content_type.partition(";")[0].strip().lower()
    if media_type in HTML_TYPES:
        return
    if not media_type and answer.content.lstrip()[:1] == b"<":  # says nothing, looks like a page
        return
    raise Unprocessable("not_html", f"{answer.url} is {media_type[:80] or 'of no type'}, not a page")


def _check_place(answer: Answer, asked: str) -> None:
    """Many sites lead to their front page where an article is gone; taken for it, every dead article would be that."""
    if parse_url(answer.url).target == "/" != parse_url(asked).target:
        raise Unprocessable("moved_home", f"{asked} leads to the front page {answer.url}")
