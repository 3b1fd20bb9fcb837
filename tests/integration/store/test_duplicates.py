"""One text at several addresses, on both databases."""

import threading

import pytest
from press import add_article, add_source
from sqlalchemy import select

from shared.contracts import ParsedArticle
from shared.db import now, read_session, write_session
from shared.errors import Unprocessable
from shared.ledger_models import StageRun
from shared.models import Article
from shared.pipeline import PARSE, POLL, TAG
from shared.store import articles, removals, stage_runs
from shared.store.stage_runs import FallsDue

pytestmark = pytest.mark.usefixtures("database")


def add_bare(source_id: int, number: int) -> int:
    return add_article(source_id, number, headline="", body="", language=None, parsed_at=None)


def parse_as(article_id: int, text: str, **fields: str) -> FallsDue:
    with write_session() as session:
        return articles.save_parsed(session, article_id, ParsedArticle("Titre", text, "fr", **fields))


def article(article_id: int) -> Article:
    with read_session() as session:
        return session.get_one(Article, article_id)


def test_the_second_address_of_a_text_is_a_duplicate_of_the_first():
    source_id = add_source()
    first, second = add_bare(source_id, 1), add_bare(source_id, 2)
    assert parse_as(first, "Un texte.").subjects == [first]
    outcome = parse_as(second, "Un texte.")
    assert (outcome.set_aside.reason, article(second).duplicate_of_id) == ("duplicate", first)


def test_another_papers_same_text_is_an_article_of_its_own():
    first, second = add_bare(add_source("a"), 1), add_bare(add_source("b"), 2)
    parse_as(first, "Un texte.")
    assert parse_as(second, "Un texte.").subjects == [second]


def test_a_page_that_names_another_as_its_original_is_a_duplicate():
    source_id = add_source()
    first, second = add_bare(source_id, 1), add_bare(source_id, 2)
    parse_as(first, "Un texte.")
    parse_as(second, "Le même, abrégé.", canonical_url=article(first).url)
    assert article(second).duplicate_of_id == first


def test_a_duplicate_that_becomes_an_original_is_gone_on_with():
    source_id = add_source()
    first, second = add_bare(source_id, 1), add_bare(source_id, 2)
    parse_as(first, "Un texte.")
    parse_as(second, "Un texte.")
    parse_as(first, "Un autre.")
    assert parse_as(second, "Un texte.").subjects == [second]
    assert article(second).duplicate_of_id is None


def test_a_worker_on_the_former_text_of_what_became_a_duplicate_is_refused():
    source_id = add_source()
    first, second = add_bare(source_id, 1), add_bare(source_id, 2)
    parse_as(first, "Un texte.")
    parse_as(second, "Un autre.")
    with write_session() as session:
        stage_runs.make_due(session, TAG, [second])
        held = stage_runs.claim(session, TAG, second, worker="w", token="m/1")
    parse_as(second, "Un texte.")
    with pytest.raises(stage_runs.Stale), write_session() as session:
        stage_runs.settle(session, held, "done")


def test_what_was_taken_down_does_not_come_back_at_another_address():
    source_id = add_source()
    first, second, third = (add_bare(source_id, number) for number in range(3))
    parse_as(first, "Un texte.")
    parse_as(second, "Un texte.")
    with write_session() as session:
        removals.remove_article(session, first, "asked for")
    assert article(second).removed_at is not None
    assert article(second).body == ""
    with pytest.raises(Unprocessable, match="removed"):
        parse_as(third, "Un texte.")
    assert article(third).body == ""


def test_of_two_copies_parsed_at_once_one_is_the_duplicate():
    for number in range(8):
        source_id = add_source(f"s{number}")
        pair = [add_bare(source_id, f"{number}/{which}") for which in range(2)]
        start = threading.Barrier(2)

        def run(article_id, start=start):
            start.wait()
            parse_as(article_id, "Un texte.")

        _run_together([lambda one=one, run=run: run(one) for one in pair])
        assert sorted(article(one).duplicate_of_id is None for one in pair) == [False, True]


def test_a_poll_and_a_parse_that_finish_at_once_do_not_wait_for_each_other():
    source_id = add_source()
    article_id = add_bare(source_id, 1)
    article_locked, source_locked = threading.Event(), threading.Event()

    def parse():
        with write_session() as session:
            stage_runs.lock_subject(session, PARSE, article_id)
            article_locked.set()
            source_locked.wait(2)  # SQLite has one writer: there the poll comes after
            articles.save_parsed(session, article_id, ParsedArticle("Titre", "Un texte.", "fr"))

    def poll():
        article_locked.wait(5)
        with write_session() as session:
            stage_runs.lock_subject(session, POLL, source_id)
            source_locked.set()
            session.get(Article, article_id, with_for_update=True).feed_headline = "Annoncé"

    _run_together([parse, poll])
    assert (article(article_id).headline, article(article_id).feed_headline) == ("Titre", "Annoncé")


def test_a_better_reading_of_the_same_page_is_no_edit():
    article_id = add_bare(add_source(), 1)
    parse_as(article_id, "Un texte.")
    parse_as(article_id, "Un texte, mieux lu.")
    assert article(article_id).edited_at is None
    with write_session() as session:
        session.get_one(Article, article_id).fetched_at = session.scalar(select(now(1)))
    parse_as(article_id, "Un texte corrigé.")
    assert article(article_id).edited_at is not None


def _run_together(jobs) -> None:
    failures = []

    def guarded(job):
        try:
            job()
        except Exception as error:  # noqa: BLE001 - told by the assertion below
            failures.append(str(error))

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


def test_rows_of_a_duplicate_are_set_aside():
    source_id = add_source()
    first, second = add_bare(source_id, 1), add_bare(source_id, 2)
    parse_as(first, "Un texte.")
    parse_as(second, "Un autre.")
    with write_session() as session:
        stage_runs.make_due(session, TAG, [second])
    parse_as(second, "Un texte.")
    with read_session() as session:
        run = session.scalars(select(StageRun).filter_by(stage="tag", subject_id=second)).one()
    assert (run.state, run.reason) == ("set_aside", "duplicate")
