"""What goes wrong on the command line is one line that names the remedy."""

import json
import sqlite3
import sys

import pytest
import structlog
from press import add_article, add_source

from services.cli.__main__ import main
from shared.settings import settings


@pytest.fixture
def call(monkeypatch, capsys):
    """Call `kiosque` with these words: its exit code, and what it said on each stream."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["kiosque", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield run
    structlog.reset_defaults()


def one_line(code: int, err: str) -> str:
    assert code == 2
    assert err.startswith("kiosque: ")
    assert err.count("\n") == 1
    return err


def test_the_version_is_the_distribution_s(call):
    code, out, _ = call("--version")
    assert (code, out.startswith("kiosque, version 0.")) == (0, True)


def test_before_the_first_run_a_command_names_what_makes_the_database(call):
    code, _, err = call("status")
    assert "make run" in one_line(code, err)
    assert not settings().var.exists()


def test_help_needs_no_database(call):
    code, out, _ = call("status", "--help")
    assert code == 0
    assert "--json" in out


def test_a_database_without_tables_is_explained(call):
    settings().var.mkdir()
    sqlite3.connect(settings().var / "kiosque.sqlite3").close()
    code, _, err = call("status")
    assert "kiosque migrate" in one_line(code, err)


def test_a_database_that_does_not_answer_is_named_without_its_password(call, set_settings):
    set_settings(database_url="postgresql://writer:secret@127.0.0.1:1/kiosque")
    code, _, err = call("sources", "list")
    line = one_line(code, err)
    assert "127.0.0.1:1/kiosque" in line
    assert "secret" not in line


def test_a_wrong_setting_is_named(call, set_settings, environment):
    environment.setenv("KIOSQUE_QUEUE_CAP", "many")
    settings.cache_clear()
    code, _, err = call("status")
    assert "KIOSQUE_QUEUE_CAP" in one_line(code, err)


def test_an_unknown_article_is_one_line(call, sqlite):
    code, _, err = call("why", "4711")
    assert "4711" in one_line(code, err)


def test_migrate_makes_the_database_and_says_so(call):
    code, out, _ = call("migrate")
    assert code == 0
    assert "up to date" in out
    assert call("status")[0] == 0


def test_a_database_of_a_newer_version_is_left_as_it_is(call, sqlite):
    with sqlite3.connect(settings().var / "kiosque.sqlite3") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    code, _, err = call("migrate")
    assert (code, err) == (0, "")


def test_a_database_that_cannot_be_migrated_is_one_line(call, sqlite):
    with sqlite3.connect(settings().var / "kiosque.sqlite3") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")  # its tables are there already
    connection.close()
    code, _, err = call("migrate")
    assert f"could not be migrated ({settings().database})" in one_line(code, err)


def test_what_is_logged_meanwhile_stands_in_no_json(call, sqlite, set_settings):
    article_id = add_article(add_source(), page_hash="0" * 64)
    set_settings(blobs_url="s3://press/blobs", blobs_endpoint="http://a b")
    code, out, err = call("articles", "remove", str(article_id), "--reason", "asked for", "--json")
    assert (code, json.loads(out)[0]["outcome"]) == (0, "removed")
    assert "storage.away" in err
