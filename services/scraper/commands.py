"""Commands of the sources: list, load, add, pause, resume, remove."""

from pathlib import Path

import click

from shared.db import read_session, write_session
from shared.store import source_rows
from shared.tables import print_rows

PACKS = Path(__file__).parent / "sources"
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def load_pack(path: Path, **placeholders: str) -> list[dict[str, object]]:
    """Take in every source of a TOML pack; those of a known key are brought up to date."""
    loaded: list[dict[str, object]] = []
    for row in source_rows.read_pack(path, placeholders):
        with write_session() as session:
            source, is_new = source_rows.save_source(session, row)
            loaded.append({"key": source.key, "name": source.name, "outcome": "added" if is_new else "updated"})
    return loaded


@click.group()
def sources() -> None:
    """The papers: list, load, add, pause, resume, remove."""


@sources.command("list")
@_JSON
def list_(as_json: bool) -> None:
    """Every source, with what its last poll said."""
    with read_session() as session:
        print_rows(source_rows.source_rows(session), as_json=as_json, empty="no sources: kiosque sources load FILE")


@sources.command()
@click.argument("pack")
@_JSON
def load(pack: str, as_json: bool) -> None:
    """Load a PACK: a TOML file, or the name of one that is shipped (morocco)."""
    shipped = PACKS / f"{pack}.toml"
    print_rows(load_pack(shipped if shipped.exists() else Path(pack)), as_json=as_json)


@sources.command()
@click.argument("key")
@click.option("--name", required=True, help="The paper's name.")
@click.option("--home", "home_url", required=True, help="Its home page.")
@click.option("--feed", "feeds", multiple=True, required=True, help="A feed; may be given several times.")
@click.option("--language", "languages", multiple=True, help="A language it writes in (fr, ar, es, en).")
@click.option("--country", default="", help="ISO 3166 code.")
@click.option("--time-zone", default="UTC", show_default=True)
@click.option("--pace", "pace_s", type=float, default=5.0, show_default=True, help="Seconds between two requests.")
@click.option("--every", "poll_every_s", type=int, default=600, show_default=True, help="Seconds between two polls.")
@click.option("--display", type=click.Choice(source_rows.DISPLAYS), default="full", show_default=True)
@_JSON
def add(key: str, as_json: bool, **row: object) -> None:
    """Add the source KEY, or bring it up to date."""
    with write_session() as session:
        source, is_new = source_rows.save_source(session, {"key": key, **_plain(row)})
        outcome = {"key": source.key, "id": source.id, "outcome": "added" if is_new else "updated"}
    print_rows([outcome], as_json=as_json)


@sources.command()
@click.argument("key")
@_JSON
def pause(key: str, as_json: bool) -> None:
    """Stop asking a source."""
    with write_session() as session:
        source_rows.pause_source(session, key)
    print_rows([{"key": key, "outcome": "paused"}], as_json=as_json)


@sources.command()
@click.argument("key")
@_JSON
def resume(key: str, as_json: bool) -> None:
    """Ask a source again, at once."""
    with write_session() as session:
        source_rows.resume_source(session, key)
    print_rows([{"key": key, "outcome": "active"}], as_json=as_json)


@sources.command()
@click.argument("key")
@_JSON
def remove(key: str, as_json: bool) -> None:
    """Never ask a source again; its articles stay until they are removed."""
    with write_session() as session:
        source_rows.remove_source(session, key)
    print_rows([{"key": key, "outcome": "removed"}], as_json=as_json)


def _plain(row: dict[str, object]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}


commands: tuple[click.Command, ...] = (sources,)
