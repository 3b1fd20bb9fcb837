"""What waits for an engine, and its release."""

import os
import threading
from datetime import UTC, datetime

import pytest
import structlog
from press import add_article, add_source
from sqlalchemy import select

from services.translator import apertium_fetch, tasks
from services.translator.apertium_fetch import ApertiumUnavailableError
from services.translator.translate import translate
from shared.db import now, read_session, write_session
from shared.errors import Postponed
from shared.ledger_models import RunState, StageRun
from shared.models import Translation
from shared.pipeline import TRANSLATE
from shared.stage import StageWork, run_due_parts
from shared.store import stage_runs, translations

UNTIL = datetime(2999, 1, 1, tzinfo=UTC)


class Served:
    """Serves what a test says, and translates a text as itself in brackets."""

    name, version, reads_capitals = "served", "1", True

    def __init__(self, *pairs):
        self.pairs = set(pairs)

    def serves(self, source, target):
        return f"{source}>{target}" in self.pairs

    def translate(self, segments, source, target):
        return [f"[{segment}]" for segment in segments]


@pytest.fixture
def article(sqlite):
    article_id = add_article(add_source(), headline="Le port rouvre", body="")
    with write_session() as session:
        stage_runs.make_due(session, TRANSLATE, [article_id])
    return article_id


def run_translate(article_id, *engines):
    work = StageWork(
        TRANSLATE,
        translations.load_translation_request,
        lambda request: translate(request, engines),
        translations.save_translation,
    )
    run_due_parts(work, article_id, "message")


def rows():
    with read_session() as session:
        found = session.scalars(select(StageRun).filter_by(stage="translate").order_by(StageRun.part))
        return {row.part: (row.state, row.reason, row.detail) for row in found}


class Busy(Served):
    """Serves the pair, and never just now."""

    def translate(self, segments, source, target):
        raise Postponed("rate_limited", UNTIL, "HTTP 429")


def test_a_busy_engine_costs_no_tries(article):
    for _ in range(TRANSLATE.tries + 1):
        run_translate(article, Busy("fr>en"))
        with write_session() as session:
            row = session.scalars(select(StageRun).filter_by(stage="translate", part="en/headline")).one()
            assert (row.state, row.reason, row.attempts, row.due_at) == (RunState.DUE, "rate_limited", 0, UNTIL)
            row.due_at = now()
    run_translate(article, Served("fr>en"))
    assert rows()["en/headline"][0] == RunState.DONE


def test_parts_without_an_engine_wait_and_the_others_are_done(article):
    run_translate(article, Served("fr>es"))
    assert rows() == {
        "ar/headline": (RunState.WAITING, "no_engine", "fr>ar"),
        "en/headline": (RunState.WAITING, "no_engine", "fr>en"),
        "es/headline": (RunState.DONE, "", ""),
    }
    with read_session() as session:
        made = session.scalars(select(Translation)).one()
        assert (made.text, made.engine, made.engine_version) == ("[Le port rouvre]", "served", "1")


def test_what_waits_for_a_pair_is_due_once_it_is_served(article):
    run_translate(article)
    assert tasks.release_served([Served("fr>es", "es>en")]) == 1
    assert {part: state for part, (state, _, _) in rows().items()} == {
        "ar/headline": RunState.WAITING,
        "en/headline": RunState.WAITING,
        "es/headline": RunState.DUE,
    }
    run_translate(article, Served("fr>es"))
    assert rows()["es/headline"][0] == RunState.DONE


def test_a_row_that_is_saved_as_waiting_after_the_release_is_released_by_the_next_look(article):
    engine = Served("fr>es")
    assert tasks.release_served([engine]) == 0
    run_translate(article)  # by a child that had looked before the engine came
    assert tasks.release_served([engine]) == 1
    assert tasks.release_served([engine]) == 0


def test_nothing_is_released_while_nothing_is_served(article):
    run_translate(article)
    assert tasks.release_served([Served()]) == 0
    assert {state for state, _, _ in rows().values()} == {RunState.WAITING}


def test_each_process_has_engines_of_its_own():
    here = tasks._engines_of(os.getpid())
    assert here is tasks._engines_of(os.getpid())
    assert here is not tasks._engines_of(-1)
    assert [engine.name for engine in here] == ["libretranslate", "apertium"]


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("translator_engines", "babel", "KIOSQUE_TRANSLATOR_ENGINES names 'babel'"),
        ("libretranslate_url", "nowhere", "KIOSQUE_LIBRETRANSLATE_URL='nowhere' is not an address"),
    ],
)
def test_a_worker_with_a_wrong_setting_ends_at_once_and_names_it(set_settings, variable, value, words):
    tasks._engines_of.cache_clear()
    set_settings(**{variable: value})
    with pytest.raises(SystemExit, match=words):
        tasks._check_setting()


@pytest.mark.parametrize(
    "values", [{"apertium": "off"}, {"apertium": "installed"}, {"translator_engines": "libretranslate"}]
)
def test_nothing_is_fetched_where_it_is_not_wanted(set_settings, monkeypatch, values):
    asked = []
    monkeypatch.setattr(apertium_fetch, "fetch_if_missing", lambda: asked.append(1))
    set_settings(**values)
    arrived = threading.Event()
    tasks._fetch_apertium(arrived)
    assert asked == []
    assert not arrived.is_set()


def test_what_cannot_be_had_is_told_once_and_tried_again(monkeypatch):
    outcomes = [ApertiumUnavailableError("no apt"), ApertiumUnavailableError("no apt"), True]

    def fetch():
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(apertium_fetch, "fetch_if_missing", fetch)
    monkeypatch.setattr(tasks, "FETCH_AGAIN_S", 0.0)
    arrived = threading.Event()
    with structlog.testing.capture_logs() as logs:
        tasks._fetch_apertium(arrived)
    assert [(line["event"], line["detail"]) for line in logs] == [("apertium.unavailable", "no apt")]
    assert arrived.is_set()
