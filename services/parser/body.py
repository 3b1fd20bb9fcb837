"""The body: trafilatura's reading of the page, without the lines that are not the article's."""

from collections.abc import Iterator

import trafilatura
from lxml.etree import _Element
from lxml.html import HtmlElement

from services.parser.text import clean

#: Shorter than half of the cautious reading's rival, that reading has lost the article (reference: extraction.md 3).
_LOST = 0.5
_UNITS = frozenset({"p", "head", "item", "cell", "code", "ab", "quote", "list", "table", "row", "div", "dt", "dd"})


def read_lines(root: HtmlElement) -> list[str]:
    """The article's text as trafilatura finds it, a line a paragraph: cautiously, or by default where that loses half."""
    cautious = _extract(root, favor_precision=True, fast=True)
    default = _extract(root)
    return cautious if _length(cautious) > _LOST * _length(default) else default


def _extract(root: HtmlElement, **options: bool) -> list[str]:
    found = trafilatura.bare_extraction(root, include_comments=False, **options)
    if found is None or found.body is None:
        return []
    return [line for line in map(clean, _lines(found.body)) if line]


def _length(lines: list[str]) -> int:
    return sum(map(len, lines))


def _lines(body: _Element) -> Iterator[str]:
    """The text of trafilatura's tree, divided where a paragraph, a heading, an entry or a line ends."""
    gathered: list[str] = []
    for event, element in _walk(body):
        if element.tag in _UNITS or element.tag == "lb":
            yield "".join(gathered)
            gathered.clear()
        text = element.text if event == "start" else element.tail
        if event == "start" and element.tag == "item":
            gathered.append("- ")
        if text:
            gathered.append(text)
    yield "".join(gathered)


def _walk(body: _Element) -> Iterator[tuple[str, _Element]]:
    from lxml.etree import iterwalk

    return iter(iterwalk(body, events=("start", "end")))
