"""What goes by its age, over both databases: what is older than its setting, and nothing else."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from full_house import every_row, fill_house
from press import add_article, add_source
from sqlalchemy import select, update
from stored_pictures import add_image, image_of

from services.scheduler import retain
from services.scheduler.status_report import read_status
from shared.contracts import FeedEntry, PolledFeed, PolledSource
from shared.db import now, read_session, write_session
from shared.ledger_models import Retention, RunState, StageAttempt, StageRun
from shared.models import Article, Audit, Feed, PastAddress, Report
from shared.pipeline import PARSE
from shared.store import decisions, retention, sources, stage_runs
from shared.store.removals import remove_article

pytestmark = pytest.mark.usefixtures("database")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def one_turn_is_enough(monkeypatch):
    """On a busy machine a turn's half second may be over before the last kind's."""
    monkeypatch.setattr(retain, "RETAIN_S", math.inf)


def ago(days: float) -> datetime:
    return datetime.now(UTC) - days * DAY


def rows_of(table) -> list:
    with read_session() as session:
        return list(session.scalars(select(table).order_by(*table.__table__.primary_key.columns)))


def ids_of(table) -> list[int]:
    return [row.id for row in rows_of(table)]


def look_again() -> None:
    """Forget that retention ran within the hour, and run it."""
    with write_session() as session:
        session.execute(update(Retention).values(next_at=now(-1)))
    retain.retain()


def kept(name: str) -> dict:
    with read_session() as session:
        return next(row for row in retention.kept(session) if row["kept"] == name)


def test_pages_past_their_age_are_forgotten_unless_they_are_still_to_be_parsed():
    source_id = add_source()
    old, young, wanted = (
        add_article(source_id, number, page_hash=f"{number:064}", fetched_at=ago(days))
        for number, days in enumerate((181, 179, 181))
    )
    with write_session() as session:
        stage_runs.make_due(session, PARSE, [wanted])
    retain.retain()
    pages = {row.id: row.page_hash for row in rows_of(Article)}
    assert pages[old] is None
    assert pages[young] == f"{1:064}"
    assert pages[wanted] == f"{2:064}"
    assert rows_of(Article)[0].headline == "Titre 0"


def test_who_reported_is_forgotten_and_counts_no_more_while_the_audit_stays():
    image_id, other_id = add_image("blocked", reports=2), add_image("cleared", reports=1, decided_at=ago(199))
    with write_session() as session:
        for reporter, days, of in (("a", 91, image_id), ("b", 89, image_id), ("c", 200, other_id)):
            session.add(Report(image_id=of, reporter=reporter, network="n", reported_at=ago(days)))
        session.add(Audit(actor="readers", action="image.auto_blocked", subject="image", subject_id=7, at=ago(400)))
    retain.retain()
    assert [row.reporter for row in rows_of(Report)] == ["b"]
    assert (image_of(image_id).reports, image_of(other_id).reports) == (1, 0)
    assert len(rows_of(Audit)) == 1


@pytest.mark.parametrize("state", ["visible", "held", "auto_blocked", "cleared"])
def test_a_report_that_no_decision_has_answered_stays(state):
    image_id = add_image(state, reports=2, decided_at=ago(150))
    with write_session() as session:
        for reporter, days in (("before", 151), ("since", 149)):
            session.add(Report(image_id=image_id, reporter=reporter, network="n", reported_at=ago(days)))
    retain.retain()
    kept_of_cleared = ["since"]  # what was cleared once is an operator's again by what came after
    assert [row.reporter for row in rows_of(Report)] == (kept_of_cleared if state == "cleared" else ["before", "since"])
    assert image_of(image_id).reports == len(rows_of(Report))
    with write_session() as session:
        decisions.decide_image(session, image_id, "block", "seen")
    look_again()
    assert rows_of(Report) == []


def test_attempts_past_their_age_are_forgotten_once_they_are_counted():
    with write_session() as session:
        for token, days, counted in (("old", 31, True), ("young", 29, True), ("uncounted", 31, False)):
            session.add(
                StageAttempt(
                    stage="parse", subject_id=1, token=token, worker="w", started_at=ago(days), finished_at=ago(days),
                    outcome="done", counted=counted,
                )
            )  # fmt: skip
    retain.retain()
    assert [row.token for row in rows_of(StageAttempt)] == ["young", "uncounted"]


def test_articles_are_kept_for_ever_unless_a_setting_says_how_long(set_settings):
    fill_house()
    add_article(add_source("other"), 3)  # the newest
    with write_session() as session:
        session.execute(update(Article).values(found_at=ago(4000)))
        session.execute(update(StageRun).values(state=RunState.DONE))
    retain.retain()
    assert len(ids_of(Article)) == 3
    set_settings(keep_articles_days=3650)
    look_again()
    rows = every_row()
    assert [row.url for row in rows_of(Article)] == ["https://courrier.example/3"]
    assert not any(rows[name] for name in ("translation", "mention", "article_image", "stage_run", "stage_attempt"))
    assert [row.article_id for row in rows_of(Report)] == [None]
    assert len(rows["image"]) == 2  # a decision outlives its pictures' uses
    assert len(rows["audit"]) == 1
    assert kept("articles")["removed"] == 2


def test_an_article_that_is_gone_is_not_taken_in_again_while_its_feed_has_it(set_settings):
    source_id = add_source()
    add_article(source_id, 1, found_at=ago(11))
    add_article(source_id, 2)
    set_settings(keep_articles_days=10)
    retain.retain()
    assert [row.url[-1] for row in rows_of(Article)] == ["2"]
    assert poll(source_id, 1, 2, 3) == ["3"]
    with write_session() as session:
        session.execute(update(PastAddress).values(seen_at=ago(2)))
    poll(source_id, 1)
    assert rows_of(PastAddress)[0].seen_at > ago(1)
    with write_session() as session:  # and long after the feed has dropped it
        session.execute(update(PastAddress).values(seen_at=ago(91)))
    look_again()
    assert rows_of(PastAddress) == []


def poll(source_id: int, *numbers: int) -> list[str]:
    """The numbers of the articles that are new when a feed has these."""
    before = ids_of(Article)
    with write_session() as session:
        feed = session.scalar(select(Feed).where(Feed.source_id == source_id))
        if feed is None:
            feed = Feed(source_id=source_id, url="https://courrier.example/rss")
            session.add(feed)
            session.flush()
        entries = tuple(FeedEntry(f"https://courrier.example/{number}", f"Titre {number}") for number in numbers)
        sources.save_polled(session, source_id, PolledSource(source_id, (PolledFeed(feed.id, 200, entries=entries),)))
    return [row.url[-1] for row in rows_of(Article) if row.id not in before]


def test_what_was_taken_down_or_is_at_work_stays_and_copies_go_with_their_article(set_settings):
    source_id = add_source()
    down, at_work, old, newest = (add_article(source_id, number, found_at=ago(20)) for number in range(4))
    copy = add_article(source_id, 4, found_at=ago(1), duplicate_of_id=old)
    of_copy = add_article(source_id, 5, found_at=ago(1), duplicate_of_id=copy)
    newest = add_article(source_id, 6, found_at=ago(20))
    with write_session() as session:
        remove_article(session, down, "asked for")
        session.get_one(Article, down).duplicate_of_id = old
        stage_runs.make_due(session, PARSE, [at_work])
        assert stage_runs.claim(session, PARSE, at_work, worker="w", token="m/1")
    set_settings(keep_articles_days=10)
    retain.retain()
    assert of_copy not in ids_of(Article)
    assert ids_of(Article)[:2] == [down, at_work]
    assert ids_of(Article)[2:] == [newest]
    assert rows_of(Article)[0].duplicate_of_id is None


def test_of_two_schedulers_one_looks_and_not_before_an_hour_is_over():
    with write_session() as session:
        assert retention.claim(session, retention.KINDS[0])
    with write_session() as session:
        assert not retention.claim(session, retention.KINDS[0])
    source_id = add_source()
    add_article(source_id, page_hash="1" * 64, fetched_at=ago(181))
    retain.retain()
    assert rows_of(Article)[0].page_hash
    look_again()
    assert rows_of(Article)[0].page_hash is None


def test_what_there_was_no_time_for_is_gone_on_with(monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    source_id = add_source()
    for number in range(5):
        add_article(source_id, number, page_hash=f"{number:064}", fetched_at=ago(181))
    kind = retention.KINDS[0]
    left = []
    for _ in range(4):
        retain._forget(kind, 0.0)
        left.append(sum(row.page_hash is not None for row in rows_of(Article)))
    assert left == [3, 1, 0, 0]
    told = kept("pages")
    assert (told["removed"], told["removed_ever"], told["is_unfinished"]) == (5, 5, False)
    look_again()
    assert (kept("pages")["removed"], kept("pages")["removed_ever"]) == (0, 5)


def test_a_kind_that_a_turn_does_not_reach_has_the_next_one(monkeypatch):
    add_article(add_source(), page_hash="1" * 64, fetched_at=ago(181))
    monkeypatch.setattr(retain, "RETAIN_S", 0.0)
    retain.retain()
    assert kept("pages")["ran_at"] is None
    monkeypatch.setattr(retain, "RETAIN_S", math.inf)
    retain.retain()
    assert rows_of(Article)[0].page_hash is None


def test_another_writer_gets_in_after_each_batch(monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    source_id = add_source()
    for number in range(3):
        add_article(source_id, number, page_hash=f"{number:064}", fetched_at=ago(181))
    left: list[int] = []

    def write(_seconds: float) -> None:
        with write_session() as session:
            session.execute(update(Article).values(feed_hash=f"{len(left)}"))
        left.append(sum(row.page_hash is not None for row in rows_of(Article)))

    monkeypatch.setattr(retain.time, "sleep", write)
    retain._forget(retention.KINDS[0], math.inf)
    assert left == [2, 1, 0]


def test_status_tells_the_settings_and_what_went(broker, set_settings):
    set_settings(keep_pages_days=7, broker_url=f"redis+socket://{broker.connection_pool.connection_kwargs['path']}")
    add_article(add_source(), page_hash="1" * 64, fetched_at=ago(8))
    retain.retain()
    told = {row["kept"]: row for row in read_status()["kept"]}
    assert [(name, row["days"]) for name, row in told.items()] == [
        ("pages", 7), ("evidence", 90), ("attempts", 30), ("articles", None),
    ]  # fmt: skip
    assert told["pages"]["removed"] == 1
    assert told["pages"]["ran_at"] is not None
    assert told["articles"]["ran_at"] is None


def test_a_setting_that_is_no_number_of_days_is_refused(set_settings):
    from shared.errors import SettingError
    from shared.settings import settings

    set_settings(keep_pages_days=-1)
    with pytest.raises(SettingError, match="KIOSQUE_KEEP_PAGES_DAYS=-1 must be at least 0"):
        settings()
