"""What a tagging engine is: it finds names in one text; tag.py makes an article's mentions of them."""

import importlib
import pkgutil
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from services.tagger import engines
from shared.contracts import EntityKind
from shared.errors import SettingError


@dataclass(frozen=True, slots=True)
class Span:
    """A name in a text: `text[start:end]`, offsets in code points."""

    start: int
    end: int
    kind: EntityKind
    canonical: str  # the name to show: without clitics, in the text's language
    link: str = ""  # one id across the languages, "" if there is none

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share a character."""
        return self.start < other.end and other.start < self.end


@runtime_checkable
class TaggingEngine(Protocol):
    """Finds persons, places and organisations in the languages that it names."""

    name: str
    version: str
    languages: frozenset[str]

    def find(self, text: str, language: str) -> list[Span]:
        """The names in a text, in reading order, none overlapping."""
        ...


def load_engines(names: tuple[str, ...]) -> tuple[TaggingEngine, ...]:
    """The engines of a setting, in its order; the first that speaks an article's language tags it."""
    choices = sorted(module.name for module in pkgutil.iter_modules(engines.__path__))
    for name in names:
        if name not in choices:
            raise SettingError(f"KIOSQUE_TAGGER_ENGINES names {name!r}; there are: {', '.join(choices)}")
    return tuple(importlib.import_module(f"{engines.__name__}.{name}").Engine() for name in names)


def without_overlaps(spans: list[Span]) -> list[Span]:
    """The outermost names in reading order: the longer wins, of two as long the one that was found first."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start - span.end):
        if not any(span.overlaps(other) for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)
