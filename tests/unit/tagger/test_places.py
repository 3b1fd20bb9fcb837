"""The gazetteer: one id for a place, whatever the language that names it."""

import pytest

from services.tagger.places import gazetteer
from services.tagger.tokens import keys_of


def link(name: str, language: str) -> str:
    place = gazetteer().named(keys_of(name), language)
    return place.link if place else ""


@pytest.mark.parametrize(
    ("fr", "ar", "es", "en", "wanted"),
    [
        ("Maroc", "المغرب", "Marruecos", "Morocco", "iso:MA"),
        ("Algérie", "الجزائر", "Argelia", "Algeria", "iso:DZ"),
        ("Tunisie", "تونس", "Túnez", "Tunisia", "iso:TN"),
        ("Mauritanie", "موريتانيا", "Mauritania", "Mauritania", "iso:MR"),
        ("Fès", "فاس", "Fez", "Fez", "geonames:2548885"),
        ("Tanger", "طنجة", "Tánger", "Tangier", "geonames:2530335"),
        ("Casablanca", "الدار البيضاء", "Casablanca", "Casablanca", "geonames:2553604"),
    ],
)
def test_a_place_has_one_id_in_the_four_languages(fr, ar, es, en, wanted):
    assert [link(fr, "fr"), link(ar, "ar"), link(es, "es"), link(en, "en")] == [wanted] * 4


def test_accents_and_case_do_not_count():
    assert link("TETOUAN", "fr") == link("Tétouan", "fr") != ""


def test_what_is_no_place_has_no_id():
    assert link("Qzxaaw", "fr") == ""
