"""Names that are translated as the words that they are."""

import pytest

from services.translator.descriptions import is_description


@pytest.mark.parametrize(
    ("language", "name", "expected"),
    [
        ("fr", "Cour suprême", True),
        ("fr", "Ministère de la Santé", True),
        ("fr", "Haut-Commissariat au Plan", True),
        ("fr", "ONU", True),
        ("fr", "OCP", False),
        ("fr", "Bank Al-Maghrib", False),
        ("fr", "Omar Alami", False),
        ("es", "Consejo de Seguridad", True),
        ("es", "Real Madrid", False),
        ("en", "Supreme Court", True),
        ("en", "Ministry of Health", True),
        ("en", "Court Reporter", False),
        ("en", "Fox News", False),
        ("ar", "مجلس النواب", False),
        ("fr", "", False),
        ("fr", "24", False),
    ],
)
def test_a_name_made_of_common_words_is_told(language, name, expected):
    assert is_description(name, language) is expected
