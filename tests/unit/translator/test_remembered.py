"""The memory of an engine."""

import pytest

from services.translator.engine import TranslationEngine
from services.translator.remembered import Remembered
from shared.errors import Retryable


class Counting:
    """Adds the target to each segment and keeps what it was asked."""

    name = "counting"
    reads_capitals = True

    def __init__(self):
        self.version = "1"
        self.asked = []

    def serves(self, source, target):
        return (source, target) == ("fr", "es")

    def translate(self, segments, source, target):
        self.asked.append(list(segments))
        return [segment if segment == "same" else f"{segment}@{target}" for segment in segments]


@pytest.fixture
def engine():
    return Counting()


def test_it_is_the_engine_by_its_protocol(engine):
    remembered = Remembered(engine)
    assert isinstance(remembered, TranslationEngine)
    assert (remembered.name, remembered.version, remembered.reads_capitals) == ("counting", "1", True)
    assert remembered.serves("fr", "es")
    assert not remembered.serves("es", "fr")


def test_a_sentence_is_asked_once_also_within_one_text(engine):
    remembered = Remembered(engine)
    assert remembered.translate(["a", "b", "a"], "fr", "es") == ["a@es", "b@es", "a@es"]
    assert remembered.translate(["c", "b"], "fr", "es") == ["c@es", "b@es"]
    assert engine.asked == [["a", "b"], ["c"]]


def test_what_is_all_remembered_asks_nothing(engine):
    remembered = Remembered(engine)
    remembered.translate(["a"], "fr", "es")
    remembered.translate(["a"], "fr", "es")
    assert engine.asked == [["a"]]


def test_another_language_or_version_is_asked_anew(engine):
    remembered = Remembered(engine)
    remembered.translate(["a"], "fr", "es")
    assert remembered.translate(["a"], "fr", "en") == ["a@en"]
    engine.version = "2"
    remembered.translate(["a"], "fr", "es")
    assert len(engine.asked) == 3


def test_what_came_back_as_it_was_is_asked_again(engine):
    remembered = Remembered(engine)
    for _ in range(2):
        assert remembered.translate(["same"], "fr", "es") == ["same"]
    assert len(engine.asked) == 2


def test_the_longest_unused_are_forgotten(engine):
    remembered = Remembered(engine, most=2)
    remembered.translate(["a", "b"], "fr", "es")
    remembered.translate(["a"], "fr", "es")
    remembered.translate(["c"], "fr", "es")
    engine.asked.clear()
    remembered.translate(["a", "c"], "fr", "es")
    assert engine.asked == []
    remembered.translate(["b"], "fr", "es")
    assert engine.asked == [["b"]]


def test_an_engine_that_loses_answers_is_not_believed(engine, monkeypatch):
    remembered = Remembered(engine)
    remembered.translate(["a", "b"], "fr", "es")
    # four answers to the two that are missing would be as many as were asked for
    monkeypatch.setattr(engine, "translate", lambda *_: ["w", "x", "y", "z"])
    with pytest.raises(Retryable, match="4 answers to 2"):
        remembered.translate(["a", "b", "c", "d"], "fr", "es")
