"""The page's blocks of text: where each stands, how much of it is links, found again by what it says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from services.parser.page import classes_of
from services.parser.text import clean, squeeze

_BLOCKS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hgroup hr li main nav ol p pre section table tbody td tfoot th thead tr ul".split()
)
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|social|partage|compartir|newsletter|subscribe|abonne|abo|paywall|related|relacionad|lire-?aussi|read-?also|"
    r"read-?more|more-?on|see-?also|comments?|commentaires?|comentarios?|cookies?|consent|banner|promo|advert|ads?|pub|tags?|breadcrumbs?|"
    r"crumbs|author-?(?:bio|box)|widget|toolbar|follow|recommend\w*|teaser|outbrain|taboola|signup|most-?read|trending)(?:$|[\s_-])"
)
_LEAD = re.compile(
    r"(?:^|[\s_-]|__)(?:chapo|chapeau|chap[oô]|standfirst|stand-first|lead|lede|intro|introduction|excerpt|sub-?head(?:line|ing)?|sub-?title|subtitulo|"
    r"soustitre|sous-titre|entradilla|bajada|dek|deck|teaser-?text|article-?desc(?:ription)?|summary|abstract|resume|accroche|"
    r"post-intro|article-intro|articlelead|hero-?text|strapline)(?:$|[\s_-]|__)"
)

_START_LENGTH = 4


@dataclass(slots=True)
class Block:
    """A line of text that no other block lies in."""

    text: str
    key: str  # what two copies of the line have in common
    element: HtmlElement  # the innermost block element around it
    link_share: float  # of its characters

    @property
    def is_link(self) -> bool:
        """Whether it is links and hardly anything else."""
        return self.link_share > 0.8

    @property
    def make(self) -> tuple[str, ...]:
        """Tag and class of its element and of three above: what the paragraphs of one article share."""
        return tuple(f"{one.tag}.{one.get('class') or ''}" for one in _around(self.element, 3))

    def is_furniture(self) -> bool:
        """Whether it stands in a part of the page that is named for something else than the article."""
        return any(
            _FURNITURE.search(classes_of(one)) or one.tag in ("nav", "footer") for one in _around(self.element, 3)
        )

    def is_lead(self) -> bool:
        """Whether it is marked as what introduces the article."""
        return any(_LEAD.search(classes_of(one)) for one in _around(self.element, 2))


class Blocks:
    """Every block of a page in reading order."""

    def __init__(self, root: HtmlElement) -> None:
        self.all = list(read_blocks(root.find("body")))
        self._by_key: dict[str, Block] = {}
        self._by_start: dict[str, list[Block]] = {}
        for block in self.all:
            self._by_key.setdefault(block.key, block)
            self._by_start.setdefault(block.key[:_START_LENGTH], []).append(block)

    def find(self, text: str) -> Block | None:
        """The first block that says just this."""
        return self._by_key.get(squeeze(text))

    def starting_with(self, key: str) -> list[Block]:
        """The blocks whose key begins so."""
        return [block for block in self._by_start.get(key[:_START_LENGTH], ()) if block.key.startswith(key)]


def _around(element: HtmlElement, most: int) -> Iterator[HtmlElement]:
    yield element
    for number, above in enumerate(element.iterancestors(), start=1):
        if number > most or above.tag in ("body", "html", "main", "article"):
            return
        yield above


def read_blocks(body: HtmlElement) -> Iterator[Block]:
    """Text between the edges of block elements and line breaks, in one walk without recursion; `body` may be any element."""
    gathered: list[tuple[str, bool]] = []
    owners: list[HtmlElement] = [body]
    links = 0
    for event, element in iterwalk(body, events=("start", "end")):
        tag = element.tag
        is_block = tag in _BLOCKS
        if gathered and (is_block or tag == "br"):
            yield _close(gathered, owners[-1])
        if event == "start":
            text = element.text
            if is_block:
                owners.append(element)
            elif tag == "a":
                links += 1
        else:
            text = element.tail
            if is_block:
                owners.pop()
            elif tag == "a":
                links -= 1
        # a space between two blocks is no text
        if text and (gathered or not text.isspace()) and not (element is body and event == "end"):
            gathered.append((text, links > 0))
    if gathered:
        yield _close(gathered, body)


def _close(gathered: list[tuple[str, bool]], owner: HtmlElement) -> Block:
    text = clean("".join([piece for piece, _ in gathered]))
    linked = sum([len(piece.strip()) for piece, is_link in gathered if is_link])
    gathered.clear()
    return Block(text, squeeze(text), owner, min(1.0, linked / max(len(text), 1)))
