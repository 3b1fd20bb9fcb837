"""Every file in the moderator's engines/ keeps the protocol; none is a default; the AGPL one says so."""

import importlib
import importlib.metadata
import inspect
import pkgutil
import sys
import types

import numpy as np
import pytest
import structlog

from services.moderator import engines
from services.moderator.engine import HELD_FROM, ModerationEngine, load_engines
from shared.errors import SettingError
from shared.settings import Settings

NAMES = sorted(module.name for module in pkgutil.iter_modules(engines.__path__))


class FakeDetector:
    """NudeNet's, as far as the adapter knows it: boxes with class and score."""

    boxes: tuple[dict, ...] = ()
    seen: tuple = ()

    def __init__(self, **options):
        self.options = options

    def detect(self, picture):
        FakeDetector.seen = (*FakeDetector.seen, picture)
        return list(self.boxes)


@pytest.fixture
def libraries(monkeypatch):
    """Stand-ins for the libraries that the project does not install."""
    library = types.ModuleType("nudenet")
    library.NudeDetector = FakeDetector
    monkeypatch.setitem(sys.modules, "nudenet", library)
    version = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "3.4.2" if name == "nudenet" else version(name))
    monkeypatch.setattr(FakeDetector, "boxes", ())
    monkeypatch.setattr(FakeDetector, "seen", ())


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_is_read_without_its_library_and_keeps_the_protocol(name):
    module = importlib.import_module(f"{engines.__name__}.{name}")
    assert module.__doc__
    assert module.Engine.name == name
    signature = inspect.signature(module.Engine.score)
    assert list(signature.parameters) == list(inspect.signature(ModerationEngine.score).parameters)


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("name", NAMES)
def test_an_engine_scores_a_picture_between_nothing_and_one(name):
    [engine] = load_engines((name,))
    assert isinstance(engine, ModerationEngine)
    assert engine.version
    assert 0.0 <= engine.score(np.zeros((60, 90, 3), dtype=np.uint8)) <= 1.0


def test_no_engine_is_a_default():
    assert Settings().moderator_engines == ()
    assert load_engines(()) == ()


def test_an_unknown_engine_is_named_with_what_there_is():
    with pytest.raises(SettingError, match=r"KIOSQUE_MODERATOR_ENGINES names 'eyes'; there are: .*nudenet"):
        load_engines(("eyes",))


def test_a_missing_library_is_named_with_the_remedy():
    assert "nudenet" not in sys.modules
    with pytest.raises(SettingError, match=r"not installed: pip install .*AGPL-3.0.*take it out"):
        load_engines(("nudenet",))


@pytest.mark.usefixtures("libraries")
def test_nudenet_says_its_licence_where_it_is_read_and_when_it_starts():
    from services.moderator.engines import nudenet

    assert "AGPL" in nudenet.__doc__
    with structlog.testing.capture_logs() as logs:
        load_engines(("nudenet",))
    assert [(line["event"], line["licence"]) for line in logs] == [("engine.loaded", "AGPL-3.0")]


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize(
    ("boxes", "score"),
    [
        ((), 0.0),
        (({"class": "FACE_FEMALE", "score": 0.99}, {"class": "BELLY_EXPOSED", "score": 0.9}), 0.0),
        (({"class": "BUTTOCKS_EXPOSED", "score": 0.3}, {"class": "ANUS_EXPOSED", "score": 0.7}), 0.7),
    ],
)
def test_nudenet_counts_what_is_not_to_be_shown_and_nothing_else(monkeypatch, boxes, score):
    monkeypatch.setattr(FakeDetector, "boxes", boxes)
    [engine] = load_engines(("nudenet",))
    assert engine.score(np.zeros((60, 90, 3), dtype=np.uint8)) == score


@pytest.mark.usefixtures("libraries")
def test_nudenet_gets_the_order_of_colours_that_it_wants():
    [engine] = load_engines(("nudenet",))
    red = np.zeros((60, 90, 3), dtype=np.uint8)
    red[:, :, 0] = 255
    engine.score(red)
    assert FakeDetector.seen[0][0, 0].tolist() == [0, 0, 255]
    assert FakeDetector.seen[0].flags["C_CONTIGUOUS"]


def test_what_holds_a_picture_is_more_than_an_even_chance():
    assert 0.5 < HELD_FROM < 1
