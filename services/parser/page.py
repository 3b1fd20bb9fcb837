"""A fetched page as a tree, parsed once for everything that is read from it."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import lxml.etree
import lxml.html
from lxml.html import HtmlElement

from services.parser.encoding import decode
from services.parser.text import clean, strip_controls
from shared.contracts import FetchedPage, SourceHints
from shared.errors import Unprocessable
from shared.web.urls import join_url

#: Of 1,483 newspaper pages the largest had 2.2 MB and 19,600 angle brackets; beyond these a page is an attack or dump,
#: and would keep a worker for longer than the stage's limit.
BYTES_MAX = 20_000_000
TAGS_MAX = 50_000
_REFERENCE = re.compile(r"&#(?:([0-9]{1,9})|[xX]([0-9a-fA-F]{1,8}));?")
_OTHER_KINDS = {
    b"%PDF": "a PDF file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "gzip bytes",
}
#: Other people's posts that an article shows; their text is not the paper's.
_POST = re.compile(
    r"\b(?:twitter-tweet|twitter-video|instagram-media|fb-post|tiktok-embed|reddit-embed|bluesky-embed)\b"
)
_UNSEEN = ("script", "style", "svg", "template", "iframe", "object", "embed", "canvas", "input", "select", "textarea")


@dataclass(frozen=True)
class Page:
    """A page's tree with what is known of it from outside."""

    url: str
    root: HtmlElement
    fetched_at: datetime
    hints: SourceHints

    @cached_property
    def host(self) -> str:
        """The host in small letters, without "www."."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")

    @cached_property
    def zone(self) -> ZoneInfo:
        """The source's time zone, UTC if it has none that exists."""
        try:
            return ZoneInfo(self.hints.time_zone)
        except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
            return ZoneInfo("UTC")

    @cached_property
    def _start(self) -> str:
        anchor = self.root.find(".//base[@href]")
        return (_join(self.url, anchor.get("href", "")) or self.url) if anchor is not None else self.url

    def absolute(self, reference: str | None) -> str:
        """A reference made absolute, "" if it is not to an http(s) page."""
        return _join(self._start, (reference or "").strip())


def read_page(fetched: FetchedPage) -> Page:
    """The page's tree; Unprocessable if there is none to be had."""
    for mark, kind in _OTHER_KINDS.items():
        if fetched.content.startswith(mark):
            raise Unprocessable("not_html", f"the address answers with {kind}, not with a page")
    if len(fetched.content) > BYTES_MAX:
        raise Unprocessable("too_large", f"the page has {len(fetched.content)} bytes; at most {BYTES_MAX} are read")
    text = strip_controls(_REFERENCE.sub(_resolve, decode(fetched.content, fetched.content_type)))
    if text.count("<") > TAGS_MAX:
        raise Unprocessable("too_large", f"the page has {text.count('<')} tags; at most {TAGS_MAX} are read")
    if not text.strip():
        raise Unprocessable("no_body", "the page is empty")
    return Page(fetched.url, _parse(text), fetched.fetched_at, fetched.hints)


def drop_unseen(root: HtmlElement) -> None:
    """Take out what is never text, once JSON-LD was read: every later walk is the shorter for it."""
    posts = (element for element in root.iter("blockquote", "div") if _POST.search(element.get("class") or ""))
    for element in [*root.iter(*_UNSEEN), *posts]:
        parent = element.getparent()
        if parent is not None:
            if element.tail:
                _append_text(parent, element.getprevious(), element.tail)
            parent.remove(element)


def text_of(element: HtmlElement | None) -> str:
    """All text of an element on one line."""
    return "" if element is None else clean("".join(element.itertext()))


def classes_of(element: HtmlElement) -> str:
    """Class and id in small letters, for patterns to look at."""
    return f"{element.get('class') or ''} {element.get('id') or ''}".lower()


def stands_in(
    element: HtmlElement, named: re.Pattern[str], tags: tuple[str, ...], outside: HtmlElement | None = None
) -> bool:
    """Whether an element, or one around it, is named so or is one of these tags; `outside` and the body end the look.

    A body's own classes speak of the whole page: "has-sidebar" makes no author a sidebar's.
    """
    for one in (element, *element.iterancestors()):
        if one is outside or one.tag == "body":
            return False
        if one.tag in tags or named.search(classes_of(one)):
            return True
    return False


def _resolve(reference: re.Match[str]) -> str:
    """A numeric reference to a character that no text has goes; 128 to 159 mean Windows-1252, as browsers read them."""
    code = int(reference[1]) if reference[1] else int(reference[2], 16)
    if 128 <= code <= 159:
        return bytes([code]).decode("cp1252", "ignore")
    is_text = code in (9, 10, 13) or (32 <= code < 0xD800) or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF
    return reference[0] if is_text else ""


def _append_text(parent: HtmlElement, previous: HtmlElement | None, text: str) -> None:
    if previous is not None:
        previous.tail = (previous.tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def _parse(text: str) -> HtmlElement:
    # libxml2 leaves out what is nested deeper than 255, which bounds every recursion that follows.
    parser = lxml.html.HTMLParser(  # type: ignore[call-arg]  # the stubs lack default_doctype
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        default_doctype=False,
        no_network=True,
    )
    try:
        root = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.LxmlError, ValueError) as error:
        raise Unprocessable("no_body", f"the page holds no HTML: {error}") from error
    if root.find("body") is None:
        raise Unprocessable("no_body", "the page holds no HTML body")
    return root


def _join(start: str, reference: str) -> str:
    if not reference or reference.startswith(("#", "data:", "javascript:", "mailto:")):
        return ""
    try:
        return str(join_url(start, reference))
    except Unprocessable:
        return ""
