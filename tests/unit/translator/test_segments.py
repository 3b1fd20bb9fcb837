"""Sentences and gaps."""

import pytest

from services.translator.segments import MAX_WORDS, split_text


def sentences(text, language="fr"):
    return [words for words, _ in split_text(text, language) if words]


def joined(text, language="fr"):
    return "".join(words + gap for words, gap in split_text(text, language))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "Il pleut. Elle sort.", ["Il pleut.", "Elle sort."]),
        ("fr", "M. Alami et Mme Bennis sont là. Ils parlent.", ["M. Alami et Mme Bennis sont là.", "Ils parlent."]),
        ("fr", "« Il pleut. » Elle sort.", ["« Il pleut. »", "Elle sort."]),
        ("fr", "Est-ce vrai ? Oui ! Bon… Alors", ["Est-ce vrai ?", "Oui !", "Bon…", "Alors"]),
        ("fr", "Le prix est de 2.5 dirhams.", ["Le prix est de 2.5 dirhams."]),
        ("fr", "Le parti a gagné avec 3. 5 sièges restent.", ["Le parti a gagné avec 3.", "5 sièges restent."]),
        ("fr", "A. Benali préside.", ["A. Benali préside."]),
        ("es", "El Sr. López habló. ¿Quién oyó?", ["El Sr. López habló.", "¿Quién oyó?"]),
        ("es", "Viaja a EE. UU. Mañana vuelve.", ["Viaja a EE. UU. Mañana vuelve."]),
        ("en", "Mr. Smith left at 5 p.m. Monday. He won.", ["Mr. Smith left at 5 p.m. Monday.", "He won."]),
        ("en", 'He said "no." She left.', ['He said "no."', "She left."]),
        ("ar", "قال الوزير ذلك. ثم غادر؟ نعم!", ["قال الوزير ذلك.", "ثم غادر؟", "نعم!"]),
        ("ar", "بلغ عددهم عشرين شخصًا. وغادروا.", ["بلغ عددهم عشرين شخصًا.", "وغادروا."]),
        ("ar", "وصل د. العلوي أمس.", ["وصل د. العلوي أمس."]),
        ("ar", "قالت الوزيرة، وهي في الرباط، إنها مستعدة.", ["قالت الوزيرة، وهي في الرباط، إنها مستعدة."]),
    ],
)
def test_a_text_is_divided_where_sentences_end(language, text, expected):
    assert sentences(text, language) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n",
        "Un.\n\nDeux. Trois.  Quatre.\n\n\n Cinq\n",
        "  début et fin  ",
        "un\ndeux\tquatre\r\ncinq\u00a0six",
        "mot " * 300,
        "mot, " * 300,
        "x" * 5000,
    ],
)
@pytest.mark.parametrize("language", ["fr", "es", "en", "ar"])
def test_sentences_and_gaps_together_are_the_text(text, language):
    assert joined(text, language) == text
    assert all(words == words.strip() for words, _ in split_text(text, language))


def test_a_line_break_always_divides():
    assert sentences("Titre sans point\n\nPremière ligne\nseconde ligne") == [
        "Titre sans point",
        "Première ligne",
        "seconde ligne",
    ]
    assert [gap for _, gap in split_text("a\n\nb\nc", "fr")] == ["\n\n", "\n", ""]


@pytest.mark.parametrize(
    ("sentence", "ends_with"),
    [
        ("mot " * 40 + "ici; " + "mot " * 10 + "non, " + "mot " * 60, "ici;"),
        ("mot " * 40 + "ici, " + "mot " * 10 + "ici: " + "mot " * 60, "ici:"),
        ("mot " * 30 + "non, " + "mot " * 30 + "ici, " + "mot " * 60, "ici,"),
        ("mot " * 30 + "هنا، " + "mot " * 60, "هنا،"),
    ],
)
def test_a_long_sentence_is_divided_at_the_strongest_mark(sentence, ends_with):
    first, *others = sentences(sentence)
    assert first.endswith(ends_with)
    assert all(len(words.split()) <= MAX_WORDS for words in (first, *others))


def test_a_long_sentence_without_marks_is_divided_between_words():
    assert [len(words.split()) for words in sentences("mot " * 200)] == [80, 80, 40]


def test_a_sentence_of_just_so_many_words_is_left_whole():
    assert len(sentences("mot, " * MAX_WORDS)) == 1
