"""What readers may see of a text, as far as the source's rights go."""

import pytest

from shared.store.shown import LEAD_LENGTH, ShownText, cut, make_lead

BODY = ShownText("Le premier paragraphe.\n\nLe second.", "fr")


@pytest.mark.parametrize(
    ("display", "standfirst", "lead"),
    [
        ("full", "Le chapeau.", "Le chapeau."),
        ("lead", "Le chapeau.", "Le chapeau."),
        ("headline", "Le chapeau.", None),
        ("full", "", "Le premier paragraphe."),
        ("lead", "", "Le premier paragraphe."),
        ("headline", "", None),
        ("tout", "Le chapeau.", None),  # a policy that nobody knows allows nothing
    ],
)
def test_a_lead_is_shown_where_the_source_lends_it(display, standfirst, lead):
    shown = make_lead(ShownText(standfirst, "fr"), BODY, display)
    assert (shown and shown.text) == lead


def test_a_lead_made_of_the_body_keeps_the_bodys_language_and_engine():
    shown = make_lead(ShownText("", "fr"), ShownText("One.\n\nTwo.", "en", "apertium", "1"), "lead")
    assert shown == ShownText("One.", "en", "apertium", "1")


def test_without_a_text_there_is_no_lead():
    assert make_lead(ShownText("", "fr"), ShownText("", "fr"), "full") is None


def test_a_short_text_is_not_cut():
    assert cut("x" * LEAD_LENGTH) == "x" * LEAD_LENGTH


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("un deux trois", 7, "un deux…"),
        ("un deux trois", 8, "un deux…"),
        ("un deux, trois", 9, "un deux…"),
        ("indivisible", 5, "indiv…"),
        ("كلمة، أخرى", 6, "كلمة…"),
    ],
)
def test_a_long_text_is_cut_between_words(text, length, shown):
    assert cut(text, length) == shown


def test_paragraphs_are_divided_at_blank_lines_and_none_is_empty():
    assert ShownText("Un.\n\n\n\n Deux. \n\n", "fr").paragraphs == ["Un.", "Deux."]
