"""publish, status, why and retry as an operator types them."""

import json

import pytest
from click.testing import CliRunner
from press import add_article, add_source
from sqlalchemy import select, update

from services.cli.__main__ import kiosque
from shared.db import read_session, write_session
from shared.ledger_models import RunState, StageRun
from shared.pipeline import PARSE, TAG, TRANSLATE
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
    assert as_json("retry", "--source", "b", "--stage", "tag", "--yes")["made_due"] == 1


def test_retry_without_a_filter_is_refused():
    result = CliRunner().invoke(kiosque, ["retry"])
    assert result.exit_code == 2
    assert "--reason" in result.stderr


@pytest.mark.parametrize("command", ["run", "publish", "status", "why", "retry", "sources", "articles", "images"])
def test_every_command_has_a_help_text(command):
    assert "Usage:" in run(command, "--help")
