"""What a poll asks for and what it brings, and sources as operators handle them; on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from press import add_article, add_source
from sqlalchemy import select, update

from shared import stage
from shared.contracts import FeedEntry, PolledFeed, PolledSource
from shared.db import read_session, write_session
from shared.errors import UnknownSubject, Unprocessable, Waiting
from shared.ledger_models import BY_HAND, RunState, StageRun
from shared.models import Article, Feed, Source
from shared.pipeline import FETCH, POLL
from shared.stage import StageWork
from shared.store import source_rows, sources
from shared.store.source_packs import BadSourceError
from shared.store.stage_runs import FallsDue, make_due

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime.now(UTC).replace(microsecond=0)
SITE = "https://courrier.example"


@pytest.fixture(autouse=True)
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times to the second."""
    monkeypatch.setattr(sources.random, "uniform", lambda *_: 1.0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    """The database's clock, moved by hand."""

    class Clock:
        now = datetime(2026, 11, 24, 12, tzinfo=UTC)

        def move(self, seconds: float) -> None:
            self.now += timedelta(seconds=seconds)

    made = Clock()
    monkeypatch.setattr(sources, "clock", lambda _: made.now)
    return made


def add(*names: str, key: str = "courrier", **columns: object) -> tuple[int, list[int]]:
    """A source with feeds of these names: its id and theirs."""
    source_id = add_source(key, **columns)
    with write_session() as session:
        feeds = [Feed(source_id=source_id, url=f"{SITE}/{name}") for name in names]
        session.add_all(feeds)
        session.flush()
        make_due(session, POLL, [source_id])
        return source_id, [feed.id for feed in feeds]


def request(source_id: int):
    with read_session() as session:
        return sources.load_source_request(session, source_id)


def names_asked(source_id: int) -> list[str]:
    return [feed.url.removeprefix(f"{SITE}/") for feed in request(source_id).feeds]


def save(source_id: int, *answers: PolledFeed) -> FallsDue:
    with write_session() as session:
        return sources.save_polled(session, source_id, PolledSource(source_id, answers))


def brought(source_id: int, feed_id: int, *entries: FeedEntry) -> list[int]:
    return list(save(source_id, PolledFeed(feed_id, 200, entries=entries)).subjects)


def entry(name: str, **columns: object) -> FeedEntry:
    return FeedEntry(f"{SITE}/{name}", **({"headline": name.title()} | columns))


def feed(feed_id: int) -> Feed:
    with read_session() as session:
        return session.get_one(Feed, feed_id)


def article(name: str) -> Article:
    with read_session() as session:
        return session.scalars(select(Article).where(Article.url == f"{SITE}/{name}")).one()


def set_article(name: str, **columns: object) -> None:
    with write_session() as session:
        session.execute(update(Article).where(Article.url == f"{SITE}/{name}").values(**columns))


def runs(stage=FETCH) -> list[StageRun]:
    with read_session() as session:
        return list(session.scalars(select(StageRun).where(StageRun.stage == stage.name).order_by(StageRun.subject_id)))


def settle_run(stage, subject_id: int, state: RunState) -> None:
    with write_session() as session:
        make_due(session, stage, [subject_id])
        session.execute(
            update(StageRun)
            .where(StageRun.stage == stage.name, StageRun.subject_id == subject_id)
            .values(state=state, attempts=3)
        )


# --- what is asked for ----------------------------------------------------------------------------------------------
def test_a_poll_asks_for_every_feed_with_the_source_s_pace_and_zone(clock) -> None:
    source_id, _ = add("a", "b", pace_s=7.5, time_zone="Africa/Casablanca")
    asked = request(source_id)
    assert (asked.source_id, asked.pace_s, asked.time_zone) == (source_id, 7.5, "Africa/Casablanca")
    assert [feed.url for feed in asked.feeds] == [f"{SITE}/a", f"{SITE}/b"]


def test_validators_are_kept_and_sent_until_the_day_is_over(clock) -> None:
    source_id, (feed_id,) = add("a")
    save(source_id, PolledFeed(feed_id, 200, '"1"', "yesterday"))
    clock.move(600)
    assert (request(source_id).feeds[0].etag, request(source_id).feeds[0].last_modified) == ('"1"', "yesterday")
    save(source_id, PolledFeed(feed_id, 304))
    assert (feed(feed_id).etag, feed(feed_id).status) == ('"1"', 304)
    save(source_id, PolledFeed(feed_id, 200, '"2"'))
    assert (feed(feed_id).etag, feed(feed_id).last_modified) == ('"2"', None)
    clock.move(24 * 3600)  # some servers answer "not modified" for ever
    assert request(source_id).feeds[0].etag is None


def test_an_error_leaves_the_validators_of_the_last_good_answer(clock) -> None:
    source_id, (feed_id,) = add("a")
    save(source_id, PolledFeed(feed_id, 200, '"1"'))
    save(source_id, PolledFeed(feed_id, 200, error="bad_feed: not well-formed"))
    assert (feed(feed_id).etag, feed(feed_id).error) == ('"1"', "bad_feed: not well-formed")


def test_the_feed_that_waits_longest_is_asked_first(clock) -> None:
    source_id, (a, b, _) = add("a", "b", "c", poll_every_s=100)
    save(source_id, PolledFeed(b, 200))
    clock.move(10)
    save(source_id, PolledFeed(a, 200))
    clock.move(100)
    assert names_asked(source_id) == ["c", "b", "a"]


def test_feeds_that_were_asked_lately_are_left_until_their_time(clock) -> None:
    source_id, (a, b) = add("a", "b", poll_every_s=600)
    save(source_id, PolledFeed(a, 200))  # the other's turn did not come
    assert names_asked(source_id) == ["b"]
    clock.move(1)
    save(source_id, PolledFeed(b, 200))
    clock.move(550)  # close enough to be asked together
    assert names_asked(source_id) == ["a", "b"]


def test_a_poll_by_hand_asks_for_all(clock) -> None:
    source_id, (a, _) = add("a", "b")
    save(source_id, PolledFeed(a, 200))
    with write_session() as session:
        make_due(session, POLL, [source_id], priority=BY_HAND)
    assert sorted(names_asked(source_id)) == ["a", "b"]


def test_a_poll_before_its_time_asks_for_all(clock) -> None:
    source_id, (a, b) = add("a", "b")
    save(source_id, PolledFeed(a, 200), PolledFeed(b, 200))
    assert names_asked(source_id) == ["a", "b"]


def test_a_source_that_is_paused_waits_and_one_that_is_removed_is_not_polled(clock) -> None:
    source_id, _ = add("a", state="paused")
    with pytest.raises(Waiting, match="paused: source courrier is paused: kiosque sources resume courrier"):
        request(source_id)
    other_id, _ = add("a", key="autre", state="removed")
    with pytest.raises(Unprocessable, match=r"removed: .* kiosque sources resume autre"):
        request(other_id)
    with pytest.raises(UnknownSubject):
        request(4711)


@pytest.mark.parametrize("state", ["paused", "removed"])
def test_a_poll_that_brings_nothing_does_not_fetch_the_article_of_the_same_number(state: str, monkeypatch) -> None:
    monkeypatch.setattr(stage, "has_room", lambda _: True)
    monkeypatch.setattr(stage, "publish", lambda messages: [])
    source_id, _ = add("a", state=state)
    assert add_article(source_id) == source_id
    stage.run_due_parts(
        StageWork(POLL, sources.load_source_request, lambda _: None, sources.save_polled), source_id, "m"
    )
    (poll,) = runs(POLL)
    assert (poll.state in (RunState.WAITING, RunState.SET_ASIDE), poll.reason) == (True, state)
    assert runs(FETCH) == []


def test_a_poll_brings_articles_to_fetch_and_is_due_again(monkeypatch) -> None:
    monkeypatch.setattr(stage, "has_room", lambda _: False)
    source_id, (a, b) = add("a", "b", poll_every_s=600)
    answers = (PolledFeed(a, 200, entries=(entry("x"),)), PolledFeed(b, 0, error="timeout"))
    whole = StageWork(
        POLL, sources.load_source_request, lambda asked: PolledSource(asked.source_id, answers), sources.save_polled
    )
    stage.run_due_parts(whole, source_id, "m")
    (poll,) = runs(POLL)
    assert (poll.state, poll.attempts, poll.published_at) == (RunState.DUE, 0, None)
    assert 3 <= (poll.due_at - datetime.now(UTC)).total_seconds() <= 6  # for the feed that failed
    assert [(run.subject_id, run.state) for run in runs(FETCH)] == [(article("x").id, RunState.DUE)]


# --- when it is polled again ----------------------------------------------------------------------------------------
def waits_s(clock, due: FallsDue) -> float:
    assert due.again_at is not None
    return (due.again_at - clock.now).total_seconds()


def test_a_source_is_polled_again_after_its_time(clock) -> None:
    source_id, (a, b) = add("a", "b", poll_every_s=600)
    assert waits_s(clock, save(source_id, PolledFeed(a, 200), PolledFeed(b, 304))) == 600


def test_polls_are_spread(clock, monkeypatch) -> None:
    monkeypatch.setattr(sources.random, "uniform", lambda least, most: most)
    source_id, (a,) = add("a", poll_every_s=600)
    assert waits_s(clock, save(source_id, PolledFeed(a, 200))) == 660


def test_feeds_that_were_left_out_are_asked_soon(clock) -> None:
    source_id, (a, _) = add("a", "b")
    assert waits_s(clock, save(source_id, PolledFeed(a, 200))) == 1


def test_a_source_that_is_down_is_asked_ever_more_seldom_and_never_forgotten(clock) -> None:
    source_id, (a, b) = add("a", "b", poll_every_s=600)
    waited = []
    for _ in range(40):
        down = [PolledFeed(one, 0, error="connection_failed: refused") for one in (a, b)]
        waited.append(waits_s(clock, save(source_id, *down)))
        clock.move(waited[-1])
        assert names_asked(source_id) == ["a", "b"]
    assert waited[:4] == [5, 10, 20, 40]
    assert waited == sorted(waited)
    assert waited[-1] == 6 * 3600
    assert (feed(a).failures, feed(a).error, feed(a).status) == (40, "connection_failed: refused", 0)
    assert waits_s(clock, save(source_id, PolledFeed(a, 200), PolledFeed(b, 200))) == 600
    assert (feed(a).failures, feed(a).error) == (0, None)


def test_a_feed_that_fails_beside_a_good_one_keeps_its_own_time(clock) -> None:
    source_id, (a, b) = add("a", "b", poll_every_s=600)
    save(source_id, PolledFeed(a, 200), PolledFeed(b, 404, error="not_found: gone"))
    clock.move(5)
    assert names_asked(source_id) == ["b"]
    for _ in range(9):
        save(source_id, PolledFeed(b, 404, error="not_found: gone"))
    clock.move(595)
    assert names_asked(source_id) == ["a"]
    assert waits_s(clock, save(source_id, PolledFeed(a, 200))) == 600


def test_a_source_without_feeds_is_looked_at_again_in_its_time(clock) -> None:
    source_id, _ = add(poll_every_s=600)
    assert waits_s(clock, save(source_id)) == 600


def test_a_feed_that_was_taken_out_meanwhile_is_passed_over(clock) -> None:
    source_id, (a,) = add("a")
    _, (other,) = add("x", key="autre")
    save(source_id, PolledFeed(a + 99, 200, '"1"'), PolledFeed(other, 200, '"1"'))
    assert feed(other).etag is None


# --- moves ----------------------------------------------------------------------------------------------------------
def test_a_feed_that_moved_for_good_is_asked_where_it_is_now(clock) -> None:
    source_id, (a, b) = add("a", "b")
    save(source_id, PolledFeed(a, 200, '"1"', moved_to=f"{SITE}/c"), PolledFeed(b, 200))
    assert (feed(a).url, feed(a).etag) == (f"{SITE}/c", '"1"')


@pytest.mark.parametrize("answer", [{"moved_to": f"{SITE}/b"}, {"moved_to": f"{SITE}/c", "error": "not_a_feed: x"}, {}])
def test_a_feed_stays_if_it_is_bad_there_or_another_is(clock, answer: dict[str, str]) -> None:
    source_id, (a, _) = add("a", "b")
    save(source_id, PolledFeed(a, 200, **answer))
    assert feed(a).url == f"{SITE}/a"


# --- articles -------------------------------------------------------------------------------------------------------
def test_new_entries_become_articles_the_newest_with_the_highest_id(clock) -> None:
    source_id, (a,) = add("a")
    ids = brought(source_id, a, entry("new", published_at=clock.now - timedelta(hours=1)), entry("old"))
    assert len(ids) == 2
    assert article("new").id > article("old").id
    found = article("new")
    assert (found.source_id, found.feed_headline, found.found_at) == (source_id, "New", clock.now)
    assert found.feed_published_at == clock.now - timedelta(hours=1)


def test_a_date_in_the_future_is_believed_to_be_now(clock) -> None:
    source_id, (a,) = add("a")
    brought(source_id, a, entry("x", published_at=clock.now + timedelta(days=400)))
    assert article("x").feed_published_at == clock.now


def test_an_entry_that_comes_again_brings_nothing(clock) -> None:
    source_id, (a,) = add("a")
    assert brought(source_id, a, entry("x")) == [article("x").id]
    assert brought(source_id, a, entry("x")) == []


@pytest.mark.parametrize(
    "change", [{"headline": "Nouveau"}, {"summary": "Nouveau"}, {"updated_at": NOW}, {"published_at": NOW}]
)
def test_an_entry_that_changed_brings_its_article_again(clock, change: dict[str, object]) -> None:
    source_id, (a,) = add("a")
    brought(source_id, a, entry("x"))
    assert brought(source_id, a, entry("x", **change)) == [article("x").id]
    assert article("x").feed_headline == change.get("headline", "X")
    assert brought(source_id, a, entry("x", **change)) == []


def test_two_feeds_that_announce_one_article_differently_are_no_edits(clock) -> None:
    source_id, (a, b) = add("a", "b")
    in_short = entry("x")
    whole = entry("x", summary="Le chapô")
    assert brought(source_id, a, whole) == [article("x").id]
    assert brought(source_id, b, in_short) == [article("x").id]  # once: it may have been an edit
    for _ in range(3):
        assert (
            save(source_id, PolledFeed(a, 200, entries=(whole,)), PolledFeed(b, 200, entries=(in_short,))).subjects
            == []
        )
    assert brought(source_id, a, entry("x", summary="Le chapô, corrigé")) == [article("x").id]


def test_an_article_of_another_source_is_not_taken_over(clock) -> None:
    first_id, (a,) = add("a")
    second_id, (b,) = add("a", key="autre")
    brought(first_id, a, entry("x"))
    assert brought(second_id, b, entry("x")) == []
    assert article("x").source_id == first_id


def test_an_article_that_was_taken_down_is_not_taken_in_again(clock) -> None:
    source_id, (a,) = add("a")
    add_article(source_id, url=f"{SITE}/x", removed_at=NOW)
    assert brought(source_id, a, entry("x", headline="Encore")) == []
    assert article("x").feed_headline == ""


def test_a_thousand_entries_are_taken_in_at_once(clock) -> None:
    source_id, (a,) = add("a")
    entries = [entry(str(number)) for number in range(1000)]
    assert len(brought(source_id, a, *entries)) == 1000
    assert brought(source_id, a, *entries) == []


def test_a_changed_article_that_is_still_to_be_fetched_keeps_its_tries(clock) -> None:
    source_id, (a,) = add("a")
    brought(source_id, a, entry("x"))
    settle_run(FETCH, article("x").id, RunState.DUE)
    assert brought(source_id, a, entry("x", headline="Nouveau")) == []
    assert runs()[0].attempts == 3


@pytest.mark.parametrize("state", [RunState.DONE, RunState.SET_ASIDE])
def test_a_changed_article_that_is_settled_is_fetched_again(clock, state: RunState) -> None:
    source_id, (a,) = add("a")
    brought(source_id, a, entry("x"))
    settle_run(FETCH, article("x").id, state)
    assert brought(source_id, a, entry("x", headline="Nouveau")) == [article("x").id]


def test_an_article_that_changes_all_the_time_is_fetched_the_more_seldom(clock) -> None:
    source_id, (a,) = add("a")
    found_at = clock.now
    brought(source_id, a, entry("x"))
    article_id = article("x").id
    settle_run(FETCH, article_id, RunState.DONE)
    set_article("x", fetched_at=clock.now + timedelta(minutes=60))
    clock.move(70 * 60)
    assert brought(source_id, a, entry("x", headline="Deux")) == []
    (run,) = runs()
    assert (run.state, run.due_at) == (RunState.DUE, found_at + timedelta(minutes=90))
    settle_run(FETCH, article_id, RunState.DONE)
    clock.move(30 * 60)
    assert brought(source_id, a, entry("x", headline="Trois")) == [article_id]


def test_an_old_article_that_changes_waits_six_hours_at_the_most(clock) -> None:
    source_id, (a,) = add("a")
    brought(source_id, a, entry("x"))
    settle_run(FETCH, article("x").id, RunState.DONE)
    set_article("x", fetched_at=clock.now, found_at=clock.now - timedelta(days=30))
    assert brought(source_id, a, entry("x", headline="Deux")) == []
    assert runs()[0].due_at == clock.now + timedelta(hours=6)


# --- as operators handle them ---------------------------------------------------------------------------------------
ROW = {"key": "courrier", "name": "Courrier", "home_url": f"{SITE}/", "feeds": [f"{SITE}/a", f"{SITE}/b"]}


def take_in(**changes: object) -> tuple[Source, bool]:
    with write_session() as session:
        return source_rows.save_source(session, ROW | changes)


def do(what, *arguments: object) -> None:
    with write_session() as session:
        what(session, *arguments)


def only_poll() -> StageRun:
    (run,) = runs(POLL)
    return run


def test_a_new_source_is_polled_at_once_and_one_that_is_not_enabled_is_not() -> None:
    source, is_new = take_in()
    assert (is_new, source.state, only_poll().state) == (True, "active", RunState.DUE)
    other, _ = take_in(key="autre", enabled=False)
    assert (other.state, len(runs(POLL))) == ("paused", 1)


def test_a_known_source_is_brought_up_to_date_and_keeps_what_the_row_does_not_say() -> None:
    first, _ = take_in(pace_s=1.5, images=False, languages=["fr"])
    do(source_rows.pause_source, "courrier")
    second, is_new = take_in(name="Le Courrier", enabled=True)
    assert (is_new, second.id, second.name, second.state) == (False, first.id, "Le Courrier", "paused")
    assert (second.pace_s, second.shows_images, second.languages) == (1.5, False, ["fr"])


def test_feeds_that_stay_keep_their_validators_and_new_ones_are_polled_at_once() -> None:
    source, _ = take_in()
    kept, gone = (feed.id for feed in source.feeds)
    with write_session() as session:
        session.get_one(Feed, kept).etag = '"1"'
        session.execute(update(StageRun).values(state=RunState.DONE))
    take_in()
    assert only_poll().state == RunState.DONE
    changed, _ = take_in(feeds=[f"{SITE}/a", f"{SITE}/c"])
    assert [(feed.url, feed.etag) for feed in changed.feeds] == [(f"{SITE}/a", '"1"'), (f"{SITE}/c", None)]
    assert gone not in [feed.id for feed in changed.feeds]
    assert only_poll().state == RunState.DUE


def test_a_row_that_is_not_right_changes_nothing() -> None:
    with pytest.raises(BadSourceError, match="source 'courrier': pace_s = -1"):
        take_in(pace_s=-1)
    with read_session() as session:
        assert session.scalars(select(Source)).all() == []


def test_a_paused_source_s_poll_waits_and_is_no_failure() -> None:
    take_in()
    do(source_rows.pause_source, "courrier")
    assert (only_poll().state, only_poll().reason) == (RunState.WAITING, "paused")


def test_a_poll_that_runs_may_end_when_its_source_is_paused() -> None:
    take_in()
    with write_session() as session:
        session.execute(update(StageRun).values(state=RunState.RUNNING, token="held"))
    do(source_rows.pause_source, "courrier")
    assert (only_poll().state, only_poll().token) == (RunState.RUNNING, "held")


def test_a_resumed_source_is_polled_at_once_with_the_feeds_that_had_failed() -> None:
    source, _ = take_in()
    with write_session() as session:
        session.execute(update(Feed).values(failures=9, polled_at=datetime.now(UTC)))
    do(source_rows.pause_source, "courrier")
    do(source_rows.resume_source, "courrier")
    assert only_poll().state == RunState.DUE
    assert len(request(source.id).feeds) == 2
    assert feed(source.feeds[0].id).failures == 0


def test_a_removed_source_s_poll_is_set_aside_and_a_worker_on_it_is_refused() -> None:
    take_in()
    with write_session() as session:
        session.execute(update(StageRun).values(state=RunState.RUNNING, token="held"))
    do(source_rows.remove_source, "courrier")
    run = only_poll()
    assert (run.state, run.reason, run.token) == (RunState.SET_ASIDE, "removed", None)
    for what in (source_rows.remove_source, source_rows.pause_source):
        with pytest.raises(BadSourceError, match="kiosque sources resume courrier takes it in again"):
            do(what, "courrier")
    do(source_rows.resume_source, "courrier")
    assert only_poll().state == RunState.DUE


def test_the_rows_of_sources_tell_their_polls_articles_and_feeds() -> None:
    source, _ = take_in(languages=["fr", "ar"])
    add_article(source.id, 1)
    add_article(source.id, 2)
    save(source.id, PolledFeed(source.feeds[1].id, 503, error="server_error: HTTP 503"))
    take_in(key="autre", enabled=False)
    with read_session() as session:
        row, paused = source_rows.source_rows(session)
    assert (row["key"], row["state"], row["languages"], row["articles"]) == ("courrier", "active", ["fr", "ar"], 2)
    assert row["polled_at"] is not None
    assert row["next_poll_at"] is not None
    assert [(feed["url"], feed["status"], feed["failures"], feed["error"]) for feed in row["feeds"]] == [
        (f"{SITE}/a", None, 0, None),
        (f"{SITE}/b", 503, 1, "server_error: HTTP 503"),
    ]
    assert (paused["key"], paused["state"], paused["articles"], paused["next_poll_at"]) == ("autre", "paused", 0, None)
