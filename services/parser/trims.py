"""Takes out of a body what is not the article's own text, and mends lines that the reading broke."""

from collections.abc import Iterable, Iterator

from services.parser.blocks import Block, Blocks
from services.parser.body import ENTRY_MARK
from services.parser.byline import is_byline
from services.parser.phrases import announces_related, is_furniture_line, is_related_line, is_stamp_line
from services.parser.text import key_of, squeeze

#: So many lines at a body's beginning may be headline, kicker, stamp and by-line again.
_OPENING = 6
_CLOSING = 3
_KICKER_MAX_LENGTH = 60
#: A line that comes twice is a pull quote or a caption from so many characters on; "- Oui." may well come twice.
_REPEATED_LENGTH = 40


def trim(lines: list[str], blocks: Blocks, headline: str, standfirst: str, byline: Iterable[str]) -> list[str]:
    """The body's paragraphs."""
    mended = list(_mend(lines, blocks))
    own = list(_without_related(_without_teasers(mended, blocks), blocks))
    opening = _without_opening(own, headline, standfirst, {key_of(name) for name in byline})
    return list(_once(opening))


def _mend(lines: list[str], blocks: Blocks) -> Iterator[str]:
    """Lines that are pieces of one block, put together as the page has them."""
    at = 0
    while at < len(lines):
        whole, count = _block_of_pieces(lines, at, blocks)
        yield whole.text if whole else lines[at]
        at += count


def _block_of_pieces(lines: list[str], at: int, blocks: Blocks) -> tuple[Block | None, int]:
    start = squeeze(lines[at])
    if not start or lines[at].startswith(ENTRY_MARK) or at + 1 == len(lines) or blocks.find(lines[at]):
        return None, 1
    following = squeeze(lines[at + 1])
    if len(start + following) < 4:
        return None, 1
    for block in blocks.starting_with(start + following):
        joined, end = start, at + 1
        while end < len(lines) and len(joined) < len(block.key) and block.key.startswith(joined + squeeze(lines[end])):
            joined += squeeze(lines[end])
            end += 1
        if joined == block.key:
            return block, end - at
    return None, 1


def _without_teasers(lines: list[str], blocks: Blocks) -> list[str]:
    """The lines up to the last that is no link: what follows announces other articles."""
    last = len(lines)
    while last and (block := blocks.find(lines[last - 1].removeprefix(ENTRY_MARK))) and block.is_link:
        last -= 1
    return lines[:last]


def _without_related(lines: list[str], blocks: Blocks) -> Iterator[str]:
    is_after = False
    for line in lines:
        block = blocks.find(line.removeprefix(ENTRY_MARK))
        is_link = block is not None and block.is_link
        if is_related_line(line, is_link):
            is_after = announces_related(line)
            continue
        if is_after and is_link:
            continue
        is_after = False
        if (
            not is_furniture_line(line)
            and not _is_caption(block)
            and not (is_link and block is not None and block.is_furniture())
        ):
            yield line


def _is_caption(block: Block | None) -> bool:
    return block is not None and any(
        above.tag == "figcaption" for above in (block.element, *block.element.iterancestors())
    )


def _without_opening(lines: list[str], headline: str, standfirst: str, names: set[str]) -> list[str]:
    """The lines without headline, standfirst, stamp and by-line, which an article has elsewhere."""
    heading = key_of(headline)
    introduced = squeeze(standfirst)
    opening = lines[:_OPENING]
    after_headline = next((at + 1 for at, line in enumerate(opening) if key_of(line) == heading), 0)
    if all(len(line) <= _KICKER_MAX_LENGTH for line in opening[: max(0, after_headline - 1)]):
        lines = lines[after_headline:]
    kept: list[str] = []
    for at, line in enumerate(lines):
        key = squeeze(line)
        if introduced and not kept and len(key) > 10 and key in introduced:
            continue
        bare = line.removeprefix(ENTRY_MARK)
        is_edge = at < _OPENING or at >= len(lines) - _CLOSING
        if is_edge and (
            key_of(line) == heading or is_stamp_line(bare) or is_byline(bare, names if at < _OPENING else set())
        ):
            continue
        # what a standfirst in the same block left behind
        kept.append(line if kept else line.lstrip(" .,;:"))
    return kept


def _once(lines: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for line in lines:
        key = squeeze(line)
        if key in seen and len(line) >= _REPEATED_LENGTH:
            continue
        seen.add(key)
        if key:
            yield line
