"""Tagging an article: fields, the memory of full names, engines in order."""

import pytest

from services.tagger.engine import Span, load_engines
from services.tagger.engines.rules import Engine
from services.tagger.tag import tag
from shared.contracts import ArticleText
from shared.errors import SettingError, Waiting


def article(headline: str, body: str, language: str = "fr") -> ArticleText:
    return ArticleText(1, language, headline, "", body)


def names(tagged, field: str) -> list[tuple[str, str]]:
    return [(one.text, one.canonical) for one in tagged.mentions if one.field == field and one.kind == "PER"]


def test_a_lone_surname_is_the_person_named_in_full_elsewhere():
    tagged = tag(
        article("Benjelloun reçu à Rabat", "Le ministre Hakim Benjelloun a été reçu. Benjelloun a souri."), (Engine(),)
    )
    assert names(tagged, "headline") == [("Benjelloun", "Hakim Benjelloun")]
    assert names(tagged, "body") == [("Hakim Benjelloun", "Hakim Benjelloun"), ("Benjelloun", "Hakim Benjelloun")]


def test_every_mention_is_the_text_at_its_offsets():
    text = article("المغرب يستقبل وفدا", "زار الملك محمد السادس مدينة فاس.", "ar")
    tagged = tag(text, (Engine(),))
    assert len(tagged.mentions) >= 3
    for one in tagged.mentions:
        assert getattr(text, one.field)[one.start : one.end] == one.text


def test_a_language_without_an_engine_waits():
    with pytest.raises(Waiting) as caught:
        tag(article("Überschrift", "Text", "de"), (Engine(),))
    assert (caught.value.reason, caught.value.detail) == ("no_engine", "de")


class Loud:
    """An engine of one language that tags the first word."""

    name, version, languages = "loud", "7", frozenset({"en"})

    def find(self, text: str, language: str) -> list[Span]:
        word = text.split(" ", 1)[0]
        return [Span(0, len(word), "ORG", word)] if word else []


def test_the_first_engine_that_speaks_the_language_tags_it():
    assert tag(article("A b", "C d", "en"), (Loud(), Engine())).engine == "loud"
    assert tag(article("A b", "C d", "fr"), (Loud(), Engine())).engine == "rules"


def test_an_unknown_engine_is_refused_with_the_choices():
    with pytest.raises(SettingError, match=r"KIOSQUE_TAGGER_ENGINES names 'nope'; there are: .*rules"):
        load_engines(("nope",))
