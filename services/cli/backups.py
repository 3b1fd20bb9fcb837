"""`kiosque backup` and `kiosque restore`: the whole house into one file, and back."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@_JSON
def backup(file: Path | None, as_json: bool) -> None:
    """Write database and blobs into FILE, while the house runs.

    FILE is new, or a folder; without it the backup goes into backups/ under KIOSQUE_VAR. Secrets are not in it: keep
    KIOSQUE_SECRET_KEY (or var/secret_key) beside it.
    """
    from services.cli.database import require_database
    from shared.backup.save import save_backup
    from shared.tables import print_json

    require_database()
    with _progress("backup") as tell:
        saved = save_backup(file, tell)
    if as_json:
        print_json({**asdict(saved), "path": str(saved.path)})
        return
    click.echo(
        f"{saved.path}: {saved.rows['article']} articles, {sum(saved.rows.values())} rows, {saved.blobs} blobs, "
        f"{saved.size / 1e6:.1f} MB"
    )
    if saved.missing_blobs:
        click.echo(f"{saved.missing_blobs} pages or thumbnails were missing from the store already", err=True)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Delete what the database has first.")
@_JSON
def restore(file: Path, replace: bool, as_json: bool) -> None:
    """Bring back what a backup FILE has, into an empty database of either kind.

    The file is checked whole before anything is changed. Stop the house first; when it starts again, what was running
    is due and the queues fill by themselves.
    """
    from shared.backup.load import restore_backup
    from shared.tables import print_json

    with _progress("restore") as tell:
        restored = restore_backup(file, replace=replace, progress=tell)
    if as_json:
        print_json(asdict(restored))
        return
    click.echo(
        f"restored {restored.rows['article']} articles, {sum(restored.rows.values())} rows, {restored.blobs} blobs, "
        f"as they were at {restored.taken_at}; {restored.due} rows that were running are due"
    )


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for a person at a terminal; how many steps there are is told with the first of them."""
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def tell(done: int, of: int) -> None:
            bar.length = of
            bar.update(done)

        yield tell


commands: tuple[click.Command, ...] = (backup, restore)
