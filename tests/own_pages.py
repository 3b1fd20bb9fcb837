"""Fetched pages for the parser's tests, from HTML that was written for them."""

from datetime import UTC, datetime

from shared.contracts import FetchedPage, SourceHints

FETCHED_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def fetched(html: str | bytes, url: str = "https://journal.example/ville/bassin.html", **hints) -> FetchedPage:
    """A page as the scraper hands it on; `hints` are the fields of SourceHints."""
    content = html.encode() if isinstance(html, str) else html
    return FetchedPage(1, url, content, "text/html; charset=utf-8", FETCHED_AT, hints=SourceHints(**hints))


def html_of(article: str, head: str = "", language: str = "fr") -> str:
    """A whole page about the inner HTML of its article element."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">{head}</head><body>'
        f'<nav><a href="/">Accueil</a></nav><article>{article}</article><footer>© 2026 Journal</footer></body></html>'
    )
