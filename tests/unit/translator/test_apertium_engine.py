"""Apertium's engine over the stand-in."""

import shutil

import psutil
import pytest
import structlog
from apertium_fakes import pids_started, put_fake_apertium

from services.translator import apertium_pipe
from services.translator.engines.apertium import GIVE_UP_AFTER, Engine
from shared.errors import Retryable
from shared.settings import settings


def starts(copy, pair="fr-es"):
    return len(pids_started(copy, pair))


def test_it_serves_what_is_found_when_it_arrives(no_machine):
    engine = Engine()
    assert not engine.serves("fr", "es")
    put_fake_apertium(settings().var / "apertium")
    assert engine.serves("fr", "es")
    assert engine.serves("fr", "en")
    assert not engine.serves("fr", "ar")
    assert engine.version == "fr-es 1.0, spa-eng 1.0"


def test_off_is_off_whatever_is_installed(copy, set_settings):
    set_settings(apertium="off")
    engine = Engine()
    assert not engine.serves("fr", "es")
    assert engine.version == "none"


def test_what_is_there_is_used_when_nothing_may_be_fetched(copy, set_settings):
    set_settings(apertium="installed")
    assert Engine().serves("fr", "es")


def test_no_process_is_started_before_the_first_text(engine, copy):
    assert engine.serves("fr", "es")
    assert starts(copy) == 0


def test_a_pair_goes_by_the_language_between(engine):
    assert engine.translate(["Le roi.", "Le Maroc."], "fr", "en") == ["The king.", "The Morocco."]


def test_a_pipe_stays_open_between_texts(engine, copy):
    for _ in range(3):
        assert engine.translate(["Le roi."], "fr", "es") == ["El rey."]
    assert starts(copy) == 1


@pytest.mark.parametrize(("most", "french", "spanish"), [(2, 1, 1), (1, 3, 3)])
def test_at_most_so_many_directions_are_open(copy, set_settings, most, french, spanish):
    set_settings(apertium_directions=most)
    engine = Engine()
    for _ in range(3):
        engine.translate(["Le roi."], "fr", "en")
        alive = [pid for pair in ("fr-es", "spa-eng") for pid in pids_started(copy, pair) if psutil.pid_exists(pid)]
        assert len(alive) == most
    engine.close()
    assert (starts(copy, "fr-es"), starts(copy, "spa-eng")) == (french, spanish)


def test_the_direction_that_was_not_used_for_longest_is_closed(no_machine, set_settings):
    copy = put_fake_apertium(
        settings().var / "apertium", {"fr-es": {"a": "b"}, "es-fr": {"a": "b"}, "eng-spa": {"a": "b"}}
    )
    engine = Engine()
    for source, target in (("fr", "es"), ("es", "fr"), ("fr", "es"), ("en", "es"), ("fr", "es")):
        engine.translate(["a"], source, target)
    engine.close()
    assert [starts(copy, pair) for pair in ("fr-es", "es-fr", "eng-spa")] == [1, 1, 1]


def test_a_process_that_was_killed_is_replaced_and_nothing_lost(engine, copy):
    engine.translate(["Le roi."], "fr", "es")
    psutil.Process(pids_started(copy, "fr-es")[0]).kill()
    with structlog.testing.capture_logs() as logs:
        assert engine.translate(["Le roi.", "Le Maroc."], "fr", "es") == ["El rey.", "El Marruecos."]
    assert [line["event"] for line in logs] == ["apertium.broken"]
    assert starts(copy) == 2


def test_a_row_that_breaks_once_does_the_same_text_again(engine, copy):
    texts = ["Le roi.", "DIE-ONCE roi", "Le Maroc."]
    assert engine.translate(texts, "fr", "es") == ["El rey.", "DIE-ONCE rey", "El Marruecos."]
    assert starts(copy) == 2


def test_a_sentence_that_breaks_every_row_stays_as_it_was_and_the_others_do_not(engine, copy):
    texts = ["Le roi.", "DIE roi", "Le Maroc.", "roi"]
    assert engine.translate(texts, "fr", "es") == ["El rey.", "DIE roi", "El Marruecos.", "rey"]


def test_the_sentence_after_one_that_was_given_up_has_two_tries_of_its_own(engine):
    assert engine.translate(["DIE roi", "DIE-ONCE roi", "roi"], "fr", "es") == ["DIE roi", "DIE-ONCE rey", "rey"]


def test_a_sentence_that_hangs_every_row_stays_as_it_was(engine, monkeypatch):
    monkeypatch.setattr(apertium_pipe, "ANSWER_S", 0.5)
    monkeypatch.setattr(apertium_pipe, "FIRST_ANSWER_S", 2.0)
    assert engine.translate(["Le roi.", "HANG", "Le Maroc."], "fr", "es") == ["El rey.", "HANG", "El Marruecos."]


def test_a_text_of_which_sentence_after_sentence_breaks_is_tried_later(engine):
    with pytest.raises(Retryable, match=f"engine_failed: apertium-fr-es broke on {GIVE_UP_AFTER} sentences"):
        engine.translate(["roi"] + ["DIE"] * GIVE_UP_AFTER, "fr", "es")
    assert engine.translate(["roi"], "fr", "es") == ["rey"]


def test_an_installation_that_does_not_run_is_at_fault_and_not_the_text(no_machine):
    copy = put_fake_apertium(settings().var / "apertium")
    (copy / "usr/bin/lt-fake").write_text("#!/bin/sh\nexit 127\n")
    with pytest.raises(Retryable, match=r"engine_failed: apertium-fr-es 1.0 does not run: lt-fake ended with 127"):
        Engine().translate(["Le roi."], "fr", "es")


def test_an_installation_that_went_away_is_tried_later(engine, copy):
    shutil.rmtree(copy)
    with pytest.raises(Retryable, match="no longer serves fr>es"):
        engine.translate(["Le roi."], "fr", "es")


def test_closing_leaves_no_process_and_the_next_text_starts_anew(engine, copy):
    engine.translate(["Le roi."], "fr", "es")
    engine.close()
    assert not psutil.pid_exists(pids_started(copy, "fr-es")[0])
    assert engine.translate(["Le roi."], "fr", "es") == ["El rey."]


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        ({"y": "<prn><sg>"}, "[y]", "[]"),
        ({"<": "<"}, "a <b> c", "a <b> c"),
        ({"il ": " "}, "Hier il dort", "Hier dort"),
        ({}, "deux  blancs", "deux  blancs"),
        ({"monsieur": "señor"}, "M. Alami et M. Bennis, A.M. b", "señor Alami et señor Bennis, A.M. b"),
        ({"dit": "dice"}, "Que dit-il ?", "¿Que dice-il?"),
    ],
)
def test_what_its_rules_leave_behind_is_tidied(no_machine, words, text, expected):
    put_fake_apertium(settings().var / "apertium", {"fr-es": words})
    engine = Engine()
    assert engine.translate([text], "fr", "es") == [expected]
    engine.close()
