"""What an engine must not touch."""

import pytest

from services.translator.masking import Masker, unmask


def masked_parts(text, names=(), **how):
    return [kept for _, kept in Masker(names).mask(text, **how).stands_for]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Voir https://presse.example/a_b?x=1&y=2#z.", ["https://presse.example/a_b?x=1&y=2#z"]),
        ("(www.presse.example/page)", ["www.presse.example/page"]),
        ("Selon Le-journal24.ma et Kiosque.info, oui", ["Le-journal24.ma", "Kiosque.info"]),
        ("Écrire à redaction@presse.example svp", ["redaction@presse.example"]),
        ("Suivez @kiosque et #Maroc2030", ["@kiosque", "#Maroc2030"]),
        ("Il fait 38 °C et 3,5 % de 1 250 km²", ["38 °C", "3,5 %", "1 250 km²"]),
        ("à 120 km/h pour 2.500,75 €", ["120 km/h", "2.500,75 €"]),
        ("It cost $3.5 or £1,200", ["$3.5", "£1,200"]),
        ("En 2026, 14 personnes et 3 kilos", []),
        ("La fin.Il part. C'est tout", []),
    ],
)
def test_addresses_handles_and_figures_with_units_are_kept(text, kept):
    assert masked_parts(text) == kept


@pytest.mark.parametrize(
    ("text", "names", "kept"),
    [
        ("M. Alami rencontre Alami Bennis", ("Alami", "Alami Bennis"), ["Alami", "Alami Bennis"]),
        ("L'équipe d'Alami, Alamine et Salami", ("Alami",), ["Alami"]),
        ("Omar\u00a0El  Fassi parle", ("Omar El Fassi",), ["Omar\u00a0El  Fassi"]),
        ("Brian O’Hara est là", ("Brian O'Hara",), ["Brian O’Hara"]),
        ("Brian O'Hara est là", ("Brian O’Hara",), ["Brian O'Hara"]),
        ("C++ (et A.B.) restent", ("A.B.", "C++"), ["C++", "A.B."]),
        ("rien", ("", "  "), []),
    ],
)
def test_names_are_kept_as_whole_words_the_longest_first(text, names, kept):
    assert masked_parts(text, names) == kept


def test_a_name_in_capitals_is_found_only_where_all_is_in_capitals():
    names = ("Omar Alami",)
    assert masked_parts("OMAR ALAMI ARRIVE", names) == []
    assert masked_parts("OMAR ALAMI ARRIVE", names, in_capitals=True) == ["OMAR ALAMI"]
    assert Masker(names).as_written("OMAR ALAMI") == "Omar Alami"
    assert Masker(names).as_written("38 °C") == "38 °C"


def test_what_was_masked_comes_back_in_the_order_of_the_answer():
    masked = Masker(("Omar", "Leïla")).mask("Omar aime Leïla.")
    assert "Omar" not in masked.text
    (first, _), (second, _) = masked.stands_for
    assert unmask(f"{second} loves {first}.", masked) == "Leïla loves Omar."
    assert unmask(f"{second.upper()} LOVES {first.lower()}", masked) == "Leïla LOVES Omar"


@pytest.mark.parametrize("answer", ["{0} only", "{0} {0} {1}", "none", "{0} {1} {1}", ""])
def test_an_answer_that_lost_or_doubled_a_name_is_none(answer):
    masked = Masker(("Omar", "Leïla")).mask("Omar aime Leïla.")
    words = [word for word, _ in masked.stands_for]
    assert unmask(answer.format(*words), masked) is None


def test_a_name_that_looks_like_a_replacement_is_put_back_as_it_is():
    masked = Masker((r"A\1B",)).mask(r"Le A\1B vient")
    assert unmask(masked.text, masked) == r"Le A\1B vient"


def test_a_text_that_holds_pseudo_words_gets_others():
    first = Masker(("Omar",)).mask("Omar").stands_for[0][0]
    masked = Masker(("Omar",)).mask(f"{first} et Omar")
    assert masked.stands_for[0][0] != first
    assert unmask(masked.text, masked) == f"{first} et Omar"


def test_more_names_than_letters_are_all_kept():
    names = tuple(f"Nom{number}" for number in range(200))
    masked = Masker(names).mask(" ".join(names))
    assert len({word for word, _ in masked.stands_for}) == 200
    assert unmask(masked.text, masked) == " ".join(names)


def test_what_is_over_all_pseudo_words_stays_open():
    handles = ",".join(f"@a{number}" for number in range(1000))
    masked = Masker().mask(handles)
    assert len(masked.stands_for) == 26 * 26
    assert unmask(masked.text, masked) == handles


def test_the_same_sentence_is_masked_the_same_way_whoever_it_names():
    assert Masker(("Omar",)).mask("Omar parle.").text == Masker(("Leïla",)).mask("Leïla parle.").text


@pytest.mark.parametrize(
    ("text", "has_words"),
    [("Omar, Leïla - 38 °C", False), ("2 - 1 (1 - 0)", False), ("https://presse.example/", False), ("Omar dort", True)],
)
def test_a_line_of_names_and_figures_has_no_words_to_translate(text, has_words):
    assert Masker(("Omar", "Leïla")).mask(text).has_words is has_words
