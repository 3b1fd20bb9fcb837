"""`kiosque sources`: what an operator types, and what comes of it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from services.scraper.commands import sources
from shared.db import read_session, write_session
from shared.ledger_models import StageRun
from shared.models import Feed, Source
from shared.store.source_packs import BadSourceError

pytestmark = pytest.mark.usefixtures("sqlite")
ADD = (
    "add",
    "courrier",
    "--name",
    "Courrier",
    "--home",
    "https://courrier.example",
    "--feed",
    "https://courrier.example/rss",
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(sources, arguments, catch_exceptions=False)


def told(*arguments: str) -> list[dict[str, object]]:
    return json.loads(run(*arguments, "--json").output)


def source(key: str = "courrier") -> Source:
    with read_session() as session:
        return session.scalars(select(Source).where(Source.key == key)).one()


def poll_states() -> list[str]:
    with read_session() as session:
        return list(session.scalars(select(StageRun.state)))


@pytest.mark.parametrize("command", ["list", "load", "add", "pause", "resume", "remove"])
def test_every_command_has_help_and_json(command: str) -> None:
    shown = run(command, "--help")
    assert shown.exit_code == 0
    assert "--json" in shown.output
    assert command in run("--help").output


def test_the_bundled_press_is_loaded_from_where_it_is_served() -> None:
    assert {row["outcome"] for row in told("load", "newsstand", "--at", "newsstand:8765")} == {"added"}
    assert source("maghreb-ledger").home_url == "http://newsstand:8765/maghreb-ledger/"
    run("load", "newsstand")
    assert source("maghreb-ledger").home_url == "http://127.0.0.1:8765/maghreb-ledger/"


def test_a_source_is_added_with_defaults_and_polled_at_once() -> None:
    assert told(*ADD) == [{"key": "courrier", "id": source().id, "outcome": "added"}]
    added = source()
    assert (added.state, added.pace_s, added.poll_every_s, added.display) == ("active", 5.0, 600, "full")
    assert (added.home_url, added.shows_images, added.time_zone) == ("https://courrier.example/", True, "UTC")
    assert poll_states() == ["due"]


def test_adding_it_again_changes_what_is_given_and_nothing_else() -> None:
    run(
        *ADD,
        "--pace",
        "0",
        "--no-images",
        "--language",
        "fr",
        "--language",
        "ar",
        "--credit",
        "© Courrier",
        "--country",
        "MA",
    )
    assert told(*ADD, "--display", "lead")[0]["outcome"] == "updated"
    changed = source()
    assert (changed.pace_s, changed.shows_images, changed.languages) == (0.0, False, ["fr", "ar"])
    assert (changed.credit, changed.country, changed.display) == ("© Courrier", "MA", "lead")


def test_a_source_that_is_not_right_is_refused_whole() -> None:
    with pytest.raises(BadSourceError, match="pace_s = -1"):
        run(*ADD, "--pace", "-1")
    assert told("list") == []
    assert run(*ADD, "--language", "de").exit_code == 2


def test_a_source_is_paused_resumed_and_removed() -> None:
    run(*ADD)
    assert told("pause", "courrier") == [{"key": "courrier", "outcome": "paused"}]
    assert (source().state, poll_states()) == ("paused", ["waiting"])
    assert told("resume", "courrier") == [{"key": "courrier", "outcome": "active"}]
    assert (source().state, poll_states()) == ("active", ["due"])
    assert told("remove", "courrier") == [{"key": "courrier", "outcome": "removed"}]
    assert (source().state, poll_states()) == ("removed", ["set_aside"])


@pytest.mark.parametrize("command", ["pause", "resume", "remove"])
def test_a_source_that_there_is_not_is_told_with_those_that_there_are(command: str) -> None:
    with pytest.raises(BadSourceError, match="no source 'courier'; there are: none, load one"):
        run(command, "courier")
    run(*ADD)
    with pytest.raises(BadSourceError, match="no source 'courier'; there are: courrier"):
        run(command, "courier")


def test_the_list_tells_what_is_wrong_with_which_feed() -> None:
    run(*ADD, "--feed", "https://courrier.example/sport")
    with write_session() as session:
        feed = session.scalars(select(Feed).where(Feed.url.endswith("sport"))).one()
        feed.error, feed.failures, feed.status = "not_found: HTTP 404", 3, 404
    (row,) = told("list")
    assert (row["key"], row["state"], row["articles"]) == ("courrier", "active", 0)
    assert row["next_poll_at"]
    assert [(feed["url"], feed["failures"], feed["error"]) for feed in row["feeds"]] == [
        ("https://courrier.example/rss", 0, None),
        ("https://courrier.example/sport", 3, "not_found: HTTP 404"),
    ]
    shown = run("list").output
    assert "1 of 2 well" in shown
    assert "3 x not_found: HTTP 404" in shown


def test_an_empty_list_says_how_to_fill_it() -> None:
    assert run("list").output == "no sources: kiosque sources load FILE\n"


def test_a_shipped_pack_is_loaded_by_its_name_and_asked_for_nothing() -> None:
    rows = told("load", "morocco")
    assert {(row["outcome"], row["state"]) for row in rows} == {("added", "paused")}
    assert poll_states() == []
    assert {row["outcome"] for row in told("load", "morocco")} == {"updated"}
    run("resume", str(rows[0]["key"]))
    assert poll_states() == ["due"]
    assert {row["state"] for row in told("load", "morocco")} == {"paused", "active"}


def test_a_pack_of_one_s_own_is_loaded_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[[source]]\nkey='a'\nname='A'\nhome_url='http://a.example/'\nfeeds=['http://a.example/rss']\n")
    assert told("load", str(path)) == [{"key": "a", "name": "A", "state": "active", "outcome": "added"}]


def test_a_pack_with_one_bad_source_loads_none(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    good = "[[source]]\nkey='a'\nname='A'\nhome_url='http://a.example/'\nfeeds=['http://a.example/rss']\n"
    path.write_text(good + good.replace("'a'", "'b'") + "pace_s = 'slow'\n")
    with pytest.raises(BadSourceError, match=r"mine.toml: source 'b': pace_s = 'slow' is of the wrong type"):
        run("load", str(path))
    assert told("list") == []


def test_a_pack_that_there_is_not_is_told_with_those_that_are_shipped() -> None:
    with pytest.raises(BadSourceError, match=r"there is no file moroco, .*: there are .*morocco"):
        run("load", "moroco")
