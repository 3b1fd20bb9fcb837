"""The language of a text: ours are told apart, others are refused, beliefs decide only where the text does not."""

import pytest

from services.parser.language import read_language
from shared.errors import Unprocessable

FRENCH = "La commune a ouvert hier une bibliothèque où les enfants peuvent emprunter trois livres par semaine."
ARABIC = "افتتحت الجماعة أمس خزانة للحي يمكن للأطفال أن يستعيروا منها ثلاثة كتب كل أسبوع."
SPANISH = "El ayuntamiento abrió ayer una biblioteca de barrio donde los niños pueden llevarse tres libros por semana."
ENGLISH = "The town opened a neighbourhood library yesterday where children may borrow three books every week."


@pytest.mark.parametrize(
    ("text", "code"), [(FRENCH, "fr"), (ARABIC, "ar"), (SPANISH, "es"), (ENGLISH, "en")], ids=["fr", "ar", "es", "en"]
)
def test_each_of_our_languages_is_known(text, code):
    assert read_language(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "Die Gemeinde hat gestern eine Bücherei eröffnet, in der Kinder jede Woche drei Bücher ausleihen dürfen.",
        "Il comune ha aperto ieri una biblioteca di quartiere dove i bambini possono prendere tre libri a settimana.",
        "Вчера в посёлке открылась библиотека, где дети могут брать по три книги каждую неделю.",
        "昨日、町に図書館が開館し、子どもたちは毎週三冊の本を借りることができます。",
    ],
    ids=["de", "it", "ru", "ja"],
)
def test_another_language_is_refused(text):
    with pytest.raises(Unprocessable) as caught:
        read_language(text)
    assert caught.value.reason == "language"


@pytest.mark.parametrize("text", ["", "1234 - 5678", "!!! ..."])
def test_a_text_without_letters_is_refused(text):
    with pytest.raises(Unprocessable):
        read_language(text)


def test_a_wrong_declaration_does_not_outweigh_a_clear_text():
    assert read_language(FRENCH, declared="en", expected=("ar", "en")) == "fr"


def test_a_french_name_within_arabic_leaves_it_arabic():
    assert read_language(f"{ARABIC} Bibliothèque municipale", declared="fr") == "ar"


def test_a_text_that_could_be_two_languages_is_what_its_page_says():
    assert {read_language("Taxi hotel", declared=code) for code in ("fr", "es", "en")} == {"fr", "es", "en"}


def test_its_source_decides_where_the_page_says_nothing():
    assert read_language("Taxi hotel", expected=("es", "fr")) == "es"


def test_quotations_in_another_script_do_not_count():
    quoted = "電車の中で困っている人を見たら、声をかけてください。"
    assert read_language(f"{ENGLISH} {quoted} {ENGLISH} {quoted}") == "en"


@pytest.mark.parametrize(
    "text",
    [
        "وزیر خارجه ایران گفت که این کشور آماده مذاکره است و هیئت ایرانی هفته آینده به ژنو خواهد رفت.",
        "وزیر اعظم نے کہا ہے کہ ملک میں نئے سکول کھولے جائیں گے تاکہ ہر بچہ تعلیم حاصل کر سکے۔",
        "ⵜⴰⵎⴰⵣⵉⵖⵜ ⵜⴳⴰ ⵜⵓⵜⵍⴰⵢⵜ ⵜⵓⵏⵚⵉⴱⵜ ⵏ ⵍⵎⵖⵔⵉⴱ ⵣⵖ ⵓⵙⴳⴳⵯⴰⵙ ⵏ 2011",
        "UMengameli uthe uhulumeni uzokwakha izikole ezintsha ezindaweni zasemakhaya ngonyaka ozayo. " * 5,
    ],
    ids=["fa", "ur", "zgh", "zu"],
)
def test_languages_that_share_a_script_with_ours_are_refused(text):
    with pytest.raises(Unprocessable) as caught:
        read_language(text, declared="ar", expected=("ar", "fr"))
    assert caught.value.reason == "language"
