"""Text and pictures out of the HTML that feeds carry."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

import lxml.etree
import lxml.html

from shared.errors import Unprocessable
from shared.web.urls import join_url

#: More of an entry's HTML is not read: a standfirst and the first pictures are at its beginning.
HTML_MAX_LENGTH = 50_000
#: reference: peers.md section 5, ten candidates an article
IMAGES_MAX = 10

# [^<>], for with [^>] twenty thousand open "<a" take a second of search each time.
_MARKUP = re.compile(r"</?[A-Za-z!][^<>]*>|&#?\w{1,31};")
_SPACE = re.compile(r"[ \t\r\n\f\v\x85\u2028\u2029]+")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]|[\ud800-\udfff]")
_UNSEEN = ("script", "style", "template", "noscript", "iframe")


def plain_text(html: str, max_length: int) -> str:
    """The text of a fragment of HTML, or of text that has none, on one line."""
    text = _CONTROL.sub("", html[:HTML_MAX_LENGTH])
    for _ in range(2):  # some feeds escape their titles twice
        if not _MARKUP.search(text):
            break
        text = _text_of(text)
    return _cut(unicodedata.normalize("NFC", _SPACE.sub(" ", text).strip()), max_length)


def image_urls(addresses: Iterable[str], html: str, base: str) -> tuple[str, ...]:
    """The named pictures, then those shown in a fragment of HTML: absolute, each once, broken ones left out."""
    found: dict[str, None] = {}
    for address in (*addresses, *_shown_in(html)):
        try:
            found[str(join_url(base, address.strip()))] = None
        except Unprocessable:
            continue
        if len(found) == IMAGES_MAX:
            break
    return tuple(found)


def _text_of(html: str) -> str:
    root = _parse(html)
    if root is None:
        return ""
    for unseen in root.iter(*_UNSEEN):
        unseen.text = None
        unseen[:] = []
    for edge in root.iter(
        "p", "br", "div", "li", "h1", "h2", "h3", "h4", "td"
    ):  # words of two paragraphs are two words
        edge.text, edge.tail = f" {edge.text or ''}", f" {edge.tail or ''}"
    return str(root.text_content())


def _shown_in(html: str) -> Iterator[str]:
    if "<img" not in html[:HTML_MAX_LENGTH].lower():
        return
    root = _parse(_CONTROL.sub("", html[:HTML_MAX_LENGTH]))
    for image in root.iter("img") if root is not None else ():
        is_pixel = image.get("width") in ("0", "1") or image.get("height") in ("0", "1")
        address = image.get("src") or ""
        if address and not is_pixel and not address.startswith("data:"):
            yield address


def _parse(html: str) -> lxml.html.HtmlElement | None:
    try:
        # A parser of its own, told UTF-8: a <meta charset> inside must not have a say.
        parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
        return lxml.html.fromstring(f"<div>{html}</div>".encode(), parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        return None


def _cut(text: str, max_length: int) -> str:
    """At a word's end, with an ellipsis."""
    if len(text) <= max_length:
        return text
    return text[:max_length].rsplit(" ", 1)[0] + "…"
