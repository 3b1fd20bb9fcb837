"""The rules engine against sentences labelled by hand, and the trap each kind of rule was written for."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from services.tagger.engines.rules import Engine
from services.tagger.tag import tag
from shared.contracts import ArticleText

LABELLED = [
    json.loads(line) for line in (Path(__file__).parent / "labelled.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def found(engine: Engine, text: str, language: str) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], span.kind) for span in engine.find(text, language)]


@pytest.mark.parametrize("row", LABELLED, ids=lambda row: f"{row['lang']}-{row['id']}")
def test_a_labelled_sentence_is_tagged_as_labelled(engine, row):
    text = row["text"]
    wanted = [(text[start:end], kind) for start, end, kind in row["entities"]]
    mentions = tag(ArticleText(row["id"], row["lang"], "", "", text), (engine,)).mentions
    assert [(one.text, one.kind) for one in mentions] == wanted


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        # a title is no part of the name
        ("fr", "Le ministre M. Tazi est arrivé.", [("Tazi", "PER")]),
        # a demonym is no place
        ("fr", "Les agriculteurs marocains attendent la pluie.", []),
        ("en", "Moroccan farmers wait for rain.", []),
        # a common word that is a town too
        ("fr", "Tours de chant et sens unique.", []),
        # an acronym in brackets is a mention of its own
        ("fr", "La Banque populaire (BCP) recrute.", [("Banque populaire", "ORG"), ("BCP", "ORG")]),
        # Arabic clitics belong to the span
        ("ar", "وصل الوفد إلى الرباط.", [("الرباط", "LOC")]),
        # addresses carry no mark
        ("fr", "Écrivez à redaction@rabat.example.org.", []),
    ],
)  # fmt: skip
def test_each_rule_keeps_to_its_guideline(engine, language, text, wanted):
    assert found(engine, text, language) == wanted


@pytest.mark.parametrize("language", ["fr", "ar", "es", "en"])
@pytest.mark.parametrize("text", ["", " ", "\n\n", "…", "«»", "A", "123", "\u200f", "ا" * 5000, "A. " * 2000])
def test_odd_texts_do_no_harm(engine, language, text):
    for span in engine.find(text, language):
        assert 0 <= span.start < span.end <= len(text)


def test_names_come_in_reading_order_and_never_overlap(engine):
    text = "La Banque populaire de Rabat et la mairie de Fès signent avec Samir Lahlou, à Rabat. " * 20
    spans = engine.find(text, "fr")
    assert len(spans) > 40
    for sooner, later in pairwise(spans):
        assert sooner.end <= later.start
