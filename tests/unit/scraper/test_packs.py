"""Packs of sources: what is right is read, what is wrong is told with file, source and remedy."""

from pathlib import Path

import pytest

from services.scraper.commands import NEWSSTAND, PACKS
from shared.store.source_packs import OPTIONAL, REQUIRED, BadSourceError, check_source, read_pack
from shared.web.urls import parse_url

ROW = {
    "key": "courrier",
    "name": "Courrier",
    "home_url": "https://courrier.example/",
    "feeds": ["https://courrier.example/rss"],
}


def pack(folder: Path, text: str) -> Path:
    path = folder / "pack.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", [*sorted(PACKS.glob("*.toml")), NEWSSTAND], ids=lambda path: path.stem)
def test_every_shipped_pack_loads(path: Path) -> None:
    assert read_pack(path, {"newsstand": "http://127.0.0.1:8765"})


@pytest.mark.parametrize("path", sorted(PACKS.glob("*.toml")), ids=lambda path: path.stem)
def test_real_papers_are_asked_only_when_an_operator_says_so_and_politely(path: Path) -> None:
    for row in read_pack(path):
        assert row["enabled"] is False, row["key"]
        assert row["pace_s"] >= 5, row["key"]
        assert row["poll_every_s"] >= 600, row["key"]
        assert row["display"] in ("headline", "lead"), row["key"]
        assert row["credit"], row["key"]


def test_the_papers_of_morocco_are_at_least_five_in_four_languages() -> None:
    rows = read_pack(PACKS / "morocco.toml")
    assert len(rows) >= 5
    assert {language for row in rows for language in row["languages"]} == {"fr", "ar", "es", "en"}
    assert {(row["country"], row["time_zone"]) for row in rows} == {("MA", "Africa/Casablanca")}


@pytest.mark.parametrize("path", sorted(PACKS.glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_pack_leaves_nothing_to_defaults_and_names_no_paper_twice(path: Path) -> None:
    rows = read_pack(path)
    for row in rows:
        assert set(row) == {*REQUIRED, *OPTIONAL}, row["key"]
        assert all(row[name] != [] for name in ("feeds", "languages")), row["key"]
        hosts = {parse_url(url).host for url in row["feeds"]}
        assert hosts == {parse_url(row["home_url"]).host}, row["key"]  # a feed elsewhere is a slip of the pen
    for name in ("name", "home_url"):
        values = [row[name] for row in rows]
        assert sorted(set(values)) == sorted(values)
    feeds = [url for row in rows for url in row["feeds"]]
    assert sorted(set(feeds)) == sorted(feeds)


def test_addresses_are_kept_in_one_form() -> None:
    row = check_source(
        ROW | {"home_url": " HTTPS://Courrier.example ", "feeds": ["https://courrier.example:443/أخبار"]}
    )
    assert row["home_url"] == "https://courrier.example/"
    assert row["feeds"] == ["https://courrier.example/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1"]


def test_placeholders_are_filled(tmp_path: Path) -> None:
    path = pack(tmp_path, '[[source]]\nkey="a"\nname="A"\nhome_url="{stand}/"\nfeeds=["{stand}/rss"]\n')
    (row,) = read_pack(path, {"stand": "http://127.0.0.1:8765"})
    assert row["feeds"] == ["http://127.0.0.1:8765/rss"]
    with pytest.raises(BadSourceError, match=r"pack.toml: source 'a': .* has a placeholder \{stand\}"):
        read_pack(path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "source 'courrier' has no name"),
        ({"feeds": []}, "has no feeds"),
        ({"feed": "x"}, "unknown keys: feed; there are key, name"),
        ({"feeds": "https://courrier.example/rss"}, "feeds = 'https://courrier.example/rss' is of the wrong type"),
        ({"feeds": [7]}, "must be a list of texts"),
        ({"feeds": ["courrier.example/rss"]}, "'courrier.example/rss' is not an absolute http or https URL"),
        ({"feeds": ["ftp://courrier.example/rss"]}, "is not an absolute http or https URL"),
        ({"feeds": ["https://a.example/", "https://A.example:443"]}, "names a feed twice: https://a.example/"),
        ({"home_url": "https://u:p@courrier.example/"}, "has a user name"),
        ({"key": "Le Courrier"}, "a key is 64 of a-z, 0-9 and -"),
        ({"key": "a" * 65}, "a key is 64"),
        ({"key": "-a"}, "a key is 64"),
        ({"name": "x" * 201}, "name is longer than 200"),
        ({"languages": ["fr", "de"]}, r"languages \['de'\] are not among fr, ar, es, en"),
        ({"languages": "fr"}, "languages = 'fr' is of the wrong type"),
        ({"country": "Maroc"}, "country = 'Maroc' is not two capitals"),
        ({"time_zone": "Africa/Rabat"}, "there is no time zone 'Africa/Rabat'"),
        ({"time_zone": "Africa"}, "there is no time zone 'Africa'"),
        ({"time_zone": "../etc/passwd"}, "there is no time zone"),
        ({"time_zone": ""}, "there is no time zone ''"),
        ({"pace_s": -1}, "pace_s = -1 is not from 0 to 3600"),
        ({"pace_s": float("nan")}, "pace_s = nan is not"),
        ({"pace_s": float("inf")}, "pace_s = inf is not"),
        ({"pace_s": True}, "pace_s = True is of the wrong type"),
        ({"pace_s": "5"}, "pace_s = '5' is of the wrong type"),
        ({"poll_every_s": 0}, "poll_every_s = 0 is not from 1"),
        ({"poll_every_s": 1.5}, "poll_every_s = 1.5 is of the wrong type"),
        ({"display": "all"}, "display = 'all' is not one of headline, lead, full"),
        ({"images": 1}, "images = 1 is of the wrong type"),
    ],
)
def test_what_is_wrong_with_a_source_is_told(change: dict[str, object], told: str) -> None:
    with pytest.raises(BadSourceError, match=told) as caught:
        check_source(ROW | change, "pack.toml")
    assert str(caught.value).startswith("pack.toml: source ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("key = ", "is not TOML"),
        ("", r"has no \[\[source\]\] table"),
        ("[[sources]]\nkey='a'", r"has no \[\[source\]\] table"),
        ("[source]\nkey='a'", r"has no \[\[source\]\] table"),
        ("source = 5", r"has no \[\[source\]\] table"),
        ("source = [5]", r"has no \[\[source\]\] table"),
        ("[[source]]\nname='A'", r"source '\?' has no key, home_url, feeds"),
        (
            2 * "[[source]]\nkey='a'\nname='A'\nhome_url='http://a.example/'\nfeeds=['http://a.example/rss']\n",
            "two .* key a",
        ),
    ],
)
def test_what_is_wrong_with_a_pack_is_told_with_its_file(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadSourceError, match=told) as caught:
        read_pack(pack(tmp_path, text))
    assert "pack.toml" in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSourceError, match=r"none.toml cannot be read: No such file"):
        read_pack(tmp_path / "none.toml")
    path = tmp_path / "latin.toml"
    path.write_bytes('name = "é"'.encode("latin-1"))
    with pytest.raises(BadSourceError, match=r"latin.toml is not text in UTF-8"):
        read_pack(path)
