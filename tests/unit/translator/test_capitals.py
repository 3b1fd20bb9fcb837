"""Headlines in capitals."""

import pytest

from services.translator.capitals import is_in_capitals, put_into_lower_case


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LE PORT DE LA VILLE ROUVRE", True),
        ("L'ÉTÉ SERA TRÈS CHAUD, DIT LA MÉTÉO", True),
        ("LE PORT ROUVRE avant lundi", False),
        ("ONU", False),
        ("FRMF - CAN", False),
        ("CONSTITUTIONNELLEMENT", False),
        ("Le port rouvre", False),
        ("الميناء يفتح أبوابه من جديد", False),
        ("2026 : 14 - 15", False),
    ],
)
def test_several_words_nearly_all_in_capitals_are_told(text, expected):
    assert is_in_capitals(text) is expected


@pytest.mark.parametrize(
    ("text", "lowered"),
    [
        ("LE PORT DE LA VILLE ROUVRE", "Le port de la ville rouvre"),
        ("« LE PORT ROUVRE »", "« Le port rouvre »"),
        ("ÉTÉ CHAUD", "Été chaud"),
        ("HASSAN II EST LOUÉ", "Hassan II est loué"),
        ("Qzxaaw OUVRE LE PORT", "Qzxaaw ouvre le port"),
        ("1, 2", "1, 2"),
    ],
)
def test_they_become_a_sentence(text, lowered):
    assert put_into_lower_case(text, frozenset({"Qzxaaw"})) == lowered
