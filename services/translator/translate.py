"""Puts one field of an article into another language: sentence by sentence, names kept, faults left out."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog

from services.translator.capitals import is_in_capitals, put_into_lower_case
from services.translator.descriptions import is_description
from services.translator.engine import TranslationEngine, ask, pair_name
from services.translator.guards import fault_of
from services.translator.masking import Masked, Masker, unmask
from services.translator.segments import split_text
from shared.contracts import Translation, TranslationRequest
from shared.errors import Unprocessable, Waiting

log = structlog.get_logger()

#: Of the words that an engine was asked for, so many may come back unusable; over that the text is no translation.
KEPT_MOST = 0.5

_LINE_BREAK = re.compile(r"\s*[\n\r\u2028\u2029]\s*")


def translate(request: TranslationRequest, engines: Sequence[TranslationEngine]) -> Translation:
    """The field by the first engine that serves the pair; Waiting ("fr>ar") if none does.

    A sentence whose translation is faulty stays as it was written.
    """
    source, target = request.source_language, request.target_language
    if source == target:
        raise Unprocessable("same_language", f"the text is already in {target}")
    engine = next((one for one in engines if one.serves(source, target)), None)
    if engine is None:
        raise Waiting("no_engine", pair_name(source, target))
    segments = split_text(request.text, source)
    answers = _Field(request, engine).translate([words for words, _ in segments])
    text = "".join(answer + gap for answer, (_, gap) in zip(answers, segments, strict=True))
    return Translation(text, engine.name, engine.version, source, target)


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A segment as the engine is asked for it, with its names masked and with its names open."""

    words: str
    masked: Masked
    open: str


class _Field:
    """One request and the engine that does it."""

    def __init__(self, request: TranslationRequest, engine: TranslationEngine) -> None:
        self._source, self._target, self._engine = request.source_language, request.target_language, engine
        self._masker = Masker(_names_to_keep(request))

    def translate(self, segments: Sequence[str]) -> list[str]:
        """The segments in the other language; those that came back faulty twice as they were."""
        sentences = [self._prepare(words) for words in segments]
        wanted = [at for at, sentence in enumerate(sentences) if sentence.masked.has_words]
        answers = list(segments)
        faults: dict[int, str] = {}
        for at, answer in zip(wanted, self._ask([sentences[at].masked.text for at in wanted]), strict=True):
            masked = sentences[at].masked
            unmasked = unmask(answer, masked)
            faults[at] = "names" if unmasked is None else fault_of(answer, masked.text)
            answers[at] = unmasked if unmasked is not None and not faults[at] else segments[at]
        again = [at for at, fault in faults.items() if fault and sentences[at].masked.stands_for]
        for at, answer in zip(again, self._ask([sentences[at].open for at in again]), strict=True):
            faults[at] = fault_of(answer, sentences[at].open)
            answers[at] = segments[at] if faults[at] else answer
        self._judge({segments[at]: fault for at, fault in faults.items()})
        return answers

    def _prepare(self, words: str) -> _Sentence:
        in_capitals = is_in_capitals(words)
        masked = self._masker.mask(words, in_capitals=in_capitals)
        if not in_capitals or self._engine.reads_capitals:
            return _Sentence(words, masked, words)
        stands_for = tuple((word, self._masker.as_written(name)) for word, name in masked.stands_for)
        lowered = Masked(put_into_lower_case(masked.text, frozenset(word for word, _ in stands_for)), stands_for)
        return _Sentence(words, lowered, unmask(lowered.text, lowered) or words)

    def _ask(self, texts: Sequence[str]) -> list[str]:
        answers = ask(self._engine, texts, self._source, self._target)
        return [_LINE_BREAK.sub(" ", answer).strip() for answer in answers]  # the gaps are ours

    def _judge(self, faults: dict[str, str]) -> None:
        """Unprocessable if too much was kept as it was."""
        kept = {words: fault for words, fault in faults.items() if fault}
        if not kept:
            return
        counts = dict(Counter(kept.values()))
        log.info("segments.kept", pair=pair_name(self._source, self._target), of=len(faults), **counts)
        if _words(kept) > KEPT_MOST * _words(faults):
            told = ", ".join(f"{fault} {count}" for fault, count in sorted(counts.items()))
            engine = f"{self._engine.name} {self._engine.version}"
            raise Unprocessable("untranslatable", f"{engine}: {len(kept)} of {len(faults)} sentences faulty ({told})")


def _names_to_keep(request: TranslationRequest) -> list[str]:
    if "ar" in (request.source_language, request.target_language):
        return []  # a name in the other script would be worse than one that the engine writes in its own
    return [name for name in request.names if not is_description(name, request.source_language)]


def _words(sentences: Iterable[str]) -> int:
    return sum(len(sentence.split()) for sentence in sentences)
