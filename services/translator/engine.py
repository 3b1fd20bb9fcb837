"""What a translation engine is: it puts segments into another language; translate.py makes a field of them."""

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from services.translator import engines
from shared.errors import Retryable, SettingError
from shared.languages import LANGUAGES, others_than


@runtime_checkable
class TranslationEngine(Protocol):
    """Translates between the pairs that it serves, pivoting by itself where it has to."""

    name: str
    reads_capitals: bool  # False: what is written in capitals throughout is put into lower case first

    @property
    def version(self) -> str:
        """What the quality depends on: a model's or dictionary's version; at most 200 characters."""
        ...

    def serves(self, source: str, target: str) -> bool:
        """Whether it translates this pair now; the answer may change, and is cheap."""
        ...

    def translate(self, segments: Sequence[str], source: str, target: str) -> list[str]:
        """Each segment (a sentence or less, no line break in it) in the other language, in the same order.

        One that the engine cannot do comes back as it was. When nothing can be done: Postponed (a server that is busy),
        Retryable or Unprocessable.
        """
        ...


def load_engines(names: Sequence[str]) -> tuple[TranslationEngine, ...]:
    """The engines of a setting, in its order; the first that serves a pair translates it."""
    choices = sorted(module.name for module in pkgutil.iter_modules(engines.__path__))
    for name in names:
        if name not in choices:
            raise SettingError(f"KIOSQUE_TRANSLATOR_ENGINES names {name!r}; there are: {', '.join(choices)}")
    return tuple(importlib.import_module(f"{engines.__name__}.{name}").Engine() for name in names)


def served_pairs(engines_: Sequence[TranslationEngine]) -> frozenset[str]:
    """What can be translated now, as a ledger row that waits for it says it: "fr>es"."""
    return frozenset(
        pair_name(source, target)
        for source in LANGUAGES
        for target in others_than(source)
        if any(engine.serves(source, target) for engine in engines_)
    )


def ask(engine: TranslationEngine, segments: Sequence[str], source: str, target: str) -> list[str]:
    """What the engine makes of the segments; Retryable if it is not one answer each."""
    answers = engine.translate(segments, source, target) if segments else []
    if len(answers) != len(segments):
        raise Retryable("bad_answer", f"{engine.name} gave {len(answers)} answers to {len(segments)} sentences")
    return answers


def pair_name(source: str, target: str) -> str:
    """The pair as the ledger says it: "fr>es"."""
    return f"{source}>{target}"
