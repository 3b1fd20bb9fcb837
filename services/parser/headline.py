"""The headline: the h1 nearest to the titles that the page declares, else these with the paper's name cut off."""

import re

from services.parser.page import classes_of, text_of
from services.parser.structured import Declared
from services.parser.text import key_of, words_of

_RULE = re.compile(r"\s+[|–—·•»:\-‹›/]+\s+|\s*[|»]\s*|\s+-+\s*$")
_HIDDEN = re.compile(r"logo|sr-only|visually-hidden|screen-reader|cookie|site-title|site-name|newsletter")
#: Share of words that an h1 has in common with a declared title, from which on it is the same headline.
_SAME = 0.5
#: A headline of more characters is a paragraph that somebody marked as one.
HEADLINE_MAX_LENGTH = 400


def read_headline(declared: Declared) -> str:
    """The article's headline, "" if the page has none."""
    titles = [title for title in (without_names(title, declared) for title in declared.titles) if title]
    heads = _heads(declared)
    wanted = [*titles, declared.page.hints.headline] if declared.page.hints.headline else titles
    scored = [(max((likeness(head, title) for title in wanted), default=0.0), -index) for index, head in enumerate(heads)]
    if scored and (best := max(scored))[0] >= _SAME:
        return heads[-best[1]]
    if titles:
        return titles[0]
    return heads[0] if heads else declared.page.hints.headline


def likeness(one: str, other: str) -> float:
    """Share of the words that two lines have in common, 0 to 1."""
    first, second = words_of(one), words_of(other)
    if not first or not second:
        return 0.0
    common = sum(min(first.count(word), second.count(word)) for word in set(first))
    return 2 * common / (len(first) + len(second))


def without_names(title: str, declared: Declared) -> str:
    """A title without the names of paper and section that stand before or after it."""
    names = _names(declared)
    parts = _RULE.split(title)
    rules = _RULE.findall(title)
    while len(parts) > 1 and _is_name(parts[-1], names):
        parts.pop()
    skipped = 0
    while len(parts) - skipped > 1 and _is_name(parts[skipped], names):
        skipped += 1
    kept = parts[skipped]
    for rule, part in zip(rules[skipped:], parts[skipped + 1 :], strict=False):
        kept += rule + part
    return kept.strip()


def _heads(declared: Declared) -> list[str]:
    names = _names(declared)
    found = []
    for level in ("h1", "h2"):
        for element in declared.page.root.iter(level):
            text = text_of(element)
            if text and len(text) <= HEADLINE_MAX_LENGTH and not _HIDDEN.search(classes_of(element)) and key_of(text) not in names:
                found.append(text)
        if found:
            break
    return found


def _names(declared: Declared) -> set[str]:
    host = declared.page.host
    label = host.rsplit(".", 2)[0].split(".")[-1] if "." in host else host
    names = {host, label, declared.page.hints.name, *declared.site_names}
    return {key_of(name) for name in names if name} | declared.sections


def _is_name(part: str, names: set[str]) -> bool:
    key = key_of(part)
    return not key or key in names or key.replace(" ", "") in names
