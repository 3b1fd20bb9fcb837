"""Every file in the translator's engines/ keeps the protocol, whether what it needs is there or not."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest
from apertium_fakes import put_fake_apertium
from libretranslate_server import LibreTranslateServer

from services.translator import apertium_home, engines
from services.translator.engine import TranslationEngine, load_engines, served_pairs
from shared.errors import Retryable, Unprocessable
from shared.languages import LANGUAGES, others_than
from shared.settings import ROOT, Settings, settings

NAMES = sorted(module.name for module in pkgutil.iter_modules(engines.__path__))


@pytest.fixture
def nothing(monkeypatch, tmp_path):
    """A machine without Apertium."""
    monkeypatch.setattr(apertium_home, "MACHINE", tmp_path / "machine")


@pytest.fixture
def everything(nothing, set_settings):
    """A stand-in for each thing that an engine needs."""
    server = LibreTranslateServer()
    set_settings(libretranslate_url=server.url)
    put_fake_apertium(settings().var / "apertium", {"fr-es": {"le": "el"}, "es-fr": {"el": "le"}})
    yield
    server.close()


def loaded(name):
    [engine] = load_engines((name,))
    return engine


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("nothing")
def test_an_engine_keeps_the_protocol(name):
    module = importlib.import_module(f"{engines.__name__}.{name}")
    assert module.__doc__
    engine = loaded(name)
    assert isinstance(engine, TranslationEngine)
    assert engine.name == name
    assert isinstance(engine.reads_capitals, bool)
    assert 0 < len(engine.version) <= 200
    for method in ("serves", "translate"):
        wanted = inspect.signature(getattr(TranslationEngine, method))
        assert inspect.signature(getattr(type(engine), method)) == wanted


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("nothing")
def test_an_engine_that_has_nothing_to_work_with_serves_nothing_and_says_so(name):
    engine = loaded(name)
    assert served_pairs([engine]) == frozenset()
    with pytest.raises((Retryable, Unprocessable)):
        engine.translate(["a"], "fr", "es")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("everything")
def test_an_engine_gives_a_text_for_each_segment_of_a_pair_that_it_serves(name):
    engine = loaded(name)
    pairs = [pair.split(">") for pair in served_pairs([engine])]
    assert pairs
    for source, target in pairs:
        answers = engine.translate(("le roi", "[le] ^port$", "", "x" * 3000), source, target)
        assert [type(answer) for answer in answers] == [str] * 4
        assert engine.translate((), source, target) == []
    engine.close()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("everything")
def test_an_engine_serves_no_pair_of_one_language_or_of_one_that_is_not_ours(name):
    engine = loaded(name)
    assert not any(engine.serves(code, code) for code in LANGUAGES)
    assert not engine.serves("fr", "xx")
    assert not engine.serves("xx", "fr")
    assert served_pairs([engine]) <= {f"{source}>{target}" for source in LANGUAGES for target in others_than(source)}
    engine.close()


@pytest.mark.parametrize("name", NAMES)
def test_an_engines_libraries_are_imported_when_it_is_made_and_not_before(name):
    code = (
        f"import sys, {engines.__name__}.{name}; print(*sorted(set(sys.modules) & {{'httpx', 'torch', 'ctranslate2'}}))"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert printed.stdout.strip() == ""


def test_every_engine_of_the_setting_exists():
    assert set(Settings().translator_engines) <= set(NAMES)
