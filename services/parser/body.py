"""The body as trafilatura reads it: cautiously, and with what caution lost given back."""

from collections import Counter
from collections.abc import Iterator

import trafilatura
from lxml.etree import _Element, iterwalk
from lxml.html import HtmlElement

from services.parser.blocks import Blocks
from services.parser.text import clean, squeeze

#: Less than half of the default reading: the cautious one has lost the article (reference: extraction.md, section 3).
_LOST = 0.5
#: From this share of the page's prose on, the cautious reading has it all and the slower default one is spared: on 468
#: pages that is so for three in four, F1 is the same.
_WHOLE = 0.75
_PROSE_LENGTH = 80
_PROSE_LINKS = 0.3
_UNITS = frozenset(
    {"p", "head", "item", "row", "cell", "code", "ab", "quote", "list", "table", "div", "lb", "dt", "dd"}
)
ENTRY_MARK = "- "
_PIECE_LENGTH = 40
#: So many paragraphs of one make are no chance.
_ALIKE = 3


def read_lines(root: HtmlElement, blocks: Blocks) -> list[str]:
    """The article's text, a line a paragraph; some of them may still be the site's."""
    return _complete(_choose(root, blocks), blocks)


def _choose(root: HtmlElement, blocks: Blocks) -> list[str]:
    cautious = _extract(root, favor_precision=True, fast=True)
    if _share_of_prose(cautious, blocks) >= _WHOLE:
        return cautious
    default = _extract(root)
    if _length(cautious) <= _LOST * _length(default):
        return default
    restored = _restore(cautious, default, blocks)
    return max(cautious, restored, key=_length)


def _complete(lines: list[str], blocks: Blocks) -> list[str]:
    """The reading with the paragraphs after its first that are made like at least three of its own.

    Papers cut long articles into containers, of which trafilatura may take the first alone.
    """
    keys = {_key(line) for line in lines}
    held = [at for at, block in enumerate(blocks.all) if block.key in keys and len(block.text) >= _PIECE_LENGTH]
    makes = Counter(blocks.all[at].make for at in held)
    own = {make for make, count in makes.items() if count >= _ALIKE}
    lost = [
        block
        for block in blocks.all[held[0] if held else 0 :]
        if block.key not in keys
        and len(block.text) >= _PIECE_LENGTH
        and block.link_share < _PROSE_LINKS
        and block.make in own
    ]
    if not lost:
        return lines
    at_key: dict[str, int] = {}
    for at, block in enumerate(blocks.all):
        at_key.setdefault(block.key, at)
    placed: list[tuple[int, str]] = []
    for line in lines:
        before = placed[-1][0] if placed else -1
        placed.append((at_key.get(_key(line), before), line))
    placed += [(at_key[block.key], block.text) for block in lost]
    return [line for _, line in sorted(placed, key=lambda pair: pair[0])]


def _restore(cautious: list[str], default: list[str], blocks: Blocks) -> list[str]:
    """The cautious reading with those lines of the default one that stand in the page beside lines it has."""
    kept = set(cautious)
    beside: set[HtmlElement] = set()
    for line in cautious:
        beside.update(_parents(line, blocks))
    return [line for line in default if line in kept or beside & set(_parents(line, blocks))]


def _parents(line: str, blocks: Blocks) -> list[HtmlElement]:
    block = blocks.find(line.removeprefix(ENTRY_MARK))
    return [] if block is None else [above for above, _ in zip(block.element.iterancestors(), range(2), strict=False)]


def _share_of_prose(lines: list[str], blocks: Blocks) -> float:
    keys = {_key(line) for line in lines}
    prose = [block.key for block in blocks.all if len(block.text) >= _PROSE_LENGTH and block.link_share < _PROSE_LINKS]
    whole = sum(map(len, prose))
    return sum(len(key) for key in prose if key in keys) / whole if whole else 0.0


def _extract(root: HtmlElement, *, favor_precision: bool = False, fast: bool = False) -> list[str]:
    found = trafilatura.bare_extraction(root, include_comments=False, favor_precision=favor_precision, fast=fast)
    if found is None or isinstance(found, dict) or found.body is None:
        return []
    return [line for line in map(clean, _lines(found.body)) if line and line != ENTRY_MARK.strip()]


def _key(line: str) -> str:
    return squeeze(line.removeprefix(ENTRY_MARK))


def _length(lines: list[str]) -> int:
    return sum(map(len, lines))


def _lines(body: _Element) -> Iterator[str]:
    """The text of trafilatura's tree, divided where a paragraph, a heading, an entry or a line ends."""
    gathered: list[str] = []
    for event, element in iterwalk(body, events=("start", "end")):
        if element.tag in _UNITS:
            yield "".join(gathered)
            gathered.clear()
        if event == "start" and element.tag == "item":
            gathered.append(ENTRY_MARK)
        text = element.text if event == "start" else element.tail
        if text:
            gathered.append(text)
    yield "".join(gathered)
