"""What a worker's log tells that a person at the terminal should see."""

import io
import logging

import pytest
import structlog

from services.cli import news
from services.cli.log_files import log_path
from services.cli.news import Follower, read_line
from shared.logs import configure_logs


@pytest.fixture
def written(monkeypatch, set_settings):
    """How a worker writes an event, in either format."""

    def write(log_format: str, event: str, **facts: object) -> str:
        set_settings(log_format=log_format)
        out = io.StringIO()
        monkeypatch.setattr("sys.stderr", out)
        configure_logs()
        structlog.get_logger().warning(event, **facts)
        return out.getvalue()

    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield write
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_news_are_read_from_either_format_of_our_logs(written, log_format):
    line = written(log_format, "apertium.unavailable", detail="this machine has no apt to fetch it with", other=1)
    found = read_line(line.strip())
    assert found is not None
    assert found.event == "apertium.unavailable"
    assert found.line == "no Apertium, so the portal shows originals only: this machine has no apt to fetch it with"


@pytest.mark.parametrize("event", sorted(news.SENTENCES))
def test_every_sentence_is_one_line(written, event):
    found = read_line(written("console", event, detail="why").strip())
    assert found is not None
    assert "\n" not in found.line
    assert "{" not in found.line


@pytest.mark.parametrize(
    "line", ["", "{not json", "--- 2026-11-24 python -m services.worker", "Traceback (most recent"]
)
def test_other_lines_are_no_news(line):
    assert read_line(line) is None


def test_other_events_are_no_news(written):
    assert read_line(written("console", "stage.done", ms=3).strip()) is None


def test_only_what_is_new_is_read_and_only_whole_lines(written):
    log = log_path(news.FOLLOWED)
    log.parent.mkdir(parents=True)
    line = written("json", "apertium.fetched")
    log.write_text(line)
    follower = Follower()
    assert follower.read() == []
    with log.open("a") as appended:
        appended.write(line[:20])
    assert follower.read() == []
    with log.open("a") as appended:
        appended.write(line[20:])
    assert [one.event for one in follower.read()] == ["apertium.fetched"]
    assert follower.read() == []


def test_a_log_that_was_begun_anew_is_read_from_its_start(written):
    log = log_path(news.FOLLOWED)
    log.parent.mkdir(parents=True)
    log.write_text("x" * 1000 + "\n")
    follower = Follower()
    log.write_text(written("json", "apertium.fetched"))
    assert [one.event for one in follower.read()] == ["apertium.fetched"]


def test_a_log_that_is_not_there_yet_is_no_news():
    assert Follower().read() == []
