"""`python -m services.cli.supervise`: the supervisor's own process, started by the guardian."""

import argparse
import sys
from pathlib import Path

import click

from services.cli.embedded import EmbeddedDefault
from services.cli.lines import lines_wanted
from services.cli.process_tree import adopt_orphans
from services.cli.run_lock import RunLock
from services.cli.terminal import open_terminal
from services.cli.wakeups import Wakeups
from shared.errors import KiosqueError


def main() -> None:
    """Run the embedded default until a signal, or the guardian's death, ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--guardian", type=int, required=True)
    parser.add_argument("--lock", type=int, required=True)
    parser.add_argument("--procfile", type=Path, required=True)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    wakeups = Wakeups(asked.guardian)
    adopt_orphans()
    try:
        EmbeddedDefault(lines_wanted(asked.procfile), open_terminal(asked.json), wakeups, RunLock(asked.lock)).run()
    except KiosqueError as error:
        click.echo(f"kiosque: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
