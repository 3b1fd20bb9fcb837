"""The standfirst: what the page prints between headline and body to introduce the article."""

import re

from services.parser.blocks import Block, Blocks
from services.parser.byline import is_byline
from services.parser.phrases import is_furniture_line, is_related_line, is_stamp_line
from services.parser.structured import Declared
from services.parser.text import squeeze

#: Between a line of three words and a long paragraph; longer ones open the body.
MIN_LENGTH, MAX_LENGTH = 30, 900
#: How many blocks after the headline it may stand: after kicker, by-line, stamp, share bar and a caption.
_REACH = 25
#: Papers cut their og:description; so many letters of it printed in a block are the same text.
_CUT_LENGTH = 40
_STRONG = re.compile(r"^h[2-6]$")


def read_standfirst(declared: Declared, blocks: Blocks, headline: str, lines: list[str]) -> str:
    """The article's standfirst, "" if it prints none; `lines` is the body as it was read."""
    start = _index_of_headline(blocks, headline)
    first = _index_of_body(blocks, lines, start)
    near = blocks.all[max(0, start - 3) : start] + blocks.all[start + 1 : max(start + 1 + _REACH, first + 1)]
    described = [squeeze(text.rstrip(".… ")) for text in declared.descriptions if len(text) >= MIN_LENGTH]
    described += [squeeze(element.text_content()) for element in declared.microdata.get("description", [])]
    for block in near:
        if _is_candidate(block, headline) and (
            block.is_lead() or (_is_described(block, described) and _stands_apart(block, lines))
        ):
            return _with_its_next(block, blocks)
    return ""


def _is_candidate(block: Block, headline: str) -> bool:
    return (
        MIN_LENGTH <= len(block.text) <= MAX_LENGTH
        and block.key != squeeze(headline)
        and block.link_share < 0.5
        and block.element.tag not in ("figcaption", "h1", "td", "button")
        and not is_furniture_line(block.text)
        and not is_stamp_line(block.text)
        and not is_byline(block.text, set())
        and not is_related_line(block.text, block.is_link)
    )


def _is_described(block: Block, described: list[str]) -> bool:
    return any(
        block.key == text or (len(text) >= _CUT_LENGTH and (block.key.startswith(text) or text.startswith(block.key)))
        for text in described
    )


def _stands_apart(block: Block, lines: list[str]) -> bool:
    """Whether a block that is also the page's description is more than the body's first paragraph."""
    return (
        bool(_STRONG.match(block.element.tag))
        or _is_all_strong(block)
        or block.key not in {squeeze(line) for line in lines[:6]}
    )


def _is_all_strong(block: Block) -> bool:
    strong = "".join(text for part in block.element.iter("strong", "b", "em") for text in part.itertext())
    return len(squeeze(strong)) >= len(block.key) > 0


def _with_its_next(block: Block, blocks: Blocks) -> str:
    """A standfirst of several points is one element with several blocks."""
    at = blocks.all.index(block)
    texts = [block.text]
    for following in blocks.all[at + 1 : at + 4]:
        is_same = following.element is block.element or (
            following.element.tag == "li" and following.element.getparent() is block.element.getparent()
        )
        if not is_same or len(" ".join(texts)) + len(following.text) > MAX_LENGTH:
            break
        texts.append(following.text)
    return " ".join(texts)


def _index_of_headline(blocks: Blocks, headline: str) -> int:
    key = squeeze(headline)
    found = [index for index, block in enumerate(blocks.all) if block.key == key]
    heads = [index for index in found if blocks.all[index].element.tag in ("h1", "h2")]
    return next(iter((*heads, *found)), -1)


def _index_of_body(blocks: Blocks, lines: list[str], start: int) -> int:
    keys = {squeeze(line) for line in lines if len(line) > 80}
    return next((index for index, block in enumerate(blocks.all) if index > start and block.key in keys), start)
