"""publish, status, why and retry as an operator types them."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from press import add_article, add_source
from sqlalchemy import Engine, event, select, update

from services.cli.__main__ import kiosque
from services.scheduler import publishing
from services.scheduler.dispatch import Dispatcher
from shared.db import now, read_session, write_session
from shared.errors import KiosqueError
from shared.ledger_models import BACKLOG, BY_HAND, NEWS, RunState, StageRun
from shared.pipeline import PARSE, POLL, TAG, TRANSLATE
from shared.queue import queue_lengths
from shared.store import stage_runs

pytestmark = pytest.mark.usefixtures("broker", "database")


def run(*arguments: str, code: int = 0):
    result = CliRunner().invoke(kiosque, [*arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout


def as_json(*arguments: str, code: int = 0):
    return json.loads(run(*arguments, "--json", code=code))


def set_state(article_id: int, stage, state: RunState, reason: str = "", detail: str = "") -> None:
    with write_session() as session:
        stage_runs.make_due(session, stage, [article_id])
        session.execute(
            update(StageRun)
            .where(StageRun.stage == stage.name, StageRun.subject_id == article_id)
            .values(state=state, reason=reason, detail=detail)
        )


def state_of(article_id: int, stage) -> str:
    with read_session() as session:
        return session.scalars(select(StageRun.state).filter_by(stage=stage.name, subject_id=article_id)).first()


def test_publish_writes_the_ledger_and_sends_the_message():
    article_id = add_article(add_source())
    (row,) = as_json("publish", "parse", str(article_id))
    assert (row["task"], row["outcome"]) == ("parser.parse_article", "published")
    assert state_of(article_id, PARSE) == "due"
    assert queue_lengths(["parser"]) == {"parser": 1}


def test_publish_refuses_what_is_done_and_says_how_to_do_it_again():
    article_id = add_article(add_source())
    set_state(article_id, PARSE, RunState.DONE)
    (row,) = as_json("publish", "parse", str(article_id), code=2)
    assert (row["outcome"], "--again" in row["detail"]) == ("refused", True)
    (row,) = as_json("publish", "parse", str(article_id), "--again")
    assert row["outcome"] == "published"


def test_publish_refuses_an_id_that_is_nobodys_and_goes_on_with_the_others():
    article_id = add_article(add_source())
    rows = as_json("publish", "parse", "424242", str(article_id), code=2)
    assert [row["outcome"] for row in rows] == ["refused", "published"]
    assert rows[0]["detail"] == "no article 424242"


def test_publish_refuses_an_unknown_stage_with_the_choices():
    result = CliRunner().invoke(kiosque, ["publish", "print", "1"])
    assert result.exit_code == 2
    assert "'fetch', 'parse'" in result.stderr


@pytest.fixture
def archive():
    """Two papers, two languages, three months; every article parsed."""
    ids = {}
    for key, language, month in [("a", "fr", 9), ("a", "ar", 10), ("a", "fr", 11), ("b", "fr", 11)]:
        name = f"{key}-{language}-{month}"
        appeared_at = datetime(2026, month, 15, 12, tzinfo=UTC)
        source_id = _sources_by_key.get(key) or add_source(key)
        _sources_by_key[key] = source_id
        ids[name] = add_article(source_id, name, language=language, published_at=appeared_at)
        set_state(ids[name], PARSE, RunState.DONE)
    yield ids
    _sources_by_key.clear()


_sources_by_key: dict[str, int] = {}


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("--source", "a"), ["a-fr-11", "a-ar-10", "a-fr-9"]),
        (("--source", "a", "--since", "2026-10-01"), ["a-fr-11", "a-ar-10"]),
        (("--since", "2026-10-15T12:00", "--until", "2026-11-15T12:00:00+00:00"), ["a-ar-10"]),
        (("--until", "2026-10-15T13:00+01:00"), ["a-fr-9"]),
        (("--language", "fr"), ["b-fr-11", "a-fr-11", "a-fr-9"]),
        (("--state", "done", "--language", "ar"), ["a-ar-10"]),
        (("--reason", "error"), []),
        (("--all",), ["b-fr-11", "a-fr-11", "a-ar-10", "a-fr-9"]),
    ],
)
def test_publish_for_a_set_says_first_which_ones(archive, words, names):
    told = as_json("publish", "parse", *words, "--again", "--dry-run")
    assert told["found"] == len(names)
    assert [row["id"] for row in told["first"]] == [archive[name] for name in names]
    assert (told["dry_run"], told["made_due"]) == (True, 0)
    assert set(told["states"]) <= {"done"}
    assert all(state_of(article_id, PARSE) == "done" for article_id in archive.values())


def test_publish_for_a_set_leaves_alone_what_is_done_unless_again(archive):
    set_state(archive["a-fr-9"], PARSE, RunState.SET_ASIDE, "timeout")
    told = as_json("publish", "parse", "--source", "a", "--yes")
    assert (told["found"], told["made_due"], told["states"]) == (1, 1, {"set_aside": 1})
    assert state_of(archive["a-fr-9"], PARSE) == "due"
    assert "add --again" in CliRunner().invoke(kiosque, ["publish", "parse", "--state", "done"]).stderr


def test_a_set_floods_no_queue_and_stands_behind_the_news():
    source_id = add_source("a")
    ids = [add_article(source_id, number) for number in range(250)]
    with write_session() as session:
        stage_runs.make_due(session, PARSE, ids)
        session.execute(update(StageRun).values(state=RunState.DONE))
    assert as_json("publish", "parse", "--source", "a", "--again", "--yes")["made_due"] == 250
    assert queue_lengths(["parser"]) == {"parser": 0}
    news = add_article(source_id, 999, url="https://courrier.example/news")
    with write_session() as session:
        stage_runs.make_due(session, PARSE, [news])
        priorities = {row.subject_id: row.priority for row in session.scalars(select(StageRun))}
    assert {priorities[one] for one in ids} == {BACKLOG}
    assert priorities[news] < BACKLOG
    assert 0 < Dispatcher().dispatch() < 100
    assert 0 < queue_lengths(["parser"])["parser"] < 100
    with read_session() as session:
        sent = session.scalars(select(StageRun.subject_id).where(StageRun.published_at.is_not(None))).all()
    assert news in sent


def test_what_is_run_anew_keeps_its_place_while_it_is_still_to_be_done():
    """A source is parsed again in the minute in which its headlines come in."""
    source_id = add_source("a")
    old, news, asked_for = (add_article(source_id, number) for number in range(3))
    set_state(old, PARSE, RunState.DONE)
    set_state(news, PARSE, RunState.RUNNING)
    run("publish", "parse", str(asked_for))
    assert as_json("publish", "parse", "--source", "a", "--again", "--yes")["made_due"] == 3
    with read_session() as session:
        places = {row.subject_id: (row.state, row.priority) for row in session.scalars(select(StageRun))}
    assert places == {old: ("due", BACKLOG), news: ("due", NEWS), asked_for: ("due", BY_HAND)}


def set_parts(article_id: int, reasons: dict[str, str]) -> None:
    with write_session() as session:
        for part, reason in reasons.items():
            aside = StageRun(stage="translate", subject_id=article_id, part=part, reason=reason, attempts=5)
            aside.state = RunState.SET_ASIDE
            session.add(aside)


@pytest.mark.parametrize("command", ["retry --stage translate", "publish translate"])
def test_a_reason_names_the_parts_that_have_it_and_no_others(command):
    article_id = add_article(add_source())
    set_parts(article_id, {"es/body": "timeout", "en/body": "too_long", "ar/body": "timeout"})
    told = as_json(*command.split(), "--reason", "timeout", "--yes")
    assert told["made_due"] == (2 if command.startswith("retry") else 1)  # rows; articles
    with read_session() as session:
        states = {row.part: (row.state, row.reason) for row in session.scalars(select(StageRun))}
    assert states == {"es/body": ("due", ""), "en/body": ("set_aside", "too_long"), "ar/body": ("due", "")}


def test_retry_of_many_lets_workers_write_in_between(monkeypatch):
    monkeypatch.setattr(publishing, "AT_ONCE", 2)
    source_id = add_source()
    for number in range(5):
        set_state(add_article(source_id, number), PARSE, RunState.SET_ASIDE, "timeout")
    commits = []
    count = commits.append
    event.listen(Engine, "commit", count)
    try:
        assert as_json("retry", "--all", "--yes")["made_due"] == 5
    finally:
        event.remove(Engine, "commit", count)
    assert len(commits) >= 3


def test_ids_beyond_what_the_queue_holds_wait_as_rows(set_settings):
    set_settings(queue_cap=2)
    source_id = add_source()
    ids = [add_article(source_id, number) for number in range(4)]
    rows = as_json("publish", "parse", *map(str, ids))
    assert [row["outcome"] for row in rows] == ["published", "published", "due", "due"]
    assert "its queue is full" in rows[2]["detail"]
    assert queue_lengths(["parser"]) == {"parser": 2}
    with read_session() as session:
        unsent = session.scalars(select(StageRun.subject_id).where(StageRun.published_at.is_(None))).all()
    assert sorted(unsent) == ids[2:]


@pytest.mark.parametrize("command", ["publish parse", "publish poll", "retry", "why", "articles remove --reason x"])
@pytest.mark.parametrize("number", ["0", "9223372036854775808"])
def test_a_number_that_no_id_can_be_is_one_clear_line(command, number):
    result = CliRunner().invoke(kiosque, [*command.split(), number])
    assert (result.exit_code, "is not in the range" in result.stderr) == (2, True), result.output


def test_what_is_on_its_way_keeps_its_message(archive):
    article_id = archive["b-fr-11"]
    run("publish", "parse", str(article_id), "--again")
    run("publish", "parse", "--source", "b", "--yes")
    assert Dispatcher().dispatch() == 0
    set_state(archive["b-fr-11"], PARSE, RunState.DUE)
    with write_session() as session:
        session.execute(update(StageRun).values(due_at=now(3600), published_at=now(-60)))
    run("publish", "parse", "--source", "b", "--yes")
    assert Dispatcher().dispatch() == 1


def test_publish_for_many_asks_and_does_nothing_without_an_answer(monkeypatch):
    source_id = add_source("a")
    ids = [add_article(source_id, number) for number in range(publishing.FEW + 1)]
    for article_id in ids:
        set_state(article_id, PARSE, RunState.SET_ASIDE, "timeout")
    words = ["publish", "parse", "--reason", "timeout"]
    for answer, code in [("", 2), ("n\n", 0)]:
        result = CliRunner().invoke(kiosque, words, input=answer)
        assert result.exit_code == code, result.output
        assert state_of(ids[0], PARSE) == "set_aside"
    assert "21 articles; rows: set_aside 21" in result.output
    assert "… and 11 more" in result.output
    result = CliRunner().invoke(kiosque, words, input="y\n")
    assert (result.exit_code, "21 articles due" in result.output) == (0, True)
    assert {state_of(article_id, PARSE) for article_id in ids} == {"due"}


def test_publish_poll_for_a_source_by_its_key():
    ids = [add_source(key) for key in ("a", "b")]
    with write_session() as session:
        stage_runs.make_due(session, POLL, ids, due_at=now(3600))
    told = as_json("publish", "poll", "--source", "b", "--yes")
    assert [row["id"] for row in told["first"]] == [ids[1]]
    with read_session() as session:
        late = select(StageRun.subject_id).where(StageRun.stage == "poll", StageRun.due_at > now(60))
        assert session.scalars(late).all() == [ids[0]]
    assert "name articles" in CliRunner().invoke(kiosque, ["publish", "poll", "--language", "fr"]).stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name IDs, or a set"),
        (("7", "--source", "a"), "name IDs, or a set"),
        (("7", "--dry-run"), "--dry-run is for a set"),
        (("--all", "--source", "a"), "--all names everything"),
        (("--since", "yesterday"), "use 2026-01-31"),
        (("--since", "0001-01-01T00:00+05:00"), "use 2026-01-31"),
        (("--all", "--json"), "--yes"),
    ],
)
def test_publish_refuses_what_it_cannot_mean(words, said):
    add_source("a")
    result = CliRunner().invoke(kiosque, ["publish", "parse", *words])
    assert (result.exit_code, said in result.stderr) == (2, True), result.output


def test_a_set_of_a_source_that_nobody_has_or_of_a_paused_stage_is_refused(archive):
    with pytest.raises(KiosqueError, match="no source 'c'; there are: a, b"):
        run("publish", "parse", "--source", "c", "--dry-run")
    run("pause", "parse")
    with pytest.raises(KiosqueError, match="kiosque resume parse"):
        run("publish", "parse", "--all", "--dry-run")


def test_status_tells_what_waits_and_what_is_set_aside_and_why():
    first, second = (add_article(add_source(key), key) for key in ("a", "b"))
    set_state(first, PARSE, RunState.SET_ASIDE, "language", "de")
    set_state(second, TRANSLATE, RunState.WAITING, "no_engine", "fr>ar")
    told = as_json("status")
    assert told["articles"] == {"found": 2, "on_portal": 2}
    assert told["set_aside"] == [{"stage": "parse", "reason": "language", "rows": 1, "example": "de"}]
    assert told["waiting"][0]["reason"] == "no_engine"
    assert told["queues"]["parser"] == 0
    text = run("status")
    assert "language" in text
    assert "no_engine" in text


def test_why_tells_the_life_of_an_article():
    article_id = add_article(add_source())
    set_state(article_id, PARSE, RunState.SET_ASIDE, "language", "de")
    told = as_json("why", str(article_id))
    assert told["headline"] == "Titre 1"
    assert [(one["stage"], one["state"], one["reason"]) for one in told["stages"]] == [
        ("parse", "set_aside", "language")
    ]
    assert "language" in run("why", str(article_id))


def test_why_of_nobody_is_one_clear_line():
    from shared.errors import UnknownSubject

    with pytest.raises(UnknownSubject, match="no article 99: see kiosque articles list"):
        run("why", "99")


def test_retry_is_a_dry_run_until_yes():
    first, second = (add_article(add_source(key), key) for key in ("a", "b"))
    set_state(first, PARSE, RunState.SET_ASIDE, "timeout")
    set_state(second, TAG, RunState.SET_ASIDE, "error")
    assert as_json("retry", "--all")["made_due"] == 0
    assert state_of(first, PARSE) == "set_aside"
    told = as_json("retry", "--reason", "timeout", "--yes")
    assert told == {"found": [{"stage": "parse", "id": first}], "made_due": 1}
    assert (state_of(first, PARSE), state_of(second, TAG)) == ("due", "set_aside")
    assert as_json("retry", "--source", "b", "--until", "2026-11-01", "--yes")["made_due"] == 0
    assert as_json("retry", "--source", "b", "--since", "2026-11-01", "--stage", "tag", "--yes")["made_due"] == 1


def test_retry_without_a_filter_is_refused():
    result = CliRunner().invoke(kiosque, ["retry"])
    assert result.exit_code == 2
    assert "--reason" in result.stderr


@pytest.mark.parametrize("command", ["run", "publish", "status", "why", "retry", "sources", "articles", "images"])
def test_every_command_has_a_help_text(command):
    assert "Usage:" in run(command, "--help")
