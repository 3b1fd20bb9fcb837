"""Faults of an engine's answer."""

import pytest

from services.translator.guards import fault_of, runs_in_circles

SENTENCE = "Le conseil de la ville a voté hier soir le budget de l'an prochain."


@pytest.mark.parametrize(
    ("answer", "segment", "fault"),
    [
        ("El consejo de la ciudad votó anoche el presupuesto del año que viene.", SENTENCE, ""),
        ("", SENTENCE, "empty"),
        ("  ", SENTENCE, "empty"),
        (SENTENCE, SENTENCE, "same"),
        ("CAN 2025 : Maroc-Mali", "CAN 2025 : Maroc-Mali", ""),
        ("El.", SENTENCE, "length"),
        ("palabra " * 40, SENTENCE, "length"),
        ("United Nations", "ONU", ""),
        ("Sí", "Absolument", ""),
        ("El consejo el consejo el consejo votó el presupuesto del año.", SENTENCE, "repetition"),
        ("no no no no", "Non, non, non, non !", ""),
        ("salad salad salad salad", "Salade de fruits", "repetition"),
        ("صوّت مجلس المدينة مساء أمس على ميزانية السنة المقبلة.", SENTENCE, ""),
    ],
)
def test_a_fault_is_named(answer, segment, fault):
    assert fault_of(answer, segment) == fault


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mot mot mot", False),
        ("mot mot mot mot", True),
        ("un deux un deux", False),
        ("un deux, un deux; Un Deux", True),
        ("a b c d e f g h a b c d e f g h a b c d e f g h", True),
        ("il y a ceux qui votent et ceux qui ne votent pas", False),
        ("", False),
    ],
)
def test_circles_are_words_or_phrases_said_over_and_over(text, expected):
    assert runs_in_circles(text) is expected
