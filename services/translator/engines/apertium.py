"""Apertium by persistent pipes: French, Spanish and English by rules; French and English by way of Spanish."""

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence

import structlog

from services.translator.apertium_home import Home, Way, find_apertium
from services.translator.apertium_pipe import Pipe, PipeBrokenError
from services.translator.typography import set_punctuation
from shared.errors import Retryable
from shared.settings import settings

log = structlog.get_logger()

#: So many sentences of one text may break a row twice; then it is not the sentences.
GIVE_UP_AFTER = 3

# A word that a dictionary cannot build comes out as its analysis: "[y]" as "[<prn>]".
_ANALYSIS = re.compile(r"(?:<[a-z0-9]+>)+")
_SPACES = re.compile(r"  +")
_MONSIEUR = re.compile(r"\bM\. (?=[A-ZÀ-Þ])")


class Engine:
    """Starts a pipe at a direction's first text and keeps the most recently used ones open."""

    name = "apertium"
    reads_capitals = True  # "MAROC" is in its dictionaries, "maroc" is not

    def __init__(self) -> None:
        self._is_off = settings().apertium == "off"
        self._most_open = settings().apertium_directions
        self._pipes: OrderedDict[Way, Pipe] = OrderedDict()
        self._lock = threading.Lock()  # two threads on one pipe would get each other's sentences

    @property
    def version(self) -> str:
        """The language pairs' versions."""
        return self._home().version

    def serves(self, source: str, target: str) -> bool:
        """Whether there is a way now: the copy under var/ may arrive while we run."""
        return bool(self._home().route(source, target))

    def translate(self, segments: Sequence[str], source: str, target: str) -> list[str]:
        """Every segment through one pipe after another."""
        home = self._home()
        route = home.route(source, target)
        if not route:
            raise Retryable("engine_failed", f"Apertium no longer serves {source}>{target}")
        translated = [_prepare(segment, source) for segment in segments]
        with self._lock:
            for way in route:
                answers = self._pass(home, way, translated)
                translated = [_tidy(*pair) for pair in zip(answers, translated, strict=True)]
        return [set_punctuation(answer, target) for answer in translated]

    def close(self) -> None:
        """End every pipe."""
        with self._lock:
            while self._pipes:
                self._pipes.popitem()[1].close()

    def _home(self) -> Home:
        return Home({}, {}) if self._is_off else find_apertium()

    def _pass(self, home: Home, way: Way, segments: Sequence[str]) -> list[str]:
        answers: list[str] = []
        suspect, given_up = -1, 0
        while len(answers) < len(segments):
            try:
                answers += self._pipe(home, way).ask(segments[len(answers) :])
                continue
            except PipeBrokenError as broken:
                self._drop(way)
                answers += broken.answers
                log.warning("apertium.broken", pair=way.package, why=str(broken))
            if len(answers) != suspect:
                suspect = len(answers)
                continue
            self._probe(home, way)
            given_up += 1
            if given_up == GIVE_UP_AFTER:
                raise Retryable("engine_failed", f"{way.package} broke on {given_up} sentences of this text")
            answers.append(segments[suspect])
        return answers

    def _probe(self, home: Home, way: Way) -> None:
        """Retryable if not even a number comes through: then the installation is at fault, not the sentence."""
        try:
            self._pipe(home, way).ask(["1"])
        except PipeBrokenError as broken:
            self._drop(way)
            raise Retryable("engine_failed", f"{way.package} {way.version} does not run: {broken}") from broken

    def _pipe(self, home: Home, way: Way) -> Pipe:
        if way in self._pipes:
            self._pipes.move_to_end(way)
            return self._pipes[way]
        while len(self._pipes) >= self._most_open:
            self._pipes.popitem(last=False)[1].close()
        self._pipes[way] = Pipe(way.commands, home.environment)
        return self._pipes[way]

    def _drop(self, way: Way) -> None:
        if way in self._pipes:
            self._pipes.pop(way).close()


def _prepare(segment: str, source: str) -> str:
    """French "M." is in no dictionary, "monsieur" is; a sentence ends at it for none that is divided already."""
    return _MONSIEUR.sub("monsieur ", segment) if source == "fr" else segment


def _tidy(answer: str, segment: str) -> str:
    """Without the traces of words that the generator did not know, and of words that fell away."""
    if "<" not in segment:
        answer = _ANALYSIS.sub("", answer)
    return (answer if "  " in segment else _SPACES.sub(" ", answer)).strip()
