"""Commands of the sources: list, load, add, pause, resume, remove."""

from pathlib import Path
from typing import Any

import click

from shared.db import read_session, write_session
from shared.languages import LANGUAGES
from shared.settings import ROOT, settings
from shared.store import source_rows
from shared.store.source_packs import DISPLAYS, BadSourceError, read_pack
from shared.tables import print_rows

PACKS = Path(__file__).parent / "sources"
#: The bundled press's pack, which has its address as a placeholder.
NEWSSTAND = ROOT / "services" / "newsstand" / "newsstand.toml"
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_KEY = click.argument("key")


def load_pack(path: Path, **placeholders: str) -> list[dict[str, object]]:
    """Take in every source of a TOML pack; those of a known key are brought up to date."""
    loaded: list[dict[str, object]] = []
    for row in read_pack(path, placeholders):
        with write_session() as session:
            source, is_new = source_rows.save_source(session, row)
            loaded.append(
                {
                    "key": source.key, "name": source.name, "state": source.state,
                    "outcome": "added" if is_new else "updated",
                }
            )  # fmt: skip
    return loaded


@click.group()
def sources() -> None:
    """The papers: list, load, add, pause, resume, remove."""


@sources.command("list")
@_JSON
def list_(as_json: bool) -> None:
    """Every source: its state, its polls, and what is wrong with its feeds (--json: with each of them)."""
    with read_session() as session:
        rows = source_rows.source_rows(session)
    shown = rows if as_json else [_with_feeds_in_short(row) for row in rows]
    print_rows(shown, as_json=as_json, empty="no sources: kiosque sources load FILE")


@sources.command()
@click.argument("pack")
@click.option("--at", "address", help="Where the newsstand is served, as newsstand:8765.  [KIOSQUE_NEWSSTAND_ADDRESS]")
@_JSON
def load(pack: str, address: str | None, as_json: bool) -> None:
    """Load a PACK: a TOML file, or the name of one that is shipped (morocco; newsstand, the bundled press)."""
    newsstand = f"http://{address or settings().newsstand_address}"
    print_rows(load_pack(_find_pack(pack), newsstand=newsstand), as_json=as_json)


@sources.command()
@_KEY
@click.option("--name", required=True, help="The paper's name.")
@click.option("--home", "home_url", required=True, help="Its home page.")
@click.option("--feed", "feeds", multiple=True, required=True, help="A feed or sitemap; may be given several times.")
@click.option("--language", "languages", multiple=True, type=click.Choice(list(LANGUAGES)), help="What it writes in.")
@click.option("--country", help="ISO 3166 code, as MA.")
@click.option("--time-zone", help="Of dates that name none, as Africa/Casablanca.  [UTC]")
@click.option("--pace", "pace_s", type=float, help="Seconds between two requests to one host.  [5]")
@click.option("--every", "poll_every_s", type=int, help="Seconds between two polls.  [600]")
@click.option("--display", type=click.Choice(DISPLAYS), help="What its rights allow to be shown.  [full]")
@click.option("--images/--no-images", default=None, help="Whether its pictures may be shown.  [images]")
@click.option("--credit", help="The line that its rights ask for.")
@_JSON
def add(key: str, as_json: bool, **row: object) -> None:
    """Add the source KEY, or bring it up to date; what is not given stays as it is."""
    given = {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}
    with write_session() as session:
        said = {name: value for name, value in given.items() if value not in (None, [])}
        source, is_new = source_rows.save_source(session, {"key": key, **said})
        outcome = {"key": source.key, "id": source.id, "outcome": "added" if is_new else "updated"}
    print_rows([outcome], as_json=as_json)


@sources.command()
@_KEY
@_JSON
def pause(key: str, as_json: bool) -> None:
    """Stop asking a source; what has come in goes on."""
    with write_session() as session:
        source_rows.pause_source(session, key)
    print_rows([{"key": key, "outcome": "paused"}], as_json=as_json)


@sources.command()
@_KEY
@_JSON
def resume(key: str, as_json: bool) -> None:
    """Ask a source again, at once."""
    with write_session() as session:
        source_rows.resume_source(session, key)
    print_rows([{"key": key, "outcome": "active"}], as_json=as_json)


@sources.command()
@_KEY
@_JSON
def remove(key: str, as_json: bool) -> None:
    """Never ask a source again; its articles stay until they are removed."""
    with write_session() as session:
        source_rows.remove_source(session, key)
    print_rows([{"key": key, "outcome": "removed"}], as_json=as_json)


def _find_pack(name: str) -> Path:
    shipped = {pack.stem: pack for pack in (*sorted(PACKS.glob("*.toml")), NEWSSTAND)}
    path = shipped.get(name, Path(name))
    if not path.is_file():
        names = ", ".join(shipped)
        raise BadSourceError(f"there is no file {name}, and no shipped pack of that name: there are {names}")
    return path


def _with_feeds_in_short(row: dict[str, Any]) -> dict[str, Any]:
    failing = [feed for feed in row["feeds"] if feed["failures"]]
    worst = max(failing, key=lambda feed: int(feed["failures"]), default=None)
    return {
        **row,
        "feeds": f"{len(row['feeds']) - len(failing)} of {len(row['feeds'])} well",
        "error": f"{worst['failures']} x {worst['error']}" if worst else None,
    }


commands: tuple[click.Command, ...] = (sources,)
