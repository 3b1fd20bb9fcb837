"""Every file of services/tagger/engines held to the protocol."""

import pkgutil

import pytest

from services.tagger import engines
from services.tagger.engine import TaggingEngine, load_engines
from shared.languages import LANGUAGES

NAMES = [module.name for module in pkgutil.iter_modules(engines.__path__)]
TEXTS = {
    "fr": "Le roi Mohammed VI a reçu à Fès Mme Claire Dumontel, de l'Union européenne.",
    "ar": "استقبل الملك محمد السادس بمدينة فاس وفدا من الاتحاد الأوروبي.",
    "es": "El rey Felipe VI recibió en Tánger a la Unión Europea.",
    "en": "King Felipe VI met the European Union in Tangier.",
}


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_keeps_the_protocol(name):
    (engine,) = load_engines((name,))
    assert isinstance(engine, TaggingEngine)
    assert engine.name == name
    assert engine.version
    assert engine.languages <= set(LANGUAGES)
    for language in engine.languages:
        text = TEXTS[language]
        spans = engine.find(text, language)
        assert spans, f"{name} finds nothing in {text!r}"
        assert all(span.kind in ("PER", "LOC", "ORG") and span.canonical for span in spans)
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        assert all(not one.overlaps(other) for one in spans for other in spans if one is not other)
        assert spans == sorted(spans, key=lambda span: span.start)
        assert engine.find("", language) == []
