"""Starting the newsstand, and the source pack that goes with it."""

from pathlib import Path

import pytest
from newsstand_press import PACK, newsstand_press

from services.newsstand import __main__ as start
from services.newsstand.papers import PAPERS
from services.newsstand.printing import absolute
from shared.settings import settings
from shared.store.source_packs import read_pack

SITE = "http://127.0.0.1:8765"


@pytest.fixture(autouse=True)
def logs_left_alone(monkeypatch):
    """Starting configures the process's logs and signals, which are the test run's own here."""
    monkeypatch.setattr(start, "configure_logs", lambda: None)
    monkeypatch.setattr(start.signal, "signal", lambda *_: None)


@pytest.fixture
def served(monkeypatch) -> list[start.Server]:
    """The servers that were run: each is told to close before it begins to serve."""
    servers = []
    serve = start.Server.run

    def run(server: start.Server) -> None:
        servers.append(server)
        server.close()
        serve(server)

    monkeypatch.setattr(start.Server, "run", run)
    return servers


def test_a_restart_prints_the_same_dates(served, set_settings):
    set_settings(newsstand_address="127.0.0.1:0")
    start.main()
    start.main()
    assert served[0].newsstand.epoch == served[1].newsstand.epoch
    assert (settings().var / "newsstand" / "epoch").read_text() == served[0].newsstand.epoch.isoformat()


def test_a_taken_port_ends_it_with_one_line_that_names_the_remedy(article_folder, set_settings):
    with newsstand_press(article_folder) as press:
        set_settings(newsstand_address=press.address)
        with pytest.raises(SystemExit, match=f"^newsstand: {press.address} .*KIOSQUE_NEWSSTAND_ADDRESS"):
            start.main()


def test_a_port_that_there_is_not_ends_it_with_one_line(set_settings):
    set_settings(newsstand_address="127.0.0.1:65536")
    with pytest.raises(SystemExit, match=r"^newsstand: 127.0.0.1:65536 .*KIOSQUE_NEWSSTAND_ADDRESS"):
        start.main()


def test_a_damaged_epoch_ends_it_with_one_line(set_settings):
    path = Path(settings().var) / "newsstand" / "epoch"
    path.parent.mkdir(parents=True)
    path.write_text("yesterday")
    with pytest.raises(SystemExit, match=r"^newsstand: .*epoch holds 'yesterday'"):
        start.main()


def test_the_pack_has_the_four_papers_with_their_feeds():
    rows = {row["key"]: row for row in read_pack(PACK, {"newsstand": SITE})}
    assert rows.keys() == PAPERS.keys()
    for key, paper in PAPERS.items():
        row = rows[key]
        assert (row["name"], row["languages"], row["time_zone"]) == (paper.name, [paper.language], paper.time_zone)
        assert (row["home_url"], row["feeds"]) == (f"{SITE}/{key}/", [absolute(SITE, paper.feed_of())])
        assert (row["pace_s"], row["poll_every_s"], row["display"]) == (0.1, 60, "full")
        assert row["credit"]


def test_the_pack_can_be_read_by_section(article_folder):
    with newsstand_press(article_folder) as press:
        for row in press.source_rows(sections=True):
            feeds = [press.get(feed.removeprefix(press.url)) for feed in row["feeds"]]
            for story in press.stories(row["key"]):
                holders = [feed for feed in feeds if press.address_of(story) in feed]
                assert len(holders) == 1
