"""Punctuation as each language prints it."""

import pytest

from services.translator.typography import set_punctuation

B = "\u00a0"


@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        ("es", "MARRUECOS : el banco", "MARRUECOS: el banco"),
        ("es", f"El «{B}sí{B}» y el « no »", "El «sí» y el «no»"),
        ("es", "Que ha dicho el ministro ?", "¿Que ha dicho el ministro?"),
        ("es", "«Qué?» Dijo el ministro.", "«Qué?» Dijo el ministro."),
        ("es", "« Viva el deporte ! »", "«¡Viva el deporte!»"),
        ("es", "¿Quién?", "¿Quién?"),
        ("es", "a las 10:30, 3:2", "a las 10:30, 3:2"),
        ("en", "He said « yes » : that is all !", "He said “yes”: that is all!"),
        ("en", "What has said the minister?", "What has said the minister?"),
        ("fr", "Il dit: “oui”; et “non”!", f"Il dit{B}: «{B}oui{B}»{B}; et «{B}non{B}»{B}!"),
        ("fr", "Quoi ? Rien...", f"Quoi{B}? Rien..."),
        ("fr", "à 10:30, https://presse.example/?a=b", "à 10:30, https://presse.example/?a=b"),
        ("ar", "قال : « نعم » !", "قال : « نعم » !"),
    ],
)
def test_signs_stand_as_the_target_has_them(target, text, expected):
    assert set_punctuation(text, target) == expected


@pytest.mark.parametrize("target", ["fr", "es", "en"])
@pytest.mark.parametrize("text", ["", "«", "» «", "?", " ! ", "“ ”", ":", "« »"])
def test_odd_signs_are_survived_and_setting_twice_changes_nothing(target, text):
    once = set_punctuation(text, target)
    assert set_punctuation(once, target) == once
