"""Loading engines by the setting."""

import pytest

from services.translator.engine import ask, load_engines
from shared.errors import Retryable, SettingError


def test_engines_come_in_the_order_of_the_setting():
    assert [engine.name for engine in load_engines(("libretranslate", "apertium"))] == ["libretranslate", "apertium"]


def test_an_unknown_engine_is_refused_with_the_choices():
    with pytest.raises(SettingError, match=r"KIOSQUE_TRANSLATOR_ENGINES names 'babel'; .*apertium, libretranslate"):
        load_engines(("apertium", "babel"))


def test_no_engine_is_asked_for_nothing():
    assert ask(None, [], "fr", "es") == []


def test_too_few_answers_are_no_answer():
    class Forgetful:
        name = "forgetful"

        def translate(self, *_):
            return ["uno"]

    with pytest.raises(Retryable, match="forgetful gave 1 answers to 2 sentences"):
        ask(Forgetful(), ["a", "b"], "fr", "es")
