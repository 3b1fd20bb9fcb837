"""JSON-LD: what a page says of its article to search engines."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

from services.parser.text import key_of

#: A page describes a few dozen things; a bound on what a hostile one makes us walk.
NODES_MAX = 3000
_SCRIPT_MAX_LENGTH = 2_000_000
_ARTICLE = re.compile(r"(?:Article|BlogPosting|^Report|LiveBlogPosting)$")
_PAGE = re.compile(r"(?:^WebPage|^ItemPage|^VideoObject|^NewsVideo)$")
_COMMA_BEFORE_END = re.compile(r",\s*([}\]])")
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)\s*;?\s*$"
)

Node = dict[str, Any]


class LinkedNodes:
    """Every node of a page's JSON-LD, in the order written."""

    def __init__(self, root: HtmlElement) -> None:
        self._nodes: list[Node] = []
        for script in root.iterfind(".//script[@type]"):
            if script.get("type", "").split(";")[0].strip().lower() == "application/ld+json":
                self._nodes += _walk(_load(script.text or ""), NODES_MAX - len(self._nodes))
        self._by_id = {str(node["@id"]): node for node in self._nodes if len(node) > 1 and "@id" in node}

    def article(self, addresses: set[str], headlines: set[str]) -> Node:
        """The node of the page's own article: that with its address, or its headline, else the first; {} if none."""
        articles = [node for node in self._nodes if _is_kind(node, _ARTICLE)]
        for node in articles:
            if addresses & set(self._addresses_of(node)):
                return node
        for node in articles:
            if key_of(text_in(node.get("headline"))) in headlines:
                return node
        return articles[0] if articles else {}

    def page(self) -> Node:
        """The node of the page itself, {} if none."""
        return next((node for node in self._nodes if _is_kind(node, _PAGE)), {})

    def kinds(self) -> set[str]:
        """Every @type named."""
        return {kind for node in self._nodes for kind in _kinds(node)}

    def resolve(self, value: Any) -> list[Any]:
        """A value as a list, references to other nodes replaced by these."""
        values = value if isinstance(value, list) else [value]
        return [self._by_id.get(str(one.get("@id")), one) if isinstance(one, dict) else one for one in values if one]

    def names(self, value: Any) -> list[str]:
        """The names of persons or organisations."""
        names = (one.get("name") if isinstance(one, dict) else one for one in self.resolve(value))
        return [text_in(name) for one in names for name in (one if isinstance(one, list) else [one]) if text_in(name)]

    def urls(self, value: Any) -> list[str]:
        """The addresses of pictures."""
        found = []
        for one in self.resolve(value):
            url = (one.get("url") or one.get("contentUrl") or one.get("@id")) if isinstance(one, dict) else one
            found += [text_in(part) for part in (url if isinstance(url, list) else [url])]
        return [url for url in found if url]

    def _addresses_of(self, node: Node) -> list[str]:
        return [*self.urls(node.get("mainEntityOfPage")), text_in(node.get("url")), text_in(node.get("@id"))]


def text_in(value: Any) -> str:
    """A JSON value as text: entities read, [text] and {"@value": text} unwrapped, "" if it is none."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@value")
    if isinstance(value, str):
        return html.unescape(value).strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _load(text: str) -> Any:
    trimmed = _WRAPPING.sub("", text[:_SCRIPT_MAX_LENGTH]).strip()
    for attempt in (trimmed, _COMMA_BEFORE_END.sub(r"\1", trimmed).rstrip(";"), html.unescape(trimmed)):
        try:
            # strict=False: papers leave line ends inside their strings
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _walk(value: Any, most: int) -> list[Node]:
    """Nodes breadth first, so that an article comes before what it is about."""
    found: list[Node] = []
    level = [value]
    while level and len(found) < most:
        deeper: list[Any] = []
        for one in level[:NODES_MAX]:
            if isinstance(one, dict):
                found.append(one)
                deeper += [part for part in one.values() if isinstance(part, dict | list)]
            elif isinstance(one, list):
                deeper += one
        level = deeper
    return found[:most]


def _kinds(node: Node) -> Iterator[str]:
    kinds = node.get("@type")
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if isinstance(kind, str):
            yield kind.rsplit("/", 1)[-1]


def _is_kind(node: Node, pattern: re.Pattern[str]) -> bool:
    return any(pattern.search(kind) for kind in _kinds(node))
