"""An engine that remembers what it has lately translated: the same sentence is not asked twice."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

from services.translator.engine import TranslationEngine, ask

#: Sentences kept: about 1 MB; an edited article finds most of its own again.
MOST = 4096


class Remembered:
    """The engine itself, by its protocol; what it remembers belongs to one version of it."""

    def __init__(self, engine: TranslationEngine, most: int = MOST) -> None:
        self.name, self.reads_capitals = engine.name, engine.reads_capitals
        self._engine, self._most = engine, most
        self._answers: OrderedDict[bytes, str] = OrderedDict()

    @property
    def version(self) -> str:
        """The engine's."""
        return self._engine.version

    def serves(self, source: str, target: str) -> bool:
        """As the engine does."""
        return self._engine.serves(source, target)

    def translate(self, segments: Sequence[str], source: str, target: str) -> list[str]:
        """What is remembered from memory, the rest from the engine."""
        about = f"{self.version}\0{source}\0{target}\0"
        keys = [hashlib.sha256(f"{about}{segment}".encode(errors="replace")).digest() for segment in segments]
        asked = dict(zip(keys, segments, strict=True))
        missing = [key for key in asked if key not in self._answers]
        answers = {key: self._answers[key] for key in asked if key in self._answers}
        answers |= zip(missing, ask(self._engine, [asked[key] for key in missing], source, target), strict=True)
        # what came back as it was may have been a passing weakness
        self._keep({key: answers[key] for key in asked if answers[key] != asked[key]})
        return [answers[key] for key in keys]

    def _keep(self, answers: dict[bytes, str]) -> None:
        for key, answer in answers.items():
            self._answers[key] = answer
            self._answers.move_to_end(key)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)
