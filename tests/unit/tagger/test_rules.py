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


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        # a place by its first word, known or not
        ("fr", "La route d'Ouled Frej passe par Aïn Lahsan et le col du Zad.",
         [("Ouled Frej", "LOC"), ("Aïn Lahsan", "LOC"), ("col du Zad", "LOC")]),
        ("es", "Tocó roca en Punta Cires.", [("Punta Cires", "LOC")]),
        ("en", "She comes from Sidi Kaouki.", [("Sidi Kaouki", "LOC")]),
        ("fr", "La visite de Sidi Ould Bahah.", [("Sidi Ould Bahah", "PER")]),
        # a century is no district of Paris
        ("fr", "Une porte du XVIe siècle.", []),
        # an organisation ends before the verb, and begins with its adjectives
        ("fr", "Le ministère de l'Eau rappelle le recul.", [("ministère de l'Eau", "ORG")]),
        ("fr", "La Chambre des pêches maritimes propose.", [("Chambre des pêches maritimes", "ORG")]),
        ("en", "It has asked the National Agency for Argan Zones.", [("National Agency for Argan Zones", "ORG")]),
        ("en", "According to the General Directorate of Meteorology.", [("General Directorate of Meteorology", "ORG")]),
        ("en", "An economist at the Atlantic Policy Forum.", [("Atlantic Policy Forum", "ORG")]),
        # what stands behind "association" is its name, up to a place
        ("fr", "La camionnette de l'association Warqa attend.", [("Warqa", "ORG")]),
        ("fr", "Selon la société Lydec de Casablanca.", [("Lydec", "ORG"), ("Casablanca", "LOC")]),
        ("es", "Es socia de la cooperativa Mar de Lixus.", [("Mar de Lixus", "ORG")]),
        # clubs
        ("fr", "Ils ont battu l'Étoile de Safi.", [("Étoile de Safi", "ORG")]),
        ("es", "Ganó 3-0 al Deportivo Arcila.", [("Deportivo Arcila", "ORG")]),
        # what a title is of is no person
        ("es", "El director de Aduanas del Norte, Abdelouahid Laaroussi.", [("Abdelouahid Laaroussi", "PER")]),
        ("es", "La directora de Infraestructuras de la ONCF.", [("ONCF", "ORG")]),
        # a capital demonym leads to a name in French, and to things in English
        ("fr", "Il devance l'Éthiopien Dawit Lemessa.", [("Dawit Lemessa", "PER")]),
        ("en", "He won the Russian Grand Prix.", []),
        # capitals for loudness
        ("fr", "La province est en vigilance ORANGE.", []),
        ("es", "Recomienda retirar toldos y EVITAR los espigones.", []),
        ("fr", "Les relevés de l'AEIOUR sont publiés.", [("AEIOUR", "ORG")]),
        # everyday words that GeoNames has as places
        ("ar", "تتحمل الدولة 45 في المائة، أي 15 بالمائة في المتوسط.", []),
        ("ar", "زار مدينة فاس ثم عاد إلى المدينة.", [("فاس", "LOC")]),
        ("ar", "قال الحاج براهيم إد بلقاسم إن التذاكر نفدت.", [("براهيم إد بلقاسم", "PER")]),
    ],
)  # fmt: skip
def test_what_was_marked_wrongly_in_the_newsstand_stays_right(engine, language, text, wanted):
    assert found(engine, text, language) == wanted


def test_a_place_with_a_telling_first_word_keeps_its_link(engine):
    [span] = engine.find("Il pleut à Beni Mellal.", "fr")
    assert (span.kind, span.link.partition(":")[0]) == ("LOC", "geonames")


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
