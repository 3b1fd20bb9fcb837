"""An article's memory of persons: once "Brett Kavanaugh" was named, "Kavanaugh" alone is he."""

from collections.abc import Iterable
from dataclasses import replace

from services.tagger.engine import Span
from services.tagger.lexicon import LEXICONS
from services.tagger.tokens import Token, fold, tokenise

LONGEST_NAME = 6
SHORTEST_SURNAME = 3
#: What a surname may begin with ("El Fassi", "de Guindos", بن سلمان): the particle is remembered with it.
PARTICLES = frozenset(word for lexicon in LEXICONS.values() for word in lexicon.particles) - {"y", "d", "o"}
_PROCLITICS = "وفبلك"


class NameMemory:
    """Full names of one article, by each part that may stand for them alone."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._full: dict[tuple[str, ...], str] = {}
        persons = [span for span in spans if span.kind == "PER"]
        names = sorted({span.canonical for span in persons}, key=lambda name: (name.isupper(), -len(name), name))
        for name in names:
            keys = _keys(name)
            if len(keys) > 1:
                self._full.setdefault(keys, name)
        self._short: dict[tuple[str, ...], str] = {}
        ambiguous: set[tuple[str, ...]] = set()
        for keys, name in self._full.items():
            for short in _short_forms(keys):
                if self._short.setdefault(short, name) != name and not _is_part(self._short[short], name):
                    ambiguous.add(short)
        for short in ambiguous:
            # two of one surname in an article: the mention stands, as itself
            del self._short[short]

    def complete(self, text: str, spans: list[Span]) -> list[Span]:
        """The spans with known persons named in full, and the lone surnames that were passed over."""
        if not self._full:
            return spans
        named = [self._name_in_full(span) for span in spans]
        tokens = tokenise(text)
        added: list[Span] = []
        start = 0
        while start < len(tokens):
            count, canonical = self._at(tokens, start)
            if count:
                one = Span(tokens[start].start, tokens[start + count - 1].end, "PER", canonical)
                if all(_yields(other, one) for other in named if other.overlaps(one)):
                    named = [other for other in named if not other.overlaps(one)]
                    added.append(one)
            start += count or 1
        return sorted([*named, *added], key=lambda span: span.start)

    def _name_in_full(self, span: Span) -> Span:
        if span.kind != "PER":
            return span
        keys = _keys(span.canonical)
        canonical = self._full.get(keys) or self._short.get(keys)
        return replace(span, canonical=canonical) if canonical else span

    def _at(self, tokens: list[Token], start: int) -> tuple[int, str]:
        first = tokens[start]
        is_arabic = "\u0600" <= first.text[0] <= "\u06ff"
        if not is_arabic and not first.is_capital:
            return 0, ""
        for head in _heads(first.key, is_arabic):
            for count in range(min(LONGEST_NAME, len(tokens) - start), 0, -1):
                part = tokens[start : start + count]
                if not all(token.is_joined for token in part[1:]) or not (is_arabic or part[-1].is_capital):
                    continue
                keys = (head, *(token.key for token in part[1:]))
                canonical = self._full.get(keys) or self._short.get(keys)
                if canonical:
                    return count, canonical
        return 0, ""


def _keys(name: str) -> tuple[str, ...]:
    return tuple(token.key for token in tokenise(name))


def _heads(key: str, is_arabic: bool) -> tuple[str, ...]:
    if is_arabic and len(key) > 4 and key[0] in _PROCLITICS:
        return key, key[1:]
    return (key,)


def _short_forms(keys: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """The surname, with its particles and without: ("el", "fassi") and ("fassi",)."""
    last = len(keys) - 1
    lexicon_words = _COMMON
    if len(keys[last]) >= SHORTEST_SURNAME and keys[last] not in lexicon_words:
        yield keys[last:]
    first = last
    while first > 1 and keys[first - 1] in PARTICLES:
        first -= 1
        yield keys[first:]


def _is_part(one: str, other: str) -> bool:
    short, long = sorted((set(_keys(one)), set(_keys(other))), key=len)
    return short <= long


def _yields(other: Span, person: Span) -> bool:
    """Whether a span gives way to a remembered person: a guess of the same words does, a linked place does not."""
    inside = person.start <= other.start and other.end <= person.end
    return inside and (other.kind == "LOC" or (other.start, other.end) == (person.start, person.end)) and not other.link


_COMMON = frozenset(
    fold(word)
    for lexicon in LEXICONS.values()
    for word in (*lexicon.stop, *lexicon.calendar, *lexicon.demonyms, *lexicon.titles)
)
