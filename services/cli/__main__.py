"""The `kiosque` command: run, migrate, messages, backup and restore, and the commands of every service."""

import sys
from typing import Never

import click
import structlog

from services.cli import backups, messages, run
from services.cli.mount import LazyCommands
from shared.errors import KiosqueError


class KiosqueCommands(LazyCommands):
    """A service's command that reads the database is refused, with the remedy, where there is none yet."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if name in self.mounted and "shared.db" in sys.modules and not set(rest) & set(ctx.help_option_names):
            from services.cli.database import require_database

            require_database()
        return name, command, rest


@click.group(cls=KiosqueCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kiosque")
def kiosque() -> None:
    """The press of a region in one multilingual portal.

    `kiosque COMMAND --help` says more of each.
    """


for command in (*run.commands, *messages.commands, *backups.commands):
    kiosque.add_command(command)


def main() -> None:
    """Run the command line; what went wrong is one line on standard error, and exit code 2."""
    # a result on standard output may be JSON, which no log line may stand in
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        kiosque(prog_name="kiosque")
    except KiosqueError as error:
        _fail(str(error))
    except Exception as error:
        from services.cli.database import explain

        explained = explain(error)
        if explained is None:
            raise
        _fail(explained)


def _fail(message: str) -> Never:
    for line in message.splitlines():
        click.echo(f"kiosque: {line}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
